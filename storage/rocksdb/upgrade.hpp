#pragma once

#include "core/base/result.hpp"
#include "storage/rocksdb/database.hpp"

namespace treaty {

/// Takes over the list entries of a store of the formats 1 and 2, whose timeline holds all of them in one order, into
/// `open`, `ended` and `gids` (docs/decisions/0011-lists-by-class.md). Once, before anything else is done with it.
///
/// Raises the store's format first, so that no older build mistakes a part for the whole; then each batch adds entries
/// and removes those it has read. One that is cut off goes on where it was. What cannot be read stays where it is, and
/// the log says so.
/// Errors: unavailable. Blocks: up to 20 us for each transaction.
result<void> upgrade(database& db);

}  // namespace treaty
