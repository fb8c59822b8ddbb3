#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/transition.hpp"

namespace treaty {

// One leg at a time, the same for every transaction type.

/// The leg of this branch and operation.
std::optional<std::size_t> find_leg(const txn_record& record, const branch_id& id, std::string_view op);

/// Notes a leg's definite answer.
void settle(txn_state& state, std::size_t leg_index, leg_status status, const context& ctx);

/// Neither settled nor in flight nor waiting for its time?
bool may_start(const txn_state& state, std::size_t leg_index, const context& ctx);

/// Calls the leg, or takes its empty URL for a success. Returns true when it is settled at once.
bool start_leg(transition& out, std::size_t leg_index, const context& ctx);

/// Takes an answer off the flight list; false: nothing was in flight, it is repeated or late.
bool land(txn_state& state, std::size_t leg_index);

/// An operator takes a branch operation for done. Only one that is owed now and was called before: what was never tried
/// cannot be known to be in the way. Refuses by name and answers the operator. True: it was skipped; a call of it that
/// is in flight is awaited, and changes nothing.
bool skip_leg(transition& out, const skip_requested& e, const context& ctx);
/// Of a leg whose answer has just landed: did an operator settle it meanwhile?
bool was_skipped(const txn_state& state, std::size_t leg_index);

/// The moment for which this leg waits, or `soonest` if that is earlier; `soonest` when it waits for none.
std::optional<time_point> earlier_wait(const txn_state& state, std::size_t leg_index,
                                       std::optional<time_point> soonest);

/// Adds one leg for each branch, in order. Precondition: one leg for each branch until now.
void append_branches(transition& out, const std::vector<std::shared_ptr<const registered_branch>>& branches,
                     const context& ctx);

/// Why these branches cannot be registered: nothing is prepared, it is of another type, one is there already, or there
/// would be too many. Unset: they can.
std::optional<answer> refusal_of(const txn_state& state, const register_requested& e);

}  // namespace treaty
