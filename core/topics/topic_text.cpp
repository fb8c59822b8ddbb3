#include <charconv>

#include "core/topics/topic.hpp"

namespace treaty {
namespace {

// The escapes of Go's encoder, because DTM's clients know the text so.
void append_text(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      (out += '\\') += byte;
    } else if (code < 0x20 || byte == '<' || byte == '>' || byte == '&') {
      out += "\\u00";
      (out += digits[code >> 4]) += digits[code & 15];
    } else {
      out += byte;
    }
  }
  out += '"';
}

/// Takes the text apart from its front. After something unexpected all that follows fails, too.
class text_reader {
public:
  explicit text_reader(std::string_view text) : rest_{text} {}

  bool take(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }

  bool take_text(std::string& into) {
    if (!take("\"")) return false;
    while (!rest_.empty()) {
      const char byte = rest_.front();
      rest_.remove_prefix(1);
      if (byte == '"') return true;
      if (byte != '\\') {
        into += byte;
      } else if (!take_escape(into)) {
        return false;
      }
    }
    return false;
  }

  bool at_end() const { return rest_.empty(); }

private:
  bool take_escape(std::string& into) {
    if (take("\"")) return static_cast<void>(into += '"'), true;
    if (take("\\")) return static_cast<void>(into += '\\'), true;
    if (!take("u00") || rest_.size() < 2) return false;
    unsigned code = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 2, code, 16);
    if (error != std::errc{} || end != rest_.data() + 2 || code > 0x7f) return false;
    into += static_cast<char>(code);
    rest_.remove_prefix(2);
    return true;
  }

  std::string_view rest_;
};

bool take_subscriber(text_reader& from, subscriber& into) {
  return from.take(R"({"url":)") && from.take_text(into.url) && from.take(R"(,"remark":)") &&
         from.take_text(into.remark) && from.take("}");
}

}  // namespace

std::string topic_text(const topic& what) {
  std::string out = "[";
  for (const subscriber& one : what) {
    if (out.size() > 1) out += ',';
    append_text(out += R"({"url":)", one.url);
    append_text(out += R"(,"remark":)", one.remark);
    out += '}';
  }
  return out += ']';
}

result<topic> parse_topic_text(std::string_view text) {
  const failure corrupt{errc::corrupt, "is not a list of subscribers: " + std::string{text.substr(0, 100)}};
  text_reader from{text};
  topic out;
  if (!from.take("[")) return corrupt;
  while (!from.take("]")) {
    if (!out.empty() && !from.take(",")) return corrupt;
    if (!take_subscriber(from, out.emplace_back())) return corrupt;
  }
  if (!from.at_end()) return corrupt;
  return out;
}

}  // namespace treaty
