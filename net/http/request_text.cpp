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

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

/// Null: it is not one of the branch headers.
const std::string* given(const outgoing_request& request, std::string_view name) {
  if (request.headers == nullptr) return nullptr;
  for (const auto& [each, value] : *request.headers)
    if (same_name(each, name)) return &value;
  return nullptr;
}

/// As Go has it, a branch header may name another host than the one that is called, which is not told to a third one.
std::string_view host_header(const outgoing_request& request, identifying_headers identity) {
  if (identity == identifying_headers::left_out) return request.url.authority;
  const std::string* const other = given(request, "Host");
  return other == nullptr || other->empty() ? request.url.authority : std::string_view{*other};
}

void append_own(std::string& out, const outgoing_request& request, std::string_view name, std::string_view value) {
  if (given(request, name) == nullptr) append_header(out, name, value);
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

void append_request_head(std::string& out, const outgoing_request& request, std::string_view user_agent,
                         identifying_headers identity) {
  out += request.method;
  out += ' ';
  out += request.target;
  out += " HTTP/1.1\r\n";
  append_header(out, "Host", host_header(request, identity));
  append_own(out, request, "User-Agent", user_agent);
  if (request.method == "POST") append_header(out, "Content-Length", std::to_string(request.body.size()));
  append_own(out, request, "Accept", "application/json");
  append_own(out, request, "Content-Type", "application/json");
  append_given(out, request, identity);
  append_own(out, request, "Accept-Encoding", "gzip");
  out += "\r\n";
}

}  // namespace treaty
