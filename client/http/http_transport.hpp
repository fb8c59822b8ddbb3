#pragma once

#include "client/http/http_client.hpp"
#include "treaty/client/http.hpp"

namespace treaty::client {

/// DTM's HTTP interface: docs/protocol.md, sections 1 and 6.2.
class http_transport final : public transport {
public:
  http_transport(std::string base_url, http_options options);

  const std::string& address() const override { return base_url_; }
  std::string_view protocol() const override { return "http"; }
  void new_gid(completion<std::string> done) override;
  void send(transaction_verb verb, transaction_request request, completion<void> done) override;
  void register_branch(branch_registration branch, completion<void> done) override;
  void prepare_workflow(transaction_request request, completion<workflow_record> done) override;
  void call(branch_call call, completion<std::string> done) override;

private:
  /// One call of the coordinator; `done` gets the body of a success.
  void ask(std::string method, std::string_view operation, result<std::string> body, std::chrono::seconds limit,
           completion<std::string> done);

  std::string base_url_;
  http_options options_;
  http_client client_;
};

}  // namespace treaty::client
