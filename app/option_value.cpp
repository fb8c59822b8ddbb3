#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "app/lower.hpp"
#include "app/options.hpp"

namespace treaty {
namespace {

struct scale {
  std::string_view suffix;
  std::int64_t factor;
};
constexpr std::array time_scales{scale{"ms", 1}, scale{"s", 1'000}, scale{"m", 60'000}, scale{"h", 3'600'000},
                                 scale{"d", 86'400'000}};
constexpr std::array byte_scales{scale{"B", 1}, scale{"KiB", 1 << 10}, scale{"MiB", 1 << 20}, scale{"GiB", 1 << 30}};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// An integer and what follows it.
struct split_number {
  std::int64_t number;
  std::string_view suffix;
};
std::optional<split_number> split(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return split_number{number, trimmed(text.substr(static_cast<std::size_t>(end - text.data())))};
}

std::optional<std::int64_t> scaled(std::string_view text, std::int64_t plain, std::span<const scale> scales) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  std::optional<std::int64_t> factor;
  if (parts->suffix.empty()) factor = plain;
  for (const scale& each : scales) {
    if (each.suffix == parts->suffix) factor = each.factor;
  }
  std::int64_t product = 0;
  if (!factor || __builtin_mul_overflow(parts->number, *factor, &product)) return std::nullopt;
  return product;
}

/// "2", "1.5", "0.25"; finer ones are refused, not rounded.
std::optional<std::int64_t> hundredths(std::string_view text) {
  text = trimmed(text);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  if (fraction.size() > 2 || fraction.empty() != (point == text.size())) return std::nullopt;
  if (!std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;
  const auto whole = split(text.substr(0, point));
  std::int64_t product = 0;
  if (!whole || whole->number < 0 || !whole->suffix.empty()) return std::nullopt;
  if (__builtin_mul_overflow(whole->number, std::int64_t{100}, &product)) return std::nullopt;
  if (!fraction.empty()) product += (fraction[0] - '0') * 10;
  if (fraction.size() == 2) product += fraction[1] - '0';
  return product;
}

std::string decimal_text(std::int64_t number) {
  std::string text = std::to_string(number / 100);
  const std::int64_t rest = number % 100;
  if (rest == 0) return text;
  text += "." + std::to_string(rest / 10);
  return rest % 10 == 0 ? text : text + std::to_string(rest % 10);
}

std::string with_largest_scale(std::int64_t number, std::span<const scale> scales) {
  const scale* largest = &scales.front();
  for (const scale& each : scales) {
    if (number != 0 && number % each.factor == 0) largest = &each;
  }
  return std::to_string(number / largest->factor) + std::string{largest->suffix};
}

bool is_choice(std::string_view choices, std::string_view text) {
  while (!choices.empty()) {
    const auto end = choices.find(' ');
    if (choices.substr(0, end) == text) return true;
    choices = end == std::string_view::npos ? std::string_view{} : choices.substr(end + 1);
  }
  return false;
}

failure refused(const option& which, std::string_view text, const std::string& why) {
  const std::string shown = which.shown == secrecy::open ? "'" + std::string{text} + "'" : "the given value";
  return failure{errc::invalid_argument, std::string{which.path} + " must be " + why + ", not " + shown};
}

/// The number that `text` means for an option of this kind, in counts, milliseconds, bytes or hundredths.
struct number_reader {
  const option& which;
  std::string_view text;

  std::optional<std::int64_t> operator()(std::monostate) const { return std::nullopt; }
  std::optional<std::int64_t> operator()(std::string config::*) const { return std::nullopt; }
  std::optional<std::int64_t> operator()(std::int64_t config::*) const { return scaled(text, 1, {}); }
  std::optional<std::int64_t> operator()(config::span config::*) const {
    return scaled(text, which.unit.count(), time_scales);
  }
  std::optional<std::int64_t> operator()(byte_size config::*) const { return scaled(text, 1, byte_scales); }
  std::optional<std::int64_t> operator()(decimal config::*) const { return hundredths(text); }
};

struct number_writer {
  config& to;
  std::int64_t number;

  void operator()(std::monostate) const {}
  void operator()(std::string config::*) const {}
  void operator()(std::int64_t config::*field) const { to.*field = number; }
  void operator()(config::span config::*field) const { to.*field = config::span{number}; }
  void operator()(byte_size config::*field) const { to.*field = byte_size{number}; }
  void operator()(decimal config::*field) const { to.*field = decimal{number}; }
};

std::string range_text(const option& which) {
  const std::string least = render_number(which, which.least);
  if (which.most == std::numeric_limits<std::int64_t>::max()) return "at least " + least;
  return "from " + least + " to " + render_number(which, which.most);
}

/// "etcd://user:word@host/key?password=x" -> "etcd://***@host/key?***".
std::string without_credentials(std::string_view address) {
  std::string shown{address.substr(0, address.find('?'))};
  if (address.find('{') != std::string_view::npos) return "(not shown)";  // a driver's JSON
  const auto scheme = shown.find("://");
  const auto start = scheme == std::string::npos ? 0 : scheme + 3;
  const auto at = shown.rfind('@');
  if (at != std::string::npos && at >= start) shown.replace(start, at - start, "***");
  if (address.find('?') != std::string_view::npos) shown += "?***";
  return shown;
}

/// "https://host/services/secret" -> "https://host/***".
std::string without_path(std::string shown) {
  const auto scheme = shown.find("://");
  const auto slash = shown.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  if (slash != std::string::npos && slash + 1 < shown.size()) shown.replace(slash + 1, std::string::npos, "***");
  return shown;
}

std::string shown_text(const option& which, const std::string& text) {
  switch (which.shown) {
    case secrecy::open:
      return text;
    case secrecy::address:
      return without_credentials(text);
    case secrecy::host:
      return without_path(without_credentials(text));
  }
  return {};
}

struct value_renderer {
  const option& which;
  const config& from;

  std::string operator()(std::monostate) const { return std::string{which.unused_default}; }
  std::string operator()(std::string config::*field) const { return shown_text(which, from.*field); }
  std::string operator()(std::int64_t config::*field) const { return render_number(which, from.*field); }
  std::string operator()(config::span config::*field) const { return render_number(which, (from.*field).count()); }
  std::string operator()(byte_size config::*field) const { return render_number(which, (from.*field).count); }
  std::string operator()(decimal config::*field) const { return render_number(which, (from.*field).hundredths); }
};

}  // namespace

std::string_view type_name(const option& which) {
  if (std::holds_alternative<std::int64_t config::*>(which.field)) return "an integer";
  if (std::holds_alternative<config::span config::*>(which.field)) return "a duration";
  if (std::holds_alternative<byte_size config::*>(which.field)) return "a size in bytes";
  if (std::holds_alternative<decimal config::*>(which.field)) return "a decimal";
  return "a text";
}

result<void> assign(const option& which, std::string_view text, config& to) {
  if (!has_effect(which)) return {};
  if (const auto* field = std::get_if<std::string config::*>(&which.field)) {
    if (which.choices.empty()) {
      to.*(*field) = text;
      return {};
    }
    std::string chosen = lower(text);
    if (!is_choice(which.choices, chosen)) return refused(which, text, "one of " + std::string{which.choices});
    to.*(*field) = std::move(chosen);
    return {};
  }
  const auto number = std::visit(number_reader{which, text}, which.field);
  if (!number) return refused(which, text, std::string{type_name(which)});
  if (*number < which.least || *number > which.most) return refused(which, text, range_text(which));
  std::visit(number_writer{to, *number}, which.field);
  return {};
}

std::string render_number(const option& which, std::int64_t number) {
  if (std::holds_alternative<config::span config::*>(which.field)) {
    return number == 0 ? "0s" : with_largest_scale(number, time_scales);
  }
  if (std::holds_alternative<byte_size config::*>(which.field)) return with_largest_scale(number, byte_scales);
  if (std::holds_alternative<decimal config::*>(which.field)) return decimal_text(number);
  return std::to_string(number);
}

std::string render(const option& which, const config& from) {
  return std::visit(value_renderer{which, from}, which.field);
}

}  // namespace treaty
