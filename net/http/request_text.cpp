#include "net/http/request_text.hpp"

#include <algorithm>
#include <array>

namespace treaty {
namespace {

char lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
}
char upper(char byte) {
  return byte >= 'a' && byte <= 'z' ? static_cast<char>(byte & ~0x20) : byte;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

template <std::size_t Count>
bool is_one_of(std::string_view name, const std::array<std::string_view, Count>& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return same_name(name, one); });
}

constexpr std::array<std::string_view, 6> framing{"Host",    "Content-Length", "Transfer-Encoding",
                                                  "Trailer", "Connection",     "Expect"};
constexpr std::array<std::string_view, 4> identifying{"Authorization", "Www-Authenticate", "Cookie", "Cookie2"};

bool is_name_byte(char byte) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (byte >= '0' && byte <= '9') || (lower(byte) >= 'a' && lower(byte) <= 'z') ||
         marks.find(byte) != std::string_view::npos;
}

bool is_value_byte(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return (code >= 0x20 || code == '\t') && code != 0x7F;
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

bool is_given(const outgoing_request& request, std::string_view name) {
  return request.headers != nullptr && std::any_of(request.headers->begin(), request.headers->end(),
                                                   [&](const auto& one) { return same_name(one.first, name); });
}

void append_own(std::string& out, const outgoing_request& request, std::string_view name, std::string_view value) {
  if (!is_given(request, name)) append_header(out, name, value);
}

void append_given(std::string& out, const outgoing_request& request, identifying_headers identity) {
  if (request.headers == nullptr) return;
  for (const auto& [name, value] : *request.headers) {
    if (is_one_of(name, framing)) continue;
    if (identity == identifying_headers::left_out && is_one_of(name, identifying)) continue;
    append_header(out, canonical_header_name(name), value);
  }
}

}  // namespace

std::string canonical_header_name(std::string_view name) {
  std::string out{name};
  bool starts_word = true;
  for (char& byte : out) {
    byte = starts_word ? upper(byte) : lower(byte);
    starts_word = byte == '-';
  }
  return out;
}

result<void> check_headers(const std::map<std::string, std::string>& headers) {
  for (const auto& [name, value] : headers) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_byte))
      return failure{errc::invalid_argument, "invalid header field name '" + name + "' in branch_headers"};
    if (!std::all_of(value.begin(), value.end(), is_value_byte))
      return failure{errc::invalid_argument, "invalid header field value for '" + name + "' in branch_headers"};
  }
  return {};
}

void append_request_head(std::string& out, const outgoing_request& request, std::string_view user_agent,
                         identifying_headers identity) {
  out += request.method;
  out += ' ';
  out += request.target;
  out += " HTTP/1.1\r\n";
  append_header(out, "Host", request.url.authority);
  append_own(out, request, "User-Agent", user_agent);
  if (request.method == "POST") append_header(out, "Content-Length", std::to_string(request.body.size()));
  append_own(out, request, "Accept", "application/json");
  append_own(out, request, "Content-Type", "application/json");
  append_given(out, request, identity);
  append_own(out, request, "Accept-Encoding", "gzip");
  out += "\r\n";
}

}  // namespace treaty
