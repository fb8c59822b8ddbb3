#pragma once

// Internal to the gRPC server.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/grpc/grpc_server.hpp"
#include "net/grpc/rpc_session.hpp"
#include "net/http/lane_socket.hpp"

namespace treaty {

class rpc_connection;

/// What connections of one lane share, and what they tell their server. Lane's thread only.
class rpc_home {
public:
  grpc_server_options options;
  rpc_limits limits;
  rpc_budget budget;
  rpc_table methods;
  server_counters counted;  // read by any thread

  virtual void closed(rpc_connection& which) = 0;

protected:
  ~rpc_home() = default;
};

/// One HTTP/2 connection of a client. What one turn of the loop has to say goes out in one write. Threads: the lane's
/// own, but for `act`.
class rpc_connection final : public std::enable_shared_from_this<rpc_connection> {
public:
  using clock = std::chrono::steady_clock;

  rpc_connection(lane_socket socket, std::shared_ptr<rpc_home> home, client_room::seat seat);
  void start();
  /// Looks for deadlines that have passed. Call it now and then.
  void check(clock::time_point now);
  /// Takes no more RPCs, and closes when it has none.
  void go_away();
  void close();
  bool is_open(std::int32_t stream) const { return !closed_ && session_.is_open(stream); }
  /// Runs `work(session)` on the lane's thread, at once when this is it. Dropped when the connection has closed.
  template <class Work>
  void act(Work work);

  std::size_t place = 0;  // the home's

private:
  using error_code = boost::system::error_code;
  void read();
  void received(const error_code& error, std::size_t bytes);
  void serve_messages();
  void flush_soon();
  void flush();
  void send_rest();
  void sent(const error_code& error, std::size_t bytes);

  lane_socket socket_;
  const std::shared_ptr<rpc_home> home_;
  client_room::seat seat_;
  rpc_session session_;
  std::vector<char> buffer_;
  std::string out_;  // being sent; keeps its memory
  clock::time_point opened_ = clock::now();
  clock::time_point heard_ = opened_;
  clock::time_point pinged_{};   // and not heard since
  clock::time_point sending_{};  // since when the client has taken nothing
  bool closed_ = false;
  bool is_sending_ = false;
  bool flush_is_posted_ = false;
};

}  // namespace treaty
