#include "tests/kit/http_message.hpp"

#include <algorithm>
#include <charconv>

namespace treaty::kit {
namespace {

/// Makes `buffered` hold at least `size` bytes.
bool fill(tcp_stream& from, std::string& buffered, std::size_t size, steady::time_point deadline) {
  while (buffered.size() < size)
    if (from.read_some(buffered, deadline) != tcp_stream::read_end::bytes) return false;
  return true;
}

/// Takes everything up to `mark` from `buffered`, and the mark itself.
std::optional<std::string> take_until(tcp_stream& from, std::string& buffered, std::string_view mark,
                                      steady::time_point deadline) {
  std::size_t at = 0;
  while ((at = buffered.find(mark)) == std::string::npos)
    if (from.read_some(buffered, deadline) != tcp_stream::read_end::bytes) return std::nullopt;
  std::string taken = buffered.substr(0, at);
  buffered.erase(0, at + mark.size());
  return taken;
}

void parse_head(std::string_view head, http_message& to) {
  std::size_t end = head.find("\r\n");
  to.start_line = head.substr(0, end);
  while (end != std::string_view::npos) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string name{line.substr(0, colon)};
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    to.headers.emplace_back(std::move(name), value == std::string_view::npos ? "" : line.substr(value));
  }
}

std::optional<std::string> read_chunks(tcp_stream& from, std::string& buffered, steady::time_point deadline) {
  std::string body;
  while (true) {
    const auto size_line = take_until(from, buffered, "\r\n", deadline);
    std::size_t size = 0;
    if (!size_line ||
        std::from_chars(size_line->data(), size_line->data() + size_line->size(), size, 16).ec != std::errc{})
      return std::nullopt;
    if (!fill(from, buffered, size + 2, deadline)) return std::nullopt;
    body.append(buffered, 0, size);
    buffered.erase(0, size + 2);
    if (size == 0) return body;
  }
}

std::optional<std::string> read_to_end(tcp_stream& from, std::string& buffered, steady::time_point deadline) {
  auto end = tcp_stream::read_end::bytes;
  while (end == tcp_stream::read_end::bytes) end = from.read_some(buffered, deadline);
  if (end == tcp_stream::read_end::late) return std::nullopt;
  return std::exchange(buffered, {});
}

std::optional<std::string> read_body(tcp_stream& from, std::string& buffered, const http_message& head,
                                     message_kind kind, steady::time_point deadline) {
  if (head.header("transfer-encoding") == "chunked") return read_chunks(from, buffered, deadline);
  const std::string_view length = head.header("content-length");
  if (length.empty()) return kind == message_kind::request ? std::string{} : read_to_end(from, buffered, deadline);
  std::size_t size = 0;
  std::from_chars(length.data(), length.data() + length.size(), size);
  if (!fill(from, buffered, size, deadline)) return std::nullopt;
  std::string body = buffered.substr(0, size);
  buffered.erase(0, size);
  return body;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (escaped) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

std::string_view http_message::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& one) { return one.first == name; });
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

int http_message::status() const {
  int code = 0;
  if (start_line.starts_with("HTTP/1.") && start_line.size() >= 12)
    std::from_chars(start_line.data() + 9, start_line.data() + 12, code);
  return code;
}

std::optional<http_message> read_message(tcp_stream& from, std::string& buffered, message_kind kind,
                                         steady::time_point deadline) {
  const auto head = take_until(from, buffered, "\r\n\r\n", deadline);
  if (!head) return std::nullopt;
  http_message message;
  parse_head(*head, message);
  auto body = read_body(from, buffered, message, kind, deadline);
  if (!body) return std::nullopt;
  message.body = std::move(*body);
  return message;
}

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=')
      return decode(pair.substr(name.size() + 1));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

}  // namespace treaty::kit
