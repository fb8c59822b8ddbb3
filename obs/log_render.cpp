#include <array>
#include <charconv>
#include <cmath>

#include "obs/json_text.hpp"
#include "obs/log.hpp"

namespace treaty {
namespace {

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
      append_quoted_json(out, text);
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
  if (text == "dpanic" || text == "panic" || text == "fatal") return log_level::error;  // more than which there is not
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
  append_quoted_json(line, message);
  for (const log_field& field : fields) {
    line += ',';
    append_quoted_json(line, field.key);
    line += ':';
    std::visit(value_writer{line, true}, field.value);
  }
  return line;
}

}  // namespace treaty
