#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.hpp"

namespace treaty {

enum class log_level : std::uint8_t { debug = 1, info, warn, error };
std::string_view to_string(log_level level);
std::optional<log_level> parse_log_level(std::string_view text);

/// A key and its value, read before the call returns: views are enough.
struct log_field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  log_field(std::string_view name, std::string_view text) : key{name}, value{text} {}
  log_field(std::string_view name, const char* text) : key{name}, value{std::string_view{text}} {}
  log_field(std::string_view name, const std::string& text) : key{name}, value{std::string_view{text}} {}
  log_field(std::string_view name, bool yes) : key{name}, value{yes} {}
  log_field(std::string_view name, double number) : key{name}, value{number} {}
  template <std::signed_integral T>
  log_field(std::string_view name, T number) : key{name}, value{static_cast<std::int64_t>(number)} {}
  template <std::unsigned_integral T>
  log_field(std::string_view name, T number) : key{name}, value{static_cast<std::uint64_t>(number)} {}
};
using log_fields = std::initializer_list<log_field>;

/// Files that reach `bytes` are renamed to name.1, name.2 .. and `files` of them are kept.
struct log_rotation {
  std::size_t bytes = 100u << 20;
  std::size_t files = 10;
};

struct log_options {
  log_level least = log_level::info;
  std::vector<std::string> outputs{"stderr"};  // stderr, stdout, or a file's name
  std::optional<log_rotation> rotation;        // of the files
};

/// While one lives, lines go where its options say: text on a terminal, one JSON object a line elsewhere. They are
/// queued and written by a thread of its own; when the queue is full the oldest line is dropped, so that logging never
/// holds up a lane. Without one, lines are written to standard error at once. At most one at a time; it must outlive
/// every thread that logs.
class logging {
public:
  /// Errors: invalid_argument when an output cannot be opened.
  static result<std::unique_ptr<logging>> start(const log_options& options);
  logging(const logging&) = delete;
  logging& operator=(const logging&) = delete;
  /// Writes what is queued.
  ~logging();

  /// Lines that were dropped because the queue was full.
  std::size_t dropped() const;

private:
  friend void log_line(log_level level, std::string_view message, log_fields fields);
  friend bool log_enabled(log_level level);
  struct outputs;
  explicit logging(std::unique_ptr<outputs> to, log_level least);
  std::unique_ptr<outputs> to_;
  log_level least_;
};

/// Threads: any. Never throws, never blocks on a device.
void log_line(log_level level, std::string_view message, log_fields fields = {});
bool log_enabled(log_level level);

inline void log_debug(std::string_view message, log_fields fields = {}) {
  if (log_enabled(log_level::debug)) log_line(log_level::debug, message, fields);
}
inline void log_info(std::string_view message, log_fields fields = {}) {
  log_line(log_level::info, message, fields);
}
inline void log_warn(std::string_view message, log_fields fields = {}) {
  log_line(log_level::warn, message, fields);
}
inline void log_error(std::string_view message, log_fields fields = {}) {
  log_line(log_level::error, message, fields);
}

/// For warnings that may repeat thousands of times a second: lets one pass each `every`, and counts the others.
/// Threads: any.
class log_limit {
public:
  explicit log_limit(std::chrono::steady_clock::duration every) : every_{every} {}
  /// The number of lines that were held back since the last one that passed; nothing when this one is held back too.
  std::optional<std::uint64_t> admit(std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());

private:
  std::chrono::steady_clock::duration every_;
  std::atomic<std::chrono::steady_clock::rep> next_{0};
  std::atomic<std::uint64_t> held_back_{0};
};

/// One line as text: `WARN  message key=value key="two words"`.
std::string render_text(log_level level, std::string_view message, log_fields fields);
/// One line's members of a JSON object, without braces: `"level":"warn","msg":"message","key":1`.
std::string render_json(log_level level, std::string_view message, log_fields fields);

}  // namespace treaty
