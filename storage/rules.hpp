#pragma once

#include "core/base/result.hpp"
#include "storage/codec.hpp"
#include "storage/store.hpp"

namespace treaty {

// What every store answers alike, whatever it keeps its records in.

/// How many timeline entries one call of `list` or `expire` looks at, whatever the filter.
inline constexpr std::size_t entries_per_call_max = 50'000;
/// How many records one call of `list` loads and then leaves out, because only the record says where it calls.
inline constexpr std::size_t records_in_vain_max = 1'000;

/// Can this set be stored at all? Errors: invalid_argument.
result<void> check_storable(const write_set& set);

/// Errors: invalid_argument for a limit of 0: such a page could not move on.
result<void> check_limit(std::size_t limit);

/// The guard. `stored` is the revision that the store holds, 0 for none. Errors: conflict.
result<void> check_guard(const write_set& set, revision stored, record_id stored_row);

/// Can this record be stored in place of version `expected`? Errors: invalid_argument.
result<void> check_storable(const kv_record& record, std::uint64_t expected);

/// The guard of a kv record. `stored` is the version that the store holds, 0 for none. Errors: already_exists;
/// conflict.
result<void> check_guard(const kv_record& record, std::uint64_t expected, std::uint64_t stored);

/// Do the parts of what was read as one transaction fit together, so that it can be shown and worked on? Checksums find
/// flipped bits; this finds what never was one record. Errors: corrupt.
result<void> check_readable(const txn_record& record);

/// In the order in which they were written.
void sort_by_number(std::vector<history_page>& pages);

failure no_kv(const std::string& category, const std::string& key);

/// As far as the timeline can say: all but the destination.
bool matches(const list_query& query, const codec::timeline_entry& entry, time_point created);
bool matches(const list_query& query, const txn_record& record);

/// Is this the entry of a transaction whose end lies before `finished_before`?
bool may_expire(const codec::timeline_entry& entry, time_point finished_before);

}  // namespace treaty
