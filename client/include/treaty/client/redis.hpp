#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "treaty/client/barrier.hpp"

struct redisContext;

namespace treaty::client {

/// The barrier over Redis, for business that is a number in a key: adds `amount`, which may be negative, to what is at
/// `key`, unless this call must not happen (see `barrier`). One script does all of it. The barrier's own keys, one for
/// each call, go after `lifetime`, which must be longer than any repetition may come late; those of other languages'
/// barriers are the same. In a cluster `key` and the keys made of the gid need one hash tag.
/// Errors: refused, when there is no such key, or it would go below 0; duplicated, for a message that was sent before;
///         unknown, of the connection.
result<void> add_behind_barrier(barrier& guard, redisContext* connection, const std::string& key, std::int64_t amount,
                                std::chrono::seconds lifetime = std::chrono::hours{24 * 7});

/// Whether the sender of a message did its business behind this barrier; if not by now, it never will.
/// The answer to the coordinator's question: success, or refused.
result<void> query_prepared(const barrier& guard, redisContext* connection,
                            std::chrono::seconds lifetime = std::chrono::hours{24 * 7});

}  // namespace treaty::client
