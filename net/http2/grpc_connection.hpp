#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/deadlines.hpp"
#include "net/http/lane_socket.hpp"
#include "net/http2/grpc_session.hpp"

namespace treaty {

/// Hears what becomes of a connection.
class grpc_connection_owner {
public:
  virtual ~grpc_connection_owner() = default;
  /// The peer speaks HTTP/2: calls may be started.
  virtual void connected(grpc_connection& one) = 0;
  /// Before it was connected; it is closed.
  virtual void connect_failed(grpc_connection& one, std::string_view why) = 0;
  /// These calls ended, and there may be room for others.
  virtual void progressed(grpc_connection& one, std::vector<ended_call> ended) = 0;
  /// It is closed, and these calls broke with it. It may have been retired before it was connected.
  virtual void left(grpc_connection& one, std::vector<grpc_exchange_ptr> broken, std::string_view why) = 0;
};

struct grpc_connection_options {
  std::chrono::milliseconds ping_after;  // without a byte of the peer while calls are under way
  std::chrono::milliseconds ping_limit;  // for the answer to it, and for the peer's system to confirm what was sent
  int descriptors_below;                 // one of this number or above is not ours to keep
};

/// One HTTP/2 connection to one address: any number of calls at a time. What one turn of the loop has to say goes out
/// in one write. Threads: the lane's own.
class grpc_connection final : public std::enable_shared_from_this<grpc_connection>, public deadline_entry {
public:
  using clock = std::chrono::steady_clock;
  using endpoint = boost::asio::ip::tcp::endpoint;

  grpc_connection(boost::asio::io_context& io, grpc_connection_owner& owner, std::string_view user_agent,
                  grpc_connection_options options);
  void open(const endpoint& where);
  std::size_t capacity() const { return closed_ || retired_ ? 0 : session_.capacity(); }
  std::size_t in_flight() const { return session_.in_flight(); }
  bool is_open() const { return open_; }
  /// Precondition: `capacity() > 0`.
  void start(grpc_exchange_ptr what, clock::time_point now);
  /// Cancels the call.
  grpc_exchange_ptr abandon(grpc_exchange& late);
  /// It takes no more calls, and closes when it has none: soon, when it is not open yet.
  void retire();
  bool is_retired() const { return retired_; }
  /// Looks after a peer that says nothing. Call it now and then.
  void check(clock::time_point now);
  /// Ends it; the owner hears nothing more. Returns the calls that were on it.
  std::vector<grpc_exchange_ptr> close();
  /// The connect, up to the peer's SETTINGS, took too long.
  void expired() override;

  clock::time_point used{};  // when a call was started last
  std::size_t position = 0;  // in the owner's list

private:
  using error_code = boost::system::error_code;
  void connected(const error_code& error);
  void read();
  void received(const error_code& error, std::size_t bytes);
  void after_turn();
  void flush_soon();
  void flush();
  void sent(const error_code& error);
  void lost(std::string_view why);
  std::vector<ended_call> take_ended();

  lane_socket socket_;
  grpc_connection_owner& owner_;
  const grpc_connection_options options_;
  grpc_session session_;
  std::vector<char> buffer_;
  std::string out_;  // being sent; keeps its memory
  clock::time_point heard_{};
  clock::time_point pinged_{};  // and not heard since
  bool is_connected_ = false;   // TCP is; the peer may not have spoken yet
  bool open_ = false;
  bool retired_ = false;
  bool closed_ = false;
  bool sending_ = false;
  bool flush_is_posted_ = false;
};

}  // namespace treaty
