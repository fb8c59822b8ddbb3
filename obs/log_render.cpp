#include <array>
#include <charconv>
#include <cmath>

#include "obs/log.hpp"

namespace treaty {
namespace {

/// The length of the well-formed UTF-8 sequence at the front of `text`; 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length > text.size()) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

void append_escaped_byte(std::string& out, char byte) {
  static constexpr std::string_view digits = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(byte);
  out += "\\u00";
  out += digits[code >> 4];
  out += digits[code & 0xF];
}

/// Bytes that are not UTF-8 become \u00xx: what participants send is logged, and a line must stay one valid line.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char next = text.front();
    const std::size_t length = utf8_length(text);
    if (next == '"' || next == '\\') {
      out += '\\';
      out += next;
    } else if (next == '\n') {
      out += "\\n";
    } else if (length == 0 || static_cast<unsigned char>(next) < 0x20 || next == 0x7F) {
      append_escaped_byte(out, next);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char next : text) {
    if (next <= ' ' || next == '"' || next == '\\' || next == '=' || next == 0x7F)
      return true;  // <= ' ': also not ASCII
  }
  return false;
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

struct value_writer {
  std::string& out;
  bool always_quote;

  void operator()(std::string_view text) const {
    if (always_quote || needs_quotes(text)) {
      append_quoted(out, text);
    } else {
      out += text;
    }
  }
  void operator()(bool yes) const { out += yes ? "true" : "false"; }
  void operator()(double number) const {
    if (!std::isfinite(number)) {
      out += always_quote ? "null" : "nan";
      return;
    }
    append_number(out, number);
  }
  void operator()(std::int64_t number) const { append_number(out, number); }
  void operator()(std::uint64_t number) const { append_number(out, number); }
};

std::string_view padded_name(log_level level) {
  switch (level) {
    case log_level::debug:
      return "DEBUG ";
    case log_level::info:
      return "INFO  ";
    case log_level::warn:
      return "WARN  ";
    case log_level::error:
      return "ERROR ";
  }
  return "";
}

}  // namespace

std::string_view to_string(log_level level) {
  switch (level) {
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warn:
      return "warn";
    case log_level::error:
      return "error";
  }
  return "";
}

std::optional<log_level> parse_log_level(std::string_view text) {
  for (const log_level level : {log_level::debug, log_level::info, log_level::warn, log_level::error}) {
    if (text == to_string(level)) return level;
  }
  return std::nullopt;
}

std::string render_text(log_level level, std::string_view message, log_fields fields) {
  std::string line{padded_name(level)};
  line += message;
  for (const log_field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    std::visit(value_writer{line, false}, field.value);
  }
  return line;
}

std::string render_json(log_level level, std::string_view message, log_fields fields) {
  std::string line = "\"level\":\"";
  line += to_string(level);
  line += "\",\"msg\":";
  append_quoted(line, message);
  for (const log_field& field : fields) {
    line += ',';
    append_quoted(line, field.key);
    line += ':';
    std::visit(value_writer{line, true}, field.value);
  }
  return line;
}

}  // namespace treaty
