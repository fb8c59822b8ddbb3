#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "storage/store.hpp"

namespace treaty::kit {

/// A moment that is `ms` milliseconds after an arbitrary fixed one, so that tests read as small numbers.
inline time_point moment(std::int64_t ms) {
  return time_point{std::chrono::seconds{1'700'000'000}} + std::chrono::milliseconds{ms};
}

/// A submitted saga of `steps` steps, each with a payload of `payload_bytes`.
std::shared_ptr<const txn_definition> make_saga(std::string gid_text, std::size_t steps, std::size_t payload_bytes,
                                                time_point created);
std::shared_ptr<const registered_branch> make_branch(std::string id, std::string payload = "{}");

/// The first write of a transaction; due a second after its creation.
write_set creation(std::shared_ptr<const txn_definition> definition, record_id row);
/// The write that follows `last` and changes nothing but revision and update time.
write_set following(const write_set& last);
/// The write that follows `last` and ends the transaction.
write_set finishing(const write_set& last, txn_status status, time_point end);

/// The record that a store holds after `sets`, which are all of one gid and in order.
txn_record after_all(const std::vector<write_set>& sets);

}  // namespace treaty::kit
