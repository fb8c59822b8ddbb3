#include "net/hook_address.hpp"

#include <algorithm>

#include "net/url_text.hpp"

namespace treaty {
namespace {

/// Moves the user name and password out of the URL.
void take_credentials(hook_address& from) {
  const std::size_t scheme = from.url.find("://");
  if (scheme == std::string::npos) return;
  const std::size_t start = scheme + 3;
  const std::size_t end = std::min(from.url.find_first_of("/?#", start), from.url.size());
  const std::size_t mark = from.url.substr(0, end).rfind('@');
  if (mark == std::string::npos || mark < start) return;
  from.credentials = percent_decoded(std::string_view{from.url}.substr(start, mark - start));
  from.url.erase(start, mark + 1 - start);
}

}  // namespace

result<hook_address_ptr> parse_hook_address(std::string_view url, std::string_view local_host_alias) {
  auto out = std::make_shared<hook_address>();
  out->url = url;
  take_credentials(*out);
  if (!local_host_alias.empty()) out->url = replace_local_host(out->url, local_host_alias);
  const auto parsed = parse_http_url(out->url);
  if (!parsed) return failure{errc::invalid_argument, "not an http or https URL"};
  out->parsed = *parsed;
  return hook_address_ptr{std::move(out)};
}

std::string_view hook_key(const hook_address& to) {
  return std::string_view{to.url}.substr(0, to.url.find('?'));
}

}  // namespace treaty
