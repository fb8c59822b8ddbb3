#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"
#include "core/base/result.hpp"

namespace treaty {

/// What the value of a set variable is. Injected, so that tests need no process environment.
using environment = std::function<std::optional<std::string>(std::string_view name)>;
environment process_environment();

enum class notice_kind : std::uint8_t { info = 1, warning };
struct config_notice {
  notice_kind kind;
  std::string text;
  bool operator==(const config_notice&) const = default;
};

struct loaded_config {
  config values;
  std::vector<config_notice> notices;  // for the log, in the order they were found
  std::vector<std::string> sources;    // for each of all_options(): "default", "environment X" or "line 7"

  /// `path` is an option's.
  const std::string& source_of(std::string_view path) const;
};

/// Default < environment < file. `file` is empty when there is none.
/// Errors: invalid_argument; `detail` holds one complaint a line, each with its place.
result<loaded_config> load_config(const std::string& file, const environment& env);

/// The same, from the text of a file that is called `name` in messages.
result<loaded_config> load_config_text(std::string_view yaml, const std::string& name, const environment& env);

/// The effective configuration, one option a line, without secrets.
std::string describe(const loaded_config& loaded);

}  // namespace treaty
