#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/model/status.hpp"

namespace treaty {

// The audit trail of one transaction. All enums are stored: never renumber.

enum class history_kind : std::uint8_t {
  called = 1,  // a branch was called and its answer taken: leg, outcome, took, text (the answer's first bytes)
  asked,       // the application was asked at query_prepared: outcome, took, text
  registered,  // a client added a branch: leg
  decided,     // the status changed: from, to, text (the reason)
  operated,    // an operator stepped in: action, leg (skip), actor, text (the reason that was given)
};
inline constexpr std::size_t history_kinds = 5;

enum class operator_action : std::uint8_t { force_stop = 1, retry, skip };
inline constexpr std::size_t operator_actions = 3;

/// Who steps in, and why, in an operator's own words. Both may be empty.
struct operator_note {
  std::string actor;
  std::string reason;
  bool operator==(const operator_note&) const = default;
};

/// One thing that happened. What a kind does not name keeps its default.
struct history_entry {
  time_point at{};
  history_kind kind = history_kind::called;
  operator_action action = operator_action::force_stop;
  call_outcome outcome = call_outcome::unknown;
  txn_status from = txn_status::prepared;
  txn_status to = txn_status::prepared;
  std::uint32_t leg = 0;
  duration took{0};
  std::string actor{};
  std::string text{};  // at most `history_text_bytes_max`
  bool operator==(const history_entry&) const = default;
};

/// What happened between two durable writes; stored with the later one.
struct history_page {
  std::uint32_t number = 0;    // counts the pages of the transaction, from 0
  std::uint32_t slot = 0;      // where it is kept; an older page may have been there
  std::uint32_t left_out = 0;  // entries that did not fit
  std::vector<history_entry> entries;
  bool operator==(const history_page&) const = default;
};

inline constexpr std::size_t history_text_bytes_max = 256;
inline constexpr std::size_t history_actor_bytes_max = 128;
inline constexpr std::size_t history_entries_a_page = 64;

/// Where page `number` is kept when a transaction may have `pages_max`: the first quarter stays for good, the newest
/// take turns in the rest. Precondition: pages_max > 0.
constexpr std::uint32_t history_slot(std::uint32_t number, std::uint32_t pages_max) {
  const std::uint32_t kept_for_good = pages_max / 4;
  if (number < kept_for_good) return number;
  return kept_for_good + (number - kept_for_good) % (pages_max - kept_for_good);
}

std::string_view to_string(history_kind kind);
std::string_view to_string(operator_action action);

}  // namespace treaty
