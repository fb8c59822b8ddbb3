#include "net/host_and_port.hpp"

#include "net/branch_url.hpp"

namespace treaty {

result<host_and_port> split_host_and_port(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  const bool has_port = colon != std::string_view::npos && colon + 1 < address.size() && address.back() != ']';
  const std::string url = "http://" + std::string{address};  // same rules for hosts and ports
  const auto parts = parse_http_url(url);
  if (!has_port || !parts || parts->authority.size() != address.size())
    return failure{errc::invalid_argument, "'" + std::string{address.substr(0, 512)} + "' is not host:port"};
  return host_and_port{std::string{parts->host}, parts->port};
}

}  // namespace treaty
