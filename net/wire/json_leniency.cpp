#include "net/wire/json_leniency.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace treaty {
namespace {

constexpr std::size_t escape_bytes = 6;  // of \uXXXX
constexpr std::string_view replacement = "\\ufffd";
constexpr std::string_view too_large = "1e300";

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

/// The code unit of the \uXXXX at the front; 0: there is none.
unsigned escaped_unit(std::string_view text) {
  unsigned unit = 0;
  if (text.size() < escape_bytes || !text.starts_with("\\u")) return 0;
  const char* const end = text.data() + escape_bytes;
  return std::from_chars(text.data() + 2, end, unit, 16).ptr == end ? unit : 0;
}

bool is_high(unsigned unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low(unsigned unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

std::size_t digits_at(std::string_view text, std::size_t from) {
  return std::min(text.find_first_not_of("0123456789", from), text.size()) - from;
}

/// The length of the number at the front, by JSON's grammar; 0: there is none.
std::size_t number_length(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits_at(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return 0;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits_at(text, at + 1);
    if (fraction == 0) return 0;
    at += 1 + fraction;
  }
  if (at == text.size() || (text[at] != 'e' && text[at] != 'E')) return at;
  at += at + 1 < text.size() && (text[at + 1] == '+' || text[at + 1] == '-') ? 2 : 1;
  const std::size_t exponent = at < text.size() ? digits_at(text, at) : 0;
  return exponent == 0 ? 0 : at + exponent;
}

template <class Number>
bool is_out_of_range(std::string_view text) {
  Number ignored{};
  return std::from_chars(text.data(), text.data() + text.size(), ignored).ec == std::errc::result_out_of_range;
}

bool is_too_large(std::string_view number) {
  if (number.find_first_of(".eE") != std::string_view::npos) return is_out_of_range<double>(number);
  return number.starts_with('-') ? is_out_of_range<std::int64_t>(number) : is_out_of_range<std::uint64_t>(number);
}

/// Reads one text from its beginning to its end.
class lenient_copy {
public:
  explicit lenient_copy(std::string_view json) : left_{json} { out_.reserve(json.size()); }

  std::optional<std::string> made() && {
    while (!left_.empty()) in_text_ ? text_piece() : piece();
    if (!changed_) return std::nullopt;
    return std::move(out_);
  }

private:
  void take(std::size_t bytes) {
    out_ += left_.substr(0, bytes);
    left_.remove_prefix(std::min(bytes, left_.size()));
  }
  void replace(std::size_t bytes, std::string_view by) {
    out_ += by;
    left_.remove_prefix(bytes);
    changed_ = true;
  }

  void piece() {
    const char first = left_.front();
    if (first == '"') in_text_ = true;
    const std::size_t number = first == '-' || is_digit(first) ? number_length(left_) : 0;
    if (number == 0) return take(first == '-' || is_digit(first) ? std::max<std::size_t>(digits_at(left_, 0), 1) : 1);
    is_too_large(left_.substr(0, number)) ? replace(number, too_large) : take(number);
  }

  void text_piece() {
    if (left_.front() == '"') in_text_ = false;
    if (left_.front() != '\\')
      return take(std::max<std::size_t>(std::min(left_.find_first_of("\\\""), left_.size()), 1));
    const unsigned unit = escaped_unit(left_);
    if (is_high(unit) && is_low(escaped_unit(left_.substr(escape_bytes)))) return take(2 * escape_bytes);
    if (is_high(unit) || is_low(unit)) return replace(escape_bytes, replacement);
    take(2);
  }

  std::string_view left_;
  std::string out_;
  bool in_text_ = false;
  bool changed_ = false;
};

}  // namespace

std::optional<std::string> as_go_reads(std::string_view json) {
  return lenient_copy{json}.made();
}

}  // namespace treaty
