#include "net/call_rules.hpp"

#include <algorithm>

#include "net/branch_url.hpp"
#include "net/url_text.hpp"

namespace treaty {
namespace {

bool is_name_byte(char byte) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  const char letter = static_cast<char>(byte | 0x20);
  return (byte >= '0' && byte <= '9') || (letter >= 'a' && letter <= 'z') || marks.find(byte) != std::string_view::npos;
}

bool is_value_byte(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return (code >= 0x20 || code == '\t') && code != 0x7F;
}

result<void> check_header(const std::string& name, std::string_view value) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_byte))
    return failure{errc::invalid_argument, "invalid header field name '" + name + "' in branch_headers"};
  if (!std::all_of(value.begin(), value.end(), is_value_byte))
    return failure{errc::invalid_argument, "invalid header field value for '" + name + "' in branch_headers"};
  return {};
}

}  // namespace

result<void> check_headers(const std::map<std::string, std::string>& headers) {
  for (const auto& [name, value] : headers)
    if (auto checked = check_header(name, value); !checked) return checked;
  return {};
}

result<void> check_callable(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return {};
  std::string room;
  const auto parsed = parse_http_url(without_login(url, room));
  if (!parsed) return parsed.error();
  return {};
}

result<void> check_callable(const txn_definition& what) {
  for (const step& each : what.steps) {
    if (auto checked = check_callable(each.action); !checked) return checked;
    if (auto checked = check_callable(each.compensate); !checked) return checked;
  }
  for (const auto& [name, value] : what.options.branch_headers) {
    const bool is_binary = name.ends_with("-bin");  // gRPC sends any bytes
    if (auto checked = check_header(name, is_binary ? std::string_view{} : std::string_view{value}); !checked)
      return checked;
  }
  return check_callable(what.query_prepared);
}

}  // namespace treaty
