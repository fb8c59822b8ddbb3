#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/client/rpc_service.hpp"
#include "tests/kit/participant.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"
#include "treaty/client/coordinator.hpp"

namespace treaty::client::test {

enum class door : std::uint8_t { http, grpc };

inline std::string name_of(door at) {
  return at == door::http ? "Http" : "Grpc";
}

/// A real coordinator, and one branch service that is reached over HTTP and over gRPC alike. Threads: any.
class world {
public:
  using handler = std::function<result<std::string>(const branch_context&, const std::string& payload)>;

  explicit world(std::string config = {});

  /// What calls of `name` get from now on.
  void on(const std::string& name, handler what);
  std::string url(door at, const std::string& name) const;
  coordinator connect(door at) const;
  std::string dtm_url() const { return "http://127.0.0.1:" + std::to_string(coordinator_.http_port()) + "/api/dtmsvr"; }
  std::string grpc_target() const { return "127.0.0.1:" + std::to_string(coordinator_.grpc_port()); }

  /// "action 01, compensate 01": the calls of one transaction in the order in which they came in.
  std::string story_of(const std::string& gid) const;
  /// The transaction as the coordinator's query gives it: its status, "" when it is not known, and its reason.
  std::string status_of(const std::string& gid) const;
  std::string reason_of(const std::string& gid) const;
  /// Waits until the transaction has that status; returns whether it came to it.
  bool ends(const std::string& gid, const std::string& status) const;
  kit::treatyd_process& treatyd() { return coordinator_; }
  /// TREATYD, or the one that was built here.
  static std::string treatyd_binary();

private:
  result<std::string> serve(const branch_context& context, const std::string& name, const std::string& payload);
  kit::scripted_reply serve_http(const std::string& name, const kit::seen_call& call);

  kit::scratch_directory scratch_;
  kit::treatyd_process coordinator_;
  mutable std::mutex mutex_;
  std::map<std::string, handler> handlers_;
  std::vector<branch_context> ledger_;
  kit::participant http_;
  rpc_service grpc_;
};

}  // namespace treaty::client::test
