#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace treaty {

/// Appends `text` in quotes. Escapes what Go's encoder does (`<`, `>`, `&`, U+2028 and U+2029 too), because clients
/// compare answers; a byte that is not UTF-8 becomes \ufffd (docs/protocol.md, "Transport").
void append_json_text(std::string& out, std::string_view text);
void append_json_number(std::string& out, std::int64_t number);

/// Writes one compact JSON object onto a string, in the order of the calls; `close` ends it.
/// Keys are literals of ours and are not escaped.
class json_object {
public:
  explicit json_object(std::string& out) : out_{out} { out_ += '{'; }
  json_object(const json_object&) = delete;
  json_object& operator=(const json_object&) = delete;

  void text(std::string_view key, std::string_view value) { append_json_text(member(key), value); }
  void number(std::string_view key, std::int64_t value) { append_json_number(member(key), value); }
  void flag(std::string_view key, bool value) { member(key) += value ? "true" : "false"; }
  /// These leave the member out when it says nothing.
  void text_unless_empty(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  void number_unless_zero(std::string_view key, std::int64_t value) {
    if (value != 0) number(key, value);
  }
  void flag_if_set(std::string_view key, bool value) {
    if (value) flag(key, value);
  }
  /// Writes the key; the caller appends the value.
  std::string& member(std::string_view key);
  void close() { out_ += '}'; }

private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace treaty
