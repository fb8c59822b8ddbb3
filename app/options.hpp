#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "app/config.hpp"
#include "core/base/result.hpp"

namespace treaty {

/// Where an option's value goes. `monostate`: the option is accepted and has no effect.
using config_field = std::variant<std::monostate, std::string config::*, std::int64_t config::*, config::span config::*,
                                  byte_size config::*, decimal config::*>;

enum class secrecy : std::uint8_t {
  open = 1,
  address,  // shown without its credentials
  host,     // a URL of which only scheme and host are shown: the path is often the secret
};

/// Everything there is to say about one option: parsing, checks, --help, docs/configuration.md and the sample file come
/// from here.
struct option {
  std::string_view path;  // in the file: "Store.Path"; the environment's name follows from it
  config_field field;
  std::string_view help;
  std::int64_t least = 0;  // of numbers, in counts, milliseconds, bytes or hundredths
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::string_view choices = {};         // of texts, in small letters, separated by blanks; empty: anything
  std::chrono::milliseconds unit{1000};  // of a duration that is written as a plain number
  secrecy shown = secrecy::open;
  std::string_view unused_default = {};  // what the documentation says of an option without effect
};

/// In the order of the documentation; the options of a section stand together.
std::span<const option> all_options();
const option* find_option(std::string_view path);
/// Its place among them.
std::size_t place_of(const option& which);
inline bool has_effect(const option& which) {
  return !std::holds_alternative<std::monostate>(which.field);
}

/// "MicroService.EndPoint" -> "MICRO_SERVICE_END_POINT".
std::string environment_name(std::string_view path);

/// "an integer", "a duration" ..: for error messages and documentation.
std::string_view type_name(const option& which);

/// Reads `text` into the option's field. Errors: invalid_argument; `to` is unchanged.
result<void> assign(const option& which, std::string_view text, config& to);

/// The option's value as it would be written in the file. Secrets are hidden.
std::string render(const option& which, const config& from);
/// A bound of its range, or any other number of its kind.
std::string render_number(const option& which, std::int64_t number);

}  // namespace treaty
