#include "net/hook_address.hpp"

#include "net/url_text.hpp"

namespace treaty {

result<hook_address_ptr> parse_hook_address(std::string_view url, std::string_view local_host_alias) {
  auto out = std::make_shared<hook_address>();
  out->url = url;
  out->credentials = take_credentials(out->url);
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
