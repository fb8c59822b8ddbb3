#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "net/http2/grpc_exchange.hpp"
#include "net/http2/http2_session.hpp"

namespace treaty {

/// A call that a session is done with.
struct ended_call {
  grpc_exchange_ptr what;
  bool was_processed = true;  // false: the peer has not looked at it, and it may be made again
  grpc_status how;
};

/// The client's side of one HTTP/2 connection that carries unary gRPC calls.
///
/// A call is a stream: HEADERS and DATA out; HEADERS, DATA and trailers in. Answers are bounded (grpc_answer), their
/// messages dropped as they come, so that a peer cannot make it hold more than its headers.
class grpc_session final : public http2_session {
public:
  using clock = std::chrono::steady_clock;

  explicit grpc_session(std::string_view user_agent);

  /// Precondition: `capacity() > 0`. The bytes come with the next `produce`.
  void start(grpc_exchange_ptr what, clock::time_point now);
  /// Ends the call's stream with CANCEL.
  grpc_exchange_ptr abandon(grpc_exchange& late);
  /// Calls that may be started now; 0 before the peer has settled and after it said that it goes away.
  std::size_t capacity() const;
  std::size_t in_flight() const { return calls_.size(); }
  /// Takes all of `bytes`; what they end is found with `take_ended`. Errors as of the base.
  using http2_session::receive;
  /// In the order in which they ended.
  std::vector<ended_call> take_ended() { return std::exchange(ended_, {}); }
  /// The peer takes no more calls; those that it has may still be answered.
  bool is_leaving() const;
  /// The calls that have not ended, in the order of their start.
  std::vector<grpc_exchange_ptr> take_all();

private:
  friend struct grpc_session_events;
  grpc_exchange* find(std::int32_t stream);
  void end(std::int32_t stream, grpc_status how);
  void end_unprocessed(std::int32_t stream);
  void reset(std::int32_t stream, std::uint32_t error);
  void answered(std::int32_t stream);
  void went_away(std::int32_t last_stream);
  void closed(std::int32_t stream, std::uint32_t error);

  const std::string user_agent_;
  std::unordered_map<std::int32_t, grpc_exchange_ptr> calls_;
  std::vector<ended_call> ended_;
};

}  // namespace treaty
