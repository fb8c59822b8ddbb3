#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace treaty::client {

/// How the coordinator is to treat one transaction. What is left as it is here is not sent: the coordinator's own
/// configuration decides.
struct transaction_options {
  bool wait_result = false;                 // submit answers when the transaction has ended
  std::chrono::seconds timeout_to_fail{0};  // then an unfinished transaction is undone, where its type can be
  std::chrono::seconds request_timeout{0};  // limit of one call of a branch, and of one call of the coordinator
  std::chrono::seconds retry_interval{0};   // first wait before a call with an unknown outcome is repeated
  std::map<std::string, std::string> branch_headers{};  // added to every call of a branch
  std::int64_t retry_limit = 0;                         // saga: calls that may fail before it is undone; 0: no limit
  bool concurrent = false;                              // saga and message (over HTTP): all branches at once

  // Understood by Treaty, unknown to DTM; docs/protocol.md, "Treaty's own additions".
  std::chrono::seconds retry_interval_max{0};
  std::optional<double> retry_growth{};
  std::optional<double> retry_jitter{};
  std::string notify_url{};
};

}  // namespace treaty::client
