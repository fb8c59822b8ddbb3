#include "bench/load/forms.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <utility>

#include "bench/load/call_rules.hpp"

namespace treaty::load {
namespace {

constexpr std::array<std::pair<mode, std::string_view>, 4> mode_names{
    {{mode::saga, "saga"}, {mode::message, "message"}, {mode::tcc, "tcc"}, {mode::workflow, "workflow"}}};

bool read_number(std::string_view text, std::size_t& to) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), to);
  return end.ec == std::errc{} && end.ptr == text.data() + text.size();
}

/// What stands in front of `separator`, which is taken away with it.
std::string_view take_word(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

bool apply(std::string_view word, transaction_form& to) {
  if (word == "rollback") {
    to.outcome = outcome::rollback;
  } else if (word == "concurrent") {
    to.order = branch_order::concurrent;
  } else if (word == "wait") {
    to.wait_result = true;
  } else {
    return read_number(word, to.branches) && to.branches >= 1 && to.branches <= branches_max;
  }
  return true;
}

std::size_t usual_branches(mode of) {
  return of == mode::message ? 1 : 2;
}

std::optional<mixed_form> parse_part(std::string_view text) {
  mixed_form part;
  std::string_view name = take_word(text, ':');
  if (name.ends_with('-')) return std::nullopt;
  std::size_t weight = 1;
  if (!text.empty() && (!read_number(text, weight) || weight == 0 || weight > 1'000)) return std::nullopt;
  part.weight = static_cast<unsigned>(weight);
  const auto of = mode_named(take_word(name, '-'));
  if (!of) return std::nullopt;
  part.form.of = *of;
  while (!name.empty())
    if (!apply(take_word(name, '-'), part.form)) return std::nullopt;
  if (complaint_about(part.form)) return std::nullopt;
  part.form.branches = branches_of(part.form);
  return part;
}

}  // namespace

std::string_view name_of(mode of) {
  for (const auto& [one, name] : mode_names)
    if (one == of) return name;
  return "";
}

std::optional<mode> mode_named(std::string_view name) {
  for (const auto& [one, known] : mode_names)
    if (known == name) return one;
  return std::nullopt;
}

std::size_t branches_of(const transaction_form& form) {
  return form.branches != 0 ? form.branches : usual_branches(form.of);
}

std::string name_of(const transaction_form& form) {
  std::string name{name_of(form.of)};
  if (branches_of(form) != usual_branches(form.of)) name += "-" + std::to_string(form.branches);
  if (form.order == branch_order::concurrent) name += "-concurrent";
  if (form.outcome == outcome::rollback) name += "-rollback";
  if (form.wait_result) name += "-wait";
  return name;
}

std::optional<std::string> complaint_about(const transaction_form& form) {
  if (form.order == branch_order::concurrent && form.of != mode::saga) return "only sagas can be concurrent";
  if (form.outcome == outcome::rollback && form.of != mode::saga && form.of != mode::tcc)
    return "only sagas and tcc can be rolled back";
  if (form.wait_result && form.of == mode::workflow) return "the client of a workflow knows its end: it does not wait";
  return std::nullopt;
}

std::optional<std::vector<mixed_form>> parse_mix(std::string_view text) {
  std::vector<mixed_form> mix;
  while (!text.empty()) {
    auto part = parse_part(take_word(text, ','));
    if (!part) return std::nullopt;
    mix.push_back(*part);
  }
  if (mix.empty()) return std::nullopt;
  return mix;
}

turns::turns(std::vector<unsigned> weights)
    : weights_{std::move(weights)},
      credits_(weights_.size()),
      sum_{std::accumulate(weights_.begin(), weights_.end(), std::int64_t{0})} {}

std::size_t turns::next() {
  if (weights_.size() == 1) return 0;
  for (std::size_t i = 0; i < weights_.size(); ++i) credits_[i] += weights_[i];
  const auto richest = std::max_element(credits_.begin(), credits_.end());
  *richest -= sum_;
  return static_cast<std::size_t>(richest - credits_.begin());
}

}  // namespace treaty::load
