#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/model/record.hpp"

namespace treaty {

/// One call of a participant. The views live as long as `keep`.
struct branch_call {
  std::shared_ptr<const void> keep;
  branch_protocol protocol = branch_protocol::http;  // the transaction's; see `route_of`
  trans_type type = trans_type::saga;
  std::string_view gid;
  branch_id id;
  std::string_view op;
  std::string_view url;      // not empty
  std::string_view payload;  // sent verbatim; empty: HTTP GET (xa: POST)
  const std::map<std::string, std::string>* headers = nullptr;
  std::chrono::milliseconds timeout{3000};  // for the exchange; waiting for a turn has the same limit, of its own
};

/// `detail` is what the participant said (a body, a status message) or what went wrong; at most 1 KiB.
struct branch_reply {
  call_outcome outcome = call_outcome::unknown;
  std::string detail;
  bool was_called = true;  // false: it was not let out, because the destination is in trouble
};
using branch_done = std::function<void(branch_reply)>;

/// Calls participants. One object for each lane.
class branch_client {
public:
  branch_client() = default;
  branch_client(const branch_client&) = delete;
  branch_client& operator=(const branch_client&) = delete;
  virtual ~branch_client() = default;

  /// `done` runs once, on the lane's thread, later, never inline; nobody waits longer than `timeout` says.
  /// Everything that goes wrong is an outcome `unknown` with a detail. Threads: the lane's own.
  virtual void call(branch_call call, branch_done done) = 0;
  /// Calls that were started or wait for a free connection, and have not been answered.
  virtual std::size_t pending() const = 0;
  /// Whether calls of that URL wait so long for their turn that new work which needs it should come later; `coming`
  /// calls are on their way already. Threads: the lane's own.
  virtual bool is_crowded(branch_protocol protocol, std::string_view url, std::size_t coming) = 0;
};

enum class branch_route : std::uint8_t { http = 1, json_rpc, grpc };
/// Which transport a branch URL takes (docs/protocol.md, "Outgoing calls").
branch_route route_of(branch_protocol protocol, std::string_view url);

}  // namespace treaty
