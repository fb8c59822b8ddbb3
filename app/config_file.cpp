#include "app/config_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "app/lower.hpp"
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
  const std::size_t index = place_of(which);
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

/// Whether what begins at `at` with a quote has its closing one. yaml-cpp takes the end of the file for it.
bool is_closed(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 == text.size() || text[at + 1] != quote) return true;
      ++at;  // two are one
    }
  }
  return false;
}

/// A quote that nobody closes swallows all the options behind it, which would then silently be the defaults.
class quote_check {
public:
  quote_check(std::string_view text, config_reading& reading) : text_{text}, reading_{reading} {}

  void look(const YAML::Node& node) {
    // Aliases lead to a node many times, or back to one that leads to them.
    if (!seen_.insert({node.Mark().pos, node.Type()}).second) return;
    if (node.IsScalar()) return look_at_text(node);
    for (const auto& entry : node) {
      if (node.IsSequence()) {
        look(entry);
      } else {
        look(entry.first);
        look(entry.second);
      }
    }
  }

private:
  void look_at_text(const YAML::Node& node) {
    const auto at = static_cast<std::size_t>(std::max(node.Mark().pos, 0));
    const bool is_quoted = node.Tag() == "!" && at < text_.size() && (text_[at] == '"' || text_[at] == '\'');
    if (is_quoted && !is_closed(text_, at)) complain(reading_, node.Mark(), "a quote begins here that is never closed");
  }

  const std::string_view text_;
  config_reading& reading_;
  std::set<std::pair<int, YAML::NodeType::value>> seen_;  // where they begin
};

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
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string{yaml});
    if (documents.empty()) return;
    if (documents.size() > 1) warn(reading, documents[1].Mark(), "what follows the line '---' is ignored");
    const YAML::Node& document = documents.front();
    if (document.IsNull()) return;
    if (!document.IsMap()) {
      complain(reading, document.Mark(), "the file must be a map of options");
      return;
    }
    const std::size_t complaints = reading.errors.size();
    quote_check{yaml, reading}.look(document);
    if (reading.errors.size() == complaints) read_map(document, "", reading);
  } catch (const YAML::Exception& why) {
    complain(reading, why.mark, "not YAML: " + why.msg);
  }
}

}  // namespace treaty
