#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/crash/lives.hpp"
#include "tests/kit/participant.hpp"

namespace treaty::kit {
class grpc_participant;
struct seen_rpc;
}  // namespace treaty::kit

namespace treaty::crash {

enum class branch_transport : std::uint8_t { http, grpc };

/// The business services that transactions call, over HTTP and gRPC, and the web-hooks of the operators. They outlive
/// every crash of the coordinator and keep one ledger of all calls, in the order in which they came in. A call's last
/// word in its path says how it is answered:
///
///   ok slow refuse                 success at once, after a while (over HTTP), and a refusal
///   broken ongoing hangs resets    the first call of each (branch, op) fails in this way, later ones succeed
///   late                           the same: the first answer comes when nobody waits any more
///   ask-yes ask-no                 of a message's query-prepared: what its application decided; at first it is not
///   sure run-yes run-no                 of a workflow: goes on with it, and submits its end ends alerts web-hooks
class services {
public:
  explicit services(endpoints coordinator);
  services(const services&) = delete;
  services& operator=(const services&) = delete;
  ~services();

  std::string url(branch_transport over, const std::string& behaviour) const;
  std::vector<kit::seen_call> ledger() const;
  /// The statuses that the completion web-hook was told, by gid.
  std::map<std::string, std::set<std::string>> told_ends() const;

private:
  void script_http();
  bool first_time(const kit::seen_call& call);
  void note(kit::seen_call call, int answered);
  int answer_of(const std::string& behaviour, const kit::seen_call& call);
  int run_workflow(const std::string& gid, bool good) const;
  void take_notice(const kit::seen_call& call);
  void answer_rpc(const kit::seen_rpc& seen, int& answered, bool& never);

  const endpoints coordinator_;
  mutable std::mutex mutex_;
  std::vector<kit::seen_call> ledger_;
  std::set<std::string> seen_once_;
  std::map<std::string, std::set<std::string>> told_ends_;
  std::unique_ptr<kit::participant> over_http_;
  std::unique_ptr<kit::grpc_participant> over_grpc_;
};

}  // namespace treaty::crash
