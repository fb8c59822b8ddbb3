#include "net/http/tls_layer.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace treaty {
namespace {

namespace ssl = boost::asio::ssl;

class loaded_trust final : public tls_trust {
public:
  ssl::context context{ssl::context::tls_client};
};

}  // namespace

result<std::shared_ptr<tls_trust>> tls_trust::load() {
  auto trust = std::make_shared<loaded_trust>();
  boost::system::error_code error;
  trust->context.set_default_verify_paths(error);
  if (!error) trust->context.set_verify_mode(ssl::verify_peer, error);
  if (error) return failure{errc::unavailable, "certificate authorities: " + error.message()};
  return std::shared_ptr<tls_trust>{std::move(trust)};
}

class tls_layer::state {
public:
  state(lane_socket& socket, std::shared_ptr<tls_trust> trusted)
      : trust{std::move(trusted)}, stream{socket, static_cast<loaded_trust&>(*trust).context} {}
  std::shared_ptr<tls_trust> trust;
  ssl::stream<lane_socket&> stream;
};

tls_layer::tls_layer(lane_socket& socket, std::shared_ptr<tls_trust> trust, const std::string& host)
    : state_{std::make_unique<state>(socket, std::move(trust))} {
  boost::system::error_code is_name;
  boost::asio::ip::make_address(host, is_name);
  std::string name = host;  // OpenSSL's macro for this casts in the old style
  if (is_name)
    SSL_ctrl(state_->stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  state_->stream.set_verify_callback(ssl::host_name_verification{host});
}

tls_layer::~tls_layer() = default;

void tls_layer::handshake(opened done) {
  state_->stream.async_handshake(ssl::stream_base::client, std::move(done));
}

void tls_layer::read_some(boost::asio::mutable_buffer into, moved done) {
  state_->stream.async_read_some(into, std::move(done));
}

void tls_layer::write(std::array<boost::asio::const_buffer, 2> bytes, moved done) {
  boost::asio::async_write(state_->stream, bytes, std::move(done));
}

}  // namespace treaty
