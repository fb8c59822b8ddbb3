#include "client/http/http_url.hpp"

namespace treaty::client {

result<http_url> parse_http_url(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  const auto wrong = [&] { return invalid("not a URL of plain http: '" + std::string{url} + "'"); };
  if (url.substr(0, scheme.size()) != scheme) return wrong();
  std::string_view rest = url.substr(scheme.size());
  rest = rest.substr(0, rest.find('#'));
  const auto path = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, path);
  http_url out;
  out.origin = authority;
  out.target = path == std::string_view::npos ? "" : rest.substr(path);
  if (out.target.empty() || out.target.front() == '?') out.target.insert(0, "/");
  const bool is_ipv6 = !authority.empty() && authority.front() == '[';
  const auto host_end = is_ipv6 ? authority.find(']') : authority.find(':');
  if (is_ipv6 && host_end == std::string_view::npos) return wrong();
  out.host = is_ipv6 ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
  const auto colon = is_ipv6 ? host_end + 1 : host_end;
  out.port = colon < authority.size() ? authority.substr(colon + 1) : "80";
  const bool is_control_free = url.find_first_of(" \r\n\t") == std::string_view::npos;
  const bool is_number = !out.port.empty() && out.port.find_first_not_of("0123456789") == std::string::npos;
  if (out.host.empty() || !is_number || !is_control_free) return wrong();
  return out;
}

}  // namespace treaty::client
