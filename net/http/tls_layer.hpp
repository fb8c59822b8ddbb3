#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "net/http/lane_socket.hpp"

namespace treaty {

/// What TLS connections to participants share: whom we trust.
class tls_trust {
public:
  virtual ~tls_trust() = default;
  /// The system's authorities, or those that SSL_CERT_FILE and SSL_CERT_DIR name, as OpenSSL has it.
  static result<std::shared_ptr<tls_trust>> load();
};

/// TLS over a connected socket, the participant's name verified. Plain connections do not pay for it. Threads: one.
class tls_layer {
public:
  using opened = std::function<void(boost::system::error_code)>;
  using moved = std::function<void(boost::system::error_code, std::size_t)>;

  tls_layer(lane_socket& socket, std::shared_ptr<tls_trust> trust, const std::string& host);
  ~tls_layer();
  void handshake(opened done);
  void read_some(boost::asio::mutable_buffer into, moved done);
  void write(std::array<boost::asio::const_buffer, 2> bytes, moved done);

private:
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace treaty
