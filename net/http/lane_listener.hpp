#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "net/http/lane_socket.hpp"

namespace treaty {

/// Takes connections for one lane. Several lanes listen on one port (SO_REUSEPORT). Threads: the lane's own, or any
/// while its loop does not run.
class lane_listener : public std::enable_shared_from_this<lane_listener> {
public:
  using on_socket = std::function<void(lane_socket)>;

  /// Listens at once: clients wait in the kernel's queue until `start`. `address`: empty is every interface, IPv6 and
  /// IPv4; `port`: 0 is any free one. Errors: invalid_argument (address), unavailable (the port is taken, ..).
  static result<std::shared_ptr<lane_listener>> open(boost::asio::io_context& io, const std::string& address,
                                                     std::uint16_t port);
  explicit lane_listener(boost::asio::io_context& io) : acceptor_{io} {}
  std::uint16_t port() const { return port_; }
  /// `welcome` gets each connection, on the lane's thread.
  void start(on_socket welcome);
  /// `welcome` is not called again.
  void stop();

private:
  using error_code = boost::system::error_code;
  using protocol = boost::asio::ip::tcp;
  result<void> listen(const std::string& address, std::uint16_t port);
  error_code listen(const protocol::endpoint& at);
  void accept();
  error_code accept_waiting();
  void accept_later();

  boost::asio::basic_socket_acceptor<protocol, boost::asio::io_context::executor_type> acceptor_;
  on_socket welcome_;
  std::uint16_t port_ = 0;
};

}  // namespace treaty
