#include "net/outcome.hpp"

#include <algorithm>
#include <array>

#include "net/grpc_codes.hpp"

namespace treaty {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

// The length of the character at the front; 0: these bytes are no character (overlong, a surrogate, too large, cut).
std::size_t character_length(std::string_view text) {
  const auto at = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!is_continuation(at(i))) return 0;
  if (lead == 0xE0 && at(1) < 0xA0) return 0;
  if (lead == 0xED && at(1) > 0x9F) return 0;
  if (lead == 0xF0 && at(1) < 0x90) return 0;
  if (lead == 0xF4 && at(1) > 0x8F) return 0;
  return length;
}

constexpr std::array<std::string_view, 17> grpc_code_names{
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

std::string describe_grpc(int code, std::string_view message) {
  const auto index = static_cast<std::size_t>(code);
  std::string text = "rpc error: code = ";
  if (code >= 0 && index < grpc_code_names.size()) {
    text += grpc_code_names[index];
  } else {
    text += "Code(" + std::to_string(code) + ")";
  }
  text += " desc = ";
  text += message;
  return text;
}

}  // namespace

std::string reply_detail(std::string_view said, std::size_t bytes_max) {
  std::string text;
  text.reserve(std::min(said.size(), bytes_max));
  while (!said.empty()) {
    const std::size_t length = character_length(said);
    const std::string_view next = length == 0 ? replacement : said.substr(0, length);
    if (text.size() + next.size() > bytes_max) break;
    text += next;
    said.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

branch_reply judge_http(int status, std::string_view body) {
  if (status == 425 || body.find("ONGOING") != std::string_view::npos)
    return {call_outcome::ongoing, reply_detail(body)};
  if (status == 409 || body.find("FAILURE") != std::string_view::npos)
    return {call_outcome::failure, reply_detail(body)};
  if (status == 200) return {call_outcome::success, {}};
  if (body.empty()) return unknown_outcome("HTTP status " + std::to_string(status) + " with an empty body");
  return unknown_outcome(body);
}

branch_reply judge_grpc(int code, std::string_view message) {
  if (code == grpc_ok) return {call_outcome::success, {}};
  if (code == grpc_aborted && message == "ONGOING") return {call_outcome::ongoing, reply_detail(message)};
  if (code == grpc_aborted) return {call_outcome::failure, reply_detail(message)};
  if (code == grpc_failed_precondition) return {call_outcome::ongoing, reply_detail(message)};
  return unknown_outcome(describe_grpc(code, message));
}

branch_reply unknown_outcome(std::string_view why) {
  return {call_outcome::unknown, reply_detail(why)};
}

branch_reply uncalled_outcome(std::string_view why) {
  return {call_outcome::unknown, reply_detail(why), /*was_called=*/false};
}

}  // namespace treaty
