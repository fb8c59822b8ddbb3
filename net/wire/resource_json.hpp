#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/answer.hpp"
#include "core/base/result.hpp"
#include "core/model/record.hpp"
#include "net/ingress.hpp"

namespace treaty {

// The answers of our own API (docs/api.md; the schemas stand in admin/openapi.json). Members are always there: a moment
// or an option that is not set is null, a text that says nothing is "".

/// Of one branch's payload, and of all payloads of one answer. What is cut off shows in `payload_bytes`.
inline constexpr std::size_t shown_payload_bytes_max = 4'096;
inline constexpr std::size_t shown_payloads_bytes_max = 1u << 20;

/// One transaction with everything that is known of it.
std::string transaction_resource(const txn_record& record);
/// `{"finished":..,"transaction":{..}}`
std::string outcome_resource(const txn_record& record);
/// What happened to it, first thing first, and how much is not kept any more.
std::string history_resource(const txn_history& history);

/// A page of summaries, record after record.
class page_text {
public:
  /// Returns how long the text is by now.
  std::size_t add(const txn_record& record);
  /// An empty cursor is the end. Nothing comes after it.
  std::string finish(std::string_view next_cursor) &&;

private:
  std::string out_ = R"({"transactions":[)";
  bool first_ = true;
};

struct retried_many {
  std::size_t retried = 0;
  std::size_t refused = 0;
  std::string next_cursor{};  // empty: everything that matches was looked at
};
std::string retried_resource(const retried_many& done);

/// Every refusal of this API has one of these.
enum class api_error : std::uint8_t {
  not_found = 1,
  invalid_argument,
  method_not_allowed,
  conflict,
  overloaded,
  unavailable,
  internal
};
int http_status(api_error code);
api_error error_of(errc code);
/// Of an answer that is not ok.
api_error error_of(answer_kind kind);
/// `{"error":{"code":"..","message":".."}}`
std::string error_resource(api_error code, std::string_view message);

}  // namespace treaty
