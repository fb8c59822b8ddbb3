#include "app/config_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <set>

#include "app/options.hpp"

namespace treaty {
namespace {

std::string at_line(const config_reading& reading, const YAML::Mark& mark) {
  return reading.name + ":" + std::to_string(mark.line + 1) + ": ";
}

void warn(config_reading& reading, const YAML::Mark& where, const std::string& text) {
  reading.into.notices.push_back({notice_kind::warning, at_line(reading, where) + text});
}

void complain(config_reading& reading, const YAML::Mark& where, const std::string& text) {
  reading.errors.push_back(at_line(reading, where) + text);
}

bool is_section(const std::string& path) {
  return std::any_of(all_options().begin(), all_options().end(),
                     [&](const option& each) { return each.path.starts_with(path + "."); });
}

/// DTM takes an integer in quotes for an error, yet its sample file quotes one. The meaning is clear.
void note_quotes(const option& which, const YAML::Node& value, config_reading& reading) {
  const bool is_text = std::holds_alternative<std::string config::*>(which.field);
  if (!is_text && value.Tag() == "!") {
    warn(reading, value.Mark(),
         std::string{which.path} + " is " + std::string{type_name(which)} + " in quotes; read as " + value.Scalar());
  }
}

void read_option(const option& which, const YAML::Node& value, config_reading& reading) {
  if (value.IsNull()) return;  // "Host:" with nothing behind it
  const auto index = static_cast<std::size_t>(&which - all_options().data());
  if (!has_effect(which)) {
    reading.into.notices.push_back({notice_kind::info, at_line(reading, value.Mark()) + std::string{which.path} +
                                                           " has no effect. " + std::string{which.help}});
    reading.into.sources[index] = "line " + std::to_string(value.Mark().line + 1);
    return;
  }
  if (!value.IsScalar()) {
    complain(reading, value.Mark(),
             std::string{which.path} + " must be " + std::string{type_name(which)} + ", not a " +
                 (value.IsMap() ? "map" : "list"));
    return;
  }
  note_quotes(which, value, reading);
  if (auto done = assign(which, value.Scalar(), reading.into.values); !done) {
    complain(reading, value.Mark(), done.error().detail);
    return;
  }
  reading.into.sources[index] = "line " + std::to_string(value.Mark().line + 1);
}

void report_unknown(const std::string& path, const YAML::Mark& where, config_reading& reading) {
  const std::string_view nearest = nearest_option(path);
  warn(reading, where,
       "unknown option " + path + " is ignored" +
           (nearest.empty() ? "" : "; did you mean " + std::string{nearest} + "?"));
}

void read_map(const YAML::Node& map, const std::string& prefix, config_reading& reading) {
  std::set<std::string> seen;
  for (const auto& entry : map) {
    if (!entry.first.IsScalar()) {
      complain(reading, entry.first.Mark(), "a key must be a word");
      continue;
    }
    const std::string path = prefix + entry.first.Scalar();
    if (!seen.insert(path).second) complain(reading, entry.first.Mark(), path + " is set twice");
    if (const option* const which = find_option(path)) {
      read_option(*which, entry.second, reading);
    } else if (!is_section(path)) {
      report_unknown(path, entry.first.Mark(), reading);
    } else if (entry.second.IsMap()) {
      read_map(entry.second, path + ".", reading);
    } else if (!entry.second.IsNull()) {
      complain(reading, entry.second.Mark(), path + " must be a map of options");
    }
  }
}

std::string lower(std::string_view text) {
  std::string lowered{text};
  for (char& letter : lowered) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return lowered;
}

/// How many letters must be added, removed or replaced to make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest_option(std::string_view path) {
  const std::string wanted = lower(path.substr(0, 64));
  const std::string last_word = wanted.substr(wanted.rfind('.') + 1);
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  for (const option& each : all_options()) {
    const std::string candidate = lower(each.path);
    std::size_t distance = edit_distance(wanted, candidate);
    if (candidate.substr(candidate.rfind('.') + 1) == last_word) distance = std::min<std::size_t>(distance, 1);
    if (distance < best) {
      best = distance;
      nearest = each.path;
    }
  }
  return nearest;
}

void read_config_yaml(std::string_view yaml, config_reading& reading) {
  try {  // yaml-cpp throws on what is not YAML
    const YAML::Node document = YAML::Load(std::string{yaml});
    if (document.IsNull()) return;
    if (!document.IsMap()) {
      complain(reading, document.Mark(), "the file must be a map of options");
      return;
    }
    read_map(document, "", reading);
  } catch (const YAML::Exception& why) {
    complain(reading, why.mark, "not YAML: " + why.msg);
  }
}

}  // namespace treaty
