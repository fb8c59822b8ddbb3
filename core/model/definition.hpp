#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/model/ids.hpp"
#include "core/model/status.hpp"

namespace treaty {

/// Of one transaction. More would make each decision, which looks at all of them, a pause for the others.
inline constexpr std::size_t steps_max = 10'000;
/// The same for what clients register: a tcc or xa branch makes two rows.
inline constexpr std::size_t registered_rows_max = 2 * steps_max;
inline constexpr std::size_t registered_bytes_max = 64u << 20;  // of the payloads of those

/// One step of a saga (action, compensate) or of a message (action). An empty URL is a success without a call.
struct step {
  std::string action;
  std::string compensate;
  /// Only where a topic with several subscribers made several steps of one; else the step's number says it.
  branch_id id{};
  std::chrono::seconds request_timeout{0};  // of its calls; 0: the transaction's
  bool operator==(const step&) const = default;
};

/// The options group of a request (docs/protocol.md, "The transaction body"). Zero means the server's default.
struct txn_options {
  bool wait_result = false;
  std::chrono::seconds timeout_to_fail{0};
  std::chrono::seconds request_timeout{0};
  std::chrono::seconds retry_interval{0};
  std::map<std::string, std::string> branch_headers{};
  bool concurrent = false;  // msg only; a saga's comes from its custom_data
  std::int64_t retry_limit = 0;
  std::int64_t retry_count = 0;
  // Treaty's own: no client of DTM sends them.
  std::chrono::seconds retry_interval_max{0};           // where the growth of waits ends
  std::uint32_t retry_growth_percent = 0;               // of a wait to the next; 200 doubles it; at least 100
  std::optional<std::uint32_t> retry_jitter_percent{};  // waits are lengthened by up to this share
  std::string notify_url{};                             // told of the end
  bool operator==(const txn_options&) const = default;
};

/// What a saga's custom_data says. `orders[i]` lists the steps whose actions must succeed before step i's starts.
struct saga_plan {
  bool concurrent = false;
  std::map<std::uint32_t, std::vector<std::uint32_t>> orders;
  bool operator==(const saga_plan&) const = default;
};

/// What a workflow's custom_data says.
struct workflow_plan {
  std::string name;
  std::string data;  // decoded
  bool operator==(const workflow_plan&) const = default;
};

/// What never changes after submit: large, written once, shared and never copied on the way.
struct txn_definition {
  treaty::gid gid;
  trans_type type = trans_type::saga;
  branch_protocol protocol = branch_protocol::http;
  std::vector<step> steps;
  std::vector<std::string> payloads;  // raw bytes; saga, msg: at least one for each step
  std::string query_prepared;
  std::string custom_data;  // as the client wrote it, byte for byte
  // Parsed from custom_data at the door; empty for other types.
  saga_plan saga;
  workflow_plan workflow;
  std::chrono::seconds delay{0};  // msg: between submit and the first call
  txn_options options;
  time_point create_time{};  // set by the machine when it accepts the transaction
  bool operator==(const txn_definition&) const = default;
};

}  // namespace treaty
