#pragma once

#include <memory>

#include "core/model/definition.hpp"
#include "core/topics/topic.hpp"

namespace treaty {

/// What an expanded message may hold in payloads: a payload is repeated for each subscriber.
inline constexpr std::size_t expanded_bytes_max = 64u << 20;

/// Is this a message with a step for a topic?
bool names_topic(const txn_definition& definition);

/// The message with each step `topic://T` replaced by one step for each subscriber of T, in the order of their
/// subscription, with the same payload. Branch ids keep the number of the request's step: `02-01`, `02-02` for several
/// subscribers, `02` for a single one.
/// Errors: not_found (`topic not found`: unknown or without subscribers); invalid_argument (more than steps_max steps,
///         or expanded_bytes_max).
result<std::shared_ptr<const txn_definition>> expand_topics(const txn_definition& definition, const topic_map& topics);

}  // namespace treaty
