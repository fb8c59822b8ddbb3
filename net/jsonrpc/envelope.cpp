#include "net/jsonrpc/envelope.hpp"

#include <nlohmann/json.hpp>

#include "net/outcome.hpp"

namespace treaty {
namespace {

using nlohmann::json;
constexpr std::string_view blanks = " \t\r\n";
constexpr double failure_code = -32901;
constexpr double ongoing_code = -32902;

std::string json_text_of(std::string_view text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

/// A zero byte can stand nowhere in JSON, but the library takes it for the end and does not look at what follows.
bool has_zero_byte(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string message_of(const json& error, std::string_view body) {
  const auto message = error.find("message");
  return reply_detail(message != error.end() && message->is_string() ? message->get_ref<const std::string&>() : body);
}

branch_reply judge_error(const json& error, std::string_view body) {
  if (!error.is_object()) return unknown_outcome(body);
  const auto code = error.find("code");
  if (code == error.end() || !code->is_number()) return unknown_outcome(body);
  const double number = code->get<double>();
  if (number == failure_code) return {call_outcome::failure, message_of(error, body)};
  if (number == ongoing_code) return {call_outcome::ongoing, message_of(error, body)};
  return unknown_outcome(body);
}

}  // namespace

result<std::string> json_rpc_request(const branch_call& call, std::string_view method, std::string_view id) {
  std::string_view params = trimmed(call.payload);
  if (params.empty()) params = "{}";
  if (params.front() != '{' || has_zero_byte(params) || !json::accept(params))
    return failure{errc::invalid_argument, "the payload of a JSON-RPC call must be a JSON object"};
  params.remove_suffix(1);
  const bool has_members = !trimmed(params.substr(1)).empty();
  std::string out =
      R"({"id":)" + json_text_of(id) + R"(,"jsonrpc":"2.0","method":)" + json_text_of(method) + R"(,"params":)";
  out += params;
  out += has_members ? R"(,"branch_id":)" : R"("branch_id":)";
  out += json_text_of(call.id.value);
  out += R"(,"gid":)" + json_text_of(call.gid) + R"(,"op":)" + json_text_of(call.op);
  out += R"(,"trans_type":)" + json_text_of(to_string(call.type)) + "}}";
  return out;
}

branch_reply judge_json_rpc(int status, std::string_view body) {
  branch_reply by_http = judge_http(status, body);
  if (by_http.outcome != call_outcome::success) return by_http;
  const json answer = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || has_zero_byte(body))
    return unknown_outcome("not a JSON-RPC answer: " + std::string{body.substr(0, 512)});
  const auto error = answer.find("error");
  if (error == answer.end() || error->is_null()) return by_http;
  return judge_error(*error, body);
}

}  // namespace treaty
