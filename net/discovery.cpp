#include "net/discovery.hpp"

#include <algorithm>

#include "net/host_and_port.hpp"

namespace treaty {
namespace {

failure refused(std::string_view before, std::string_view url, std::string_view after) {
  std::string text{before};
  text += "'";
  text += url.substr(0, 512);
  text += "'";
  text += after;
  return {errc::invalid_argument, std::move(text)};
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) { return byte > 0x20 && byte < 0x7F; });
}

}  // namespace

result<dial_target> default_discovery::locate(std::string_view url) const {
  if (url.find("://") != std::string_view::npos)
    return refused("call dtmdriver.Use() before you use custom scheme for ", url, "");
  const std::size_t slash = url.find('/');
  if (slash == std::string_view::npos) return refused("bad url: ", url, ". no '/' found");
  if (slash == 0) return refused("bad url: ", url, ". no host before '/'");
  if (!is_printable(url)) return refused("bad url: ", url, ". a blank or a character beyond ASCII in it");
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
