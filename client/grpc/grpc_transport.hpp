#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "proto/dtmgimp.grpc.pb.h"
#include "treaty/client/grpc.hpp"

namespace treaty::client {

/// DTM's gRPC interface: docs/protocol.md, sections 2 and 6.3.
class grpc_transport final : public transport {
public:
  grpc_transport(std::string target, grpc_options options);

  const std::string& address() const override { return target_; }
  std::string_view protocol() const override { return "grpc"; }
  void new_gid(completion<std::string> done) override;
  void send(transaction_verb verb, transaction_request request, completion<void> done) override;
  void register_branch(branch_registration branch, completion<void> done) override;
  void prepare_workflow(transaction_request request, completion<workflow_record> done) override;
  void call(branch_call call, completion<std::string> done) override;

private:
  template <class Reply>
  struct pending;
  template <class Reply>
  std::shared_ptr<pending<Reply>> begin(std::chrono::milliseconds limit) const;
  /// A call of the coordinator, which gets the metadata of the options.
  template <class Reply>
  std::shared_ptr<pending<Reply>> ask(std::chrono::milliseconds limit) const;
  std::chrono::milliseconds limit_of(std::chrono::seconds wished) const;
  std::shared_ptr<grpc::GenericStub> branch_at(const std::string& target);

  std::string target_;
  grpc_options options_;
  std::shared_ptr<grpc::ChannelCredentials> credentials_;
  std::unique_ptr<dtmgimp::Dtm::Stub> stub_;
  std::mutex mutex_;  // guards the map only
  std::map<std::string, std::shared_ptr<grpc::GenericStub>> branches_;
};

}  // namespace treaty::client
