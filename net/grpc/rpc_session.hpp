#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "net/grpc/message_reader.hpp"
#include "net/grpc/rpc.hpp"
#include "net/http2/http2_session.hpp"

namespace treaty {

struct rpc_limits {
  std::size_t message_bytes_max = 4u << 20;
  std::size_t header_bytes_max = 64u << 10;         // counted as HPACK does
  std::uint32_t streams_max = 10'000;               // RPCs at once on one connection
  std::size_t answers_waiting_max = 1u << 20;       // bytes, of one RPC that asks often: then it ends
  std::chrono::milliseconds request_limit{30'000};  // from the headers, or a message's first byte, to its end
  std::chrono::milliseconds write_limit{30'000};    // without room that the client grants for an answer
};

/// Memory of RPCs, for what has not come wholly and what was not taken: all connections of a lane share one.
struct rpc_budget {
  std::size_t held = 0;
  std::size_t most = 256u << 20;
  bool is_spent() const { return held > most; }
};

/// A message that a client sent, for whoever serves its method.
struct rpc_message {
  std::int32_t stream;
  const rpc_method* method;  // null: the client of a method that asks often has said all
  std::string bytes;
};

/// The server's side of one HTTP/2 connection that carries gRPC. What a client can make it hold is bounded by the
/// limits and the budget.
class rpc_session final : public http2_session {
public:
  using clock = std::chrono::steady_clock;

  /// All three outlive it.
  rpc_session(const rpc_table& methods, const rpc_limits& limits, rpc_budget& budget);
  ~rpc_session();

  /// Takes all of `bytes`; the messages in them are found with `take_messages`. Errors as of the base.
  result<void> receive(std::string_view bytes, clock::time_point now);
  std::vector<rpc_message> take_messages() { return std::exchange(messages_, {}); }

  /// Of an RPC that has ended, all three do nothing.
  void send(std::int32_t stream, std::string_view message);
  void finish(std::int32_t stream, std::string_view message);
  void finish(std::int32_t stream, grpc_status how);
  bool is_open(std::int32_t stream) const;

  /// Ends the RPCs whose requests do not come, and those whose answers are not taken. Returns how many.
  std::size_t end_late(clock::time_point now);
  /// No more RPCs from a round trip later on; those that are under way go on. Who is told at once which was the last
  /// (RFC 9113, 6.8) may have begun another: gRPC's C core then resets a stream that we never saw, which is an error
  /// that takes the connection, and the answers that others wait for, with it.
  void go_away();

private:
  friend struct rpc_session_events;
  /// One RPC.
  struct call {
    explicit call(const rpc_limits& limits) : in{limits.message_bytes_max} {}
    std::size_t held() const;
    bool has_answer_left() const { return out_sent < out.size(); }
    const rpc_method* method = nullptr;
    std::string path;
    std::string content_type;
    bool is_post = false;
    std::size_t header_bytes = 0;
    message_reader in;
    std::optional<std::string> asked;  // what it asks, until the client has said all
    std::size_t counted = 0;           // of what it holds, in the budget
    bool is_cut = false;               // some of its headers were not kept: the budget was spent
    bool has_asked = false;            // the client has said all
    bool answers = false;              // the answer's headers are on their way
    bool finished = false;
    std::string out;
    std::size_t out_sent = 0;
    grpc_status how;
    clock::time_point since;                             // it, or a message of it, began to come
    std::optional<clock::time_point> has_no_room_since;  // for its answer; as `end_late` has seen it
  };
  call* find(std::int32_t stream);
  bool header(call& one, std::string_view name, std::string_view value);
  void begun(std::int32_t stream, call& one);
  void data(std::int32_t stream, call& one, std::string_view bytes);
  void read_messages(std::int32_t stream, call& one);
  void asked(std::int32_t stream, call& one);
  void forget(std::int32_t stream);
  void take_no_more();
  void recount(call& one);
  bool is_late(const call& one, clock::time_point now) const;
  bool is_untaken(std::int32_t stream, call& one, clock::time_point now) const;
  void refuse(std::int32_t stream, call& one, const char* http_status);
  void begin_answer(std::int32_t stream, call& one);
  void submit_end(std::int32_t stream, call& one);
  std::int64_t read_answer(std::int32_t stream, std::uint8_t* into, std::size_t size, std::uint32_t& flags);

  const rpc_table& methods_;
  const rpc_limits& limits_;
  rpc_budget& budget_;
  std::unordered_map<std::int32_t, call> calls_;
  std::vector<rpc_message> messages_;
  clock::time_point now_{};
  bool is_leaving_ = false;  // and has not said yet which RPC is the last
};

}  // namespace treaty
