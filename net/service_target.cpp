#include "net/service_target.hpp"

#include <algorithm>

#include "net/branch_url.hpp"
#include "net/host_and_port.hpp"
#include "net/url_text.hpp"

namespace treaty {
namespace {

constexpr std::string_view etcd_port = ":2379";
constexpr std::string_view known_schemes = "etcd, discov, direct, dns, passthrough";

/// A target and what stands after it, as views into the text.
struct target_parts {
  std::string_view scheme;
  std::string_view authority;  // between the second and the third slash
  std::string_view path;       // the segment after it
  std::string_view query;
  std::size_t length = 0;  // of the target in the text
};

// scheme://authority/segment?query, up to the next slash
result<target_parts> take_apart(std::string_view text) {
  target_parts out;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return bad_url(text, "no '://' found");
  out.scheme = text.substr(0, scheme_end);
  const std::size_t authority_at = scheme_end + 3;
  const std::size_t slash = text.find('/', authority_at);
  if (slash == std::string_view::npos) return bad_url(text, "no '/' after the host");
  out.authority = text.substr(authority_at, slash - authority_at);
  out.length = std::min(text.find('/', slash + 1), text.size());
  const std::string_view segment = text.substr(slash + 1, out.length - slash - 1);
  const std::size_t question = std::min(segment.find('?'), segment.size());
  out.path = segment.substr(0, question);
  out.query = segment.substr(std::min(question + 1, segment.size()));
  return out;
}

result<std::vector<std::string>> parse_addresses(std::string_view whole, std::string_view list,
                                                 std::string_view port_if_none) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string one{list.substr(0, comma)};
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (one.empty()) continue;
    if (!port_if_none.empty() && !split_host_and_port(one)) one += port_if_none;
    if (const auto good = split_host_and_port(one); !good) return bad_url(whole, good.error().detail);
    if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(std::move(one));
  }
  if (out.empty()) return bad_url(whole, "no host:port in it");
  return out;
}

result<service_target> etcd_target(std::string_view whole, const target_parts& parts) {
  const bool is_new_form = parts.authority.empty();
  service_target out;
  out.key = is_new_form ? url_parameter(parts.query, "key") : percent_decoded(parts.path);
  if (out.key.empty()) return bad_url(whole, "no key in it");
  TREATY_TRY(out.addresses, parse_addresses(whole, is_new_form ? parts.path : parts.authority, etcd_port));
  return out;
}

result<service_target> fixed_target(std::string_view whole, const target_parts& parts) {
  if (!parts.authority.empty())
    return bad_url(whole, std::string{parts.scheme} + " takes its addresses after three slashes");
  service_target out;
  TREATY_TRY(out.addresses, parse_addresses(whole, parts.path, ""));
  if (parts.scheme != "direct" && out.addresses.size() > 1) return bad_url(whole, "more than one address in it");
  return out;
}

bool is_etcd(std::string_view scheme) {
  return scheme == "etcd" || scheme == "discov";
}

bool is_fixed(std::string_view scheme) {
  return scheme == "direct" || scheme == "dns" || scheme == "passthrough";
}

failure unknown_scheme(std::string_view scheme, std::string_view known) {
  std::string text = "unknown scheme: ";
  text += scheme.substr(0, 64);
  text += "; known: ";
  text += known;
  return {errc::invalid_argument, std::move(text)};
}

}  // namespace

result<dial_target> split_service_url(std::string_view url) {
  if (url.find("//") == std::string_view::npos) return default_discovery{}.locate(url);
  if (!is_printable(url)) return bad_url(url, "a blank or a character beyond ASCII in it");
  TREATY_TRY(const target_parts parts, take_apart(url));
  if (!is_etcd(parts.scheme) && !is_fixed(parts.scheme))
    return bad_url(url, unknown_scheme(parts.scheme, known_schemes).detail);
  if (url.size() < parts.length + 2) return bad_url(url, "no method after the target");
  return dial_target{std::string{url.substr(0, parts.length)}, std::string{url.substr(parts.length)}};
}

result<service_target> parse_service_target(std::string_view target) {
  if (target.find("//") == std::string_view::npos) {
    if (const auto good = split_host_and_port(target); !good) return good.error();
    return service_target{{std::string{target}}, {}};
  }
  TREATY_TRY(const target_parts parts, take_apart(target));
  if (is_etcd(parts.scheme)) return etcd_target(target, parts);
  if (is_fixed(parts.scheme)) return fixed_target(target, parts);
  return unknown_scheme(parts.scheme, known_schemes);
}

// Unlike the key in a branch URL, the one under which a process registers itself may have slashes in it.
result<registry_target> parse_registry_target(std::string_view target) {
  const std::string_view shown = target.substr(0, target.find('?'));  // the account stands after it
  const std::string_view query = target.substr(std::min(shown.size() + 1, target.size()));
  const std::size_t scheme_end = std::min(shown.find("://"), shown.size());
  if (scheme_end == shown.size()) return failure{errc::invalid_argument, "no '://' found; known: etcd://, discov://"};
  if (!is_etcd(shown.substr(0, scheme_end))) return unknown_scheme(shown.substr(0, scheme_end), "etcd, discov");
  if (shown.find('@') != std::string_view::npos)
    return failure{errc::invalid_argument, "an account belongs into the query: ?user=…&password=…"};
  const std::string_view rest = shown.substr(scheme_end + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const std::string_view path = rest.substr(std::min(authority.size() + 1, rest.size()));
  const bool is_new_form = authority.empty();
  registry_target out;
  out.key = is_new_form ? url_parameter(query, "key") : percent_decoded(path);
  out.user = url_parameter(query, "user");
  out.password = url_parameter(query, "password");
  if (out.key.empty()) return bad_url(shown, "no key in it");
  TREATY_TRY(out.endpoints, parse_addresses(shown, is_new_form ? path : authority, etcd_port));
  return out;
}

}  // namespace treaty
