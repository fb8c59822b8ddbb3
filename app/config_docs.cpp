#include "app/config_docs.hpp"

#include "app/options.hpp"

namespace treaty {
namespace {

std::string default_of(const option& which) {
  return render(which, config{});
}

std::string range_of(const option& which) {
  if (!has_effect(which)) return "";
  if (!which.choices.empty()) return std::string{which.choices};
  if (std::holds_alternative<std::string config::*>(which.field)) return "";
  return render_number(which, which.least) + " – " + render_number(which, which.most);
}

std::string kind_of(const option& which) {
  const std::string_view name = type_name(which);
  return has_effect(which) ? std::string{name.substr(name.find(' ') + 1)} : "";
}

std::string code(const std::string& text) {
  return text.empty() ? "" : "`" + text + "`";
}

void append_row(std::string& page, const option& which) {
  page += "| " + code(std::string{which.path}) + " | " + code(environment_name(which.path)) + " | " + kind_of(which) +
          " | " + code(default_of(which)) + " | " + range_of(which) + " | " + std::string{which.help} + " |\n";
}

void append_rows(std::string& page, bool with_effect) {
  page += "| key | environment | type | default | range | meaning |\n|---|---|---|---|---|---|\n";
  for (const option& each : all_options()) {
    if (has_effect(each) == with_effect) append_row(page, each);
  }
}

/// "a b c .." in lines of at most `width`, each after `prefix`.
std::string wrapped(std::string_view text, std::size_t width, const std::string& prefix) {
  std::string lines;
  while (!text.empty()) {
    auto end = text.size() <= width ? text.size() : text.rfind(' ', width);
    if (end == std::string_view::npos) end = text.size();
    lines += prefix + std::string{text.substr(0, end)} + "\n";
    text = end == text.size() ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

std::string yaml_value(const option& which) {
  const std::string value = default_of(which);
  const bool is_text = std::holds_alternative<std::string config::*>(which.field);
  if (value.empty() || (is_text && value.find_first_of("{}[],:#") != std::string::npos)) return "'" + value + "'";
  return value;
}

}  // namespace

std::string configuration_markdown() {
  std::string page =
      "# Configuration\n\n"
      "Made from `app/options.cpp` by `treaty-docs`; a test fails when it is stale. Do not edit.\n\n"
      "`treatyd` takes a YAML file (`-c FILE`) with DTM's keys and ours, and the environment. A key in the file wins "
      "over\n"
      "the environment, and that over the default. An empty variable counts as not set. There is no implicit file.\n\n"
      "* A name with a dot stands in a section: `Store.Path` is `Path` under `Store`.\n"
      "* Durations are plain numbers of seconds, as in DTM, or numbers with a unit: `500ms`, `10s`, `5m`, `1h`, `7d`.\n"
      "* Sizes are numbers of bytes, or numbers with a unit: `64KiB`, `512MiB`, `2GiB`.\n"
      "* Unknown keys are reported with their line and the nearest known key, and ignored. A wrong type or a value out "
      "of\n"
      "  range is an error with its line; numbers in quotes are taken, with a warning.\n"
      "* All options are read once, at start. `treatyd --check-config -c FILE` shows what would be used, and from "
      "where.\n"
      "* Passwords, and credentials inside addresses, are never logged or printed.\n\n"
      "## Options\n\n";
  append_rows(page, true);
  page +=
      "\n## Accepted for the sake of existing files\n\n"
      "These keys of DTM are known, so that its files start without a warning, and have no effect.\n\n";
  append_rows(page, false);
  return page;
}

std::string sample_yaml() {
  std::string file =
      "# Every option with its default. Made from app/options.cpp by treaty-docs; docs/configuration.md says more.\n"
      "# Uncomment what you change.\n";
  std::string section;
  for (const option& each : all_options()) {
    if (!has_effect(each)) continue;
    const auto dot = each.path.find('.');
    const std::string here{dot == std::string_view::npos ? std::string_view{} : each.path.substr(0, dot)};
    if (here != section && !here.empty()) file += "\n#" + here + ":\n";
    if (here != section && here.empty()) file += "\n";
    section = here;
    const std::string indent = here.empty() ? "#" : "#  ";
    const std::string name{here.empty() ? each.path : each.path.substr(dot + 1)};
    file += wrapped(each.help, 110, indent + "# ") + indent + name + ": " + yaml_value(each) + "\n";
  }
  return file;
}

std::string options_help() {
  std::string text;
  for (const option& each : all_options()) {
    if (!has_effect(each)) continue;
    text += "  " + std::string{each.path} + ", " + environment_name(each.path);
    const std::string standard = default_of(each);
    text += standard.empty() ? "\n" : " (" + standard + ")\n";
    text += wrapped(each.help, 100, "      ");
  }
  return text;
}

}  // namespace treaty
