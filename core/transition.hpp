#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "core/effect.hpp"
#include "core/event.hpp"
#include "core/model/record.hpp"
#include "core/retry.hpp"

namespace treaty {

/// A transaction in memory: what is stored, and what only this life knows.
struct txn_state {
  treaty::gid gid;
  txn_record record;                    // record.definition is null until the transaction exists
  std::vector<std::uint8_t> in_flight;  // for each leg: 1 while an answer is awaited
  bool watch_in_flight = false;
  std::vector<client_token> abort_waiters;  // aborts that are answered when all is undone
  std::vector<client_token> waiters;        // requests that are answered when nothing more can be done for now

  bool exists() const { return record.definition != nullptr; }
};

/// What the server decides for all transactions.
struct server_policy {
  retry_policy retry{};
  std::chrono::seconds timeout_to_fail{35};  // for types other than saga that name none
  std::int64_t retry_limit = 0;              // for sagas that name none, as they begin; 0: none
  std::uint32_t stuck_after = 3;             // failures in a row of one call
  std::uint32_t alert_after = 0;             // the same, for the alert web-hook; 0: nobody is told
  std::uint32_t history_pages_max = 0;       // of each transaction; 0: none are kept
};

/// What a decision may look at besides the state and the event.
struct context {
  time_point now;
  server_policy policy;
};

/// How soon a decision must be durable. `now`: its effects rest on it and are held back until it is. `soon`: it may
/// ride on a later write; the worst case is that a call is repeated.
enum class urgency : std::uint8_t { none = 0, soon, now };

struct transition {
  txn_state next;
  effects orders;
  urgency write = urgency::none;

  void must_write(urgency at_least) {
    if (at_least > write) write = at_least;
  }
};

}  // namespace treaty
