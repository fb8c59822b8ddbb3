#include "net/discovery.hpp"

#include "net/host_and_port.hpp"
#include "net/url_text.hpp"

namespace treaty {

result<dial_target> default_discovery::locate(std::string_view url) const {
  if (url.find("://") != std::string_view::npos)
    return failure{errc::invalid_argument,
                   "call dtmdriver.Use() before you use custom scheme for '" + std::string{url.substr(0, 512)} + "'"};
  const std::size_t slash = url.find('/');
  if (slash == std::string_view::npos) return bad_url(url, "no '/' found");
  if (slash == 0) return bad_url(url, "no host before '/'");
  if (!is_printable(url)) return bad_url(url, "a blank or a character beyond ASCII in it");
  return dial_target{std::string{url.substr(0, slash)}, std::string{url.substr(slash)}};
}

result<service_location> default_discovery::follow(const std::string& target, instances_changed) const {
  return fixed_location(target, {target});
}

result<service_location> fixed_location(std::string authority, std::vector<std::string> addresses) {
  for (const std::string& one : addresses)
    if (const auto good = split_host_and_port(one); !good) return good.error();
  auto known = std::make_shared<const instance_list>(instance_list{std::move(addresses), {}});
  return service_location{std::move(authority), std::move(known), nullptr};
}

}  // namespace treaty
