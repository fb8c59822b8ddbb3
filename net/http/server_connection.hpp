#pragma once

// Internal to the HTTP server.

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http/lane_socket.hpp"
#include "net/http/request_reader.hpp"
#include "net/http/server.hpp"

namespace treaty {

using steady_time = std::chrono::steady_clock::time_point;

class server_connection;

/// What connections of one lane share, and what they tell their server. Lane's thread only.
class connection_home {
public:
  http_server_options options;
  http_handler handle;
  steady_time clock{};      // as of the last sweep: exact enough for time-outs
  server_counters counted;  // read by any thread

  virtual void closed(server_connection& which) = 0;

protected:
  ~connection_home() = default;
};

/// One connection, one request at a time:
///
///   reading_head -> reading_body -> answering -> writing -> reading_head ..
///         any of them -> lingering (a refused client reads why) -> closed
class server_connection final : public std::enable_shared_from_this<server_connection> {
public:
  /// Without a seat it can only be refused.
  server_connection(lane_socket socket, connection_home& home, client_room::seat seat);

  void start();
  /// Answers without reading anything, and ends.
  void refuse(http_reply why);
  /// The answer to the request that was handed out. Threads: any.
  void answer(http_reply what);
  /// Acts on a deadline that has passed.
  void sweep();
  /// Ends now if it waits for a request, else after the answer.
  void close_when_idle();
  void close();
  bool is_seated() const { return static_cast<bool>(seat_); }

  std::size_t place = 0;  // the home's

private:
  enum class phase : std::uint8_t { reading_head, reading_body, answering, writing, lingering, closed };

  void expect_request();
  void read();
  bool make_room();
  void on_read(const boost::system::error_code& error, std::size_t count);
  void consume();
  bool consume_some();
  void skip_empty_lines();
  void begin_body();
  bool has_room_for_body();
  void reject(refusal why);
  bool dispatch();
  void answer_here(http_reply what);
  bool write(http_reply what);
  bool send();
  bool sent();
  void send_rest();
  void linger();
  void discard();
  void set_deadline(std::chrono::milliseconds from_now);
  std::array<boost::asio::const_buffer, 2> unsent() const;

  lane_socket socket_;
  connection_home& home_;  // not touched once closed
  client_room::seat seat_;
  byte_room::share bytes_;
  phase phase_ = phase::reading_head;
  bool dispatching_ = false;   // the handler is on the stack
  bool last_request_ = false;  // the client, or what it did, asks for the end
  bool head_request_ = false;
  bool first_request_ = true;
  steady_time deadline_{};

  std::vector<char> in_;
  std::size_t in_begin_ = 0;  // what has been read and not consumed
  std::size_t in_end_ = 0;
  received_request request_;
  std::optional<request_reader> reader_;

  std::optional<http_reply> early_reply_;  // given while the handler was on the stack
  std::string out_;                        // the head, and a small body
  std::string out_body_;                   // a large body
  std::size_t out_sent_ = 0;
  std::size_t discarded_ = 0;
};

}  // namespace treaty
