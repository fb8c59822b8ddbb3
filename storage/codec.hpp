#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/history.hpp"
#include "core/model/kv_record.hpp"
#include "core/model/record.hpp"

namespace treaty::codec {

// Values as bytes; the layout is docs/storage-format.md, "Values". Each value starts with its format.
//
// encode_* replace `out`, so that a caller's buffer is used again and again. decode_* accept any bytes: what is not a
// value of this format is errc::corrupt, and the detail says what is wrong with which part.
// Threads: safe from any.

inline constexpr std::uint8_t value_format = 1;
/// Of due entries, since they say whether a transaction is stuck, and of the values of `gids`, since they say when it
/// was created. Format 1 is read as "not stuck" and "not known".
inline constexpr std::uint8_t index_format = 2;
/// The whole store's format, in `meta`. A build refuses a store whose number is greater.
inline constexpr std::uint32_t store_format = 4;

void encode_definition(const txn_definition& definition, std::string& out);
result<txn_definition> decode_definition(std::string_view bytes);

/// What a guard needs of a progress value; stands before the message, so that no message is parsed for it.
struct progress_head {
  treaty::revision revision = 0;
  trans_type type = trans_type::saga;  // repeated here for the lists: updates do not carry the definition
  txn_status status = txn_status::prepared;
  bool operator==(const progress_head&) const = default;
};
inline constexpr std::size_t progress_head_size = 11;

void encode_progress(const txn_progress& progress, trans_type type, std::string& out);
result<txn_progress> decode_progress(std::string_view bytes);
result<progress_head> decode_progress_head(std::string_view bytes);

void encode_branch(const registered_branch& branch, std::string& out);
result<registered_branch> decode_branch(std::string_view bytes);

/// An entry of the list of all that are unfinished (family `open`); the rest stands in its key.
void encode_open(const gid& id, std::string& out);
result<gid> decode_open(std::string_view bytes);

/// An entry of the list of all that have ended (family `ended`): what expiry decides on, without loading the record.
struct ended_entry {
  time_point end{};
  treaty::gid gid;
  bool operator==(const ended_entry&) const = default;
};
void encode_ended(const ended_entry& entry, std::string& out);
result<ended_entry> decode_ended(std::string_view bytes);

/// Where a gid's record is, and when it was created (unset: not known).
struct gid_entry {
  record_id row = 0;
  time_point created{};
  bool operator==(const gid_entry&) const = default;
};
void encode_gid(const gid_entry& entry, std::string& out);
result<gid_entry> decode_gid(std::string_view bytes);

/// What stores of the formats 1 and 2 have in place of `open` and `ended`; read when such a store is opened.
struct timeline_entry {
  txn_status status = txn_status::prepared;
  trans_type type = trans_type::saga;
  time_point end{};  // unset while unfinished
  treaty::gid gid;
  bool stuck = false;
  bool operator==(const timeline_entry&) const = default;
};
result<timeline_entry> decode_timeline(std::string_view bytes);

void encode_row(record_id row, std::string& out);
result<record_id> decode_row(std::string_view bytes);

/// What a due entry says beside its key, so that recovery can place a transaction without loading it.
struct due_value {
  time_point create_time{};
  treaty::gid gid;
  bool stuck = false;
  bool operator==(const due_value&) const = default;
};
void encode_due(const due_value& value, std::string& out);
result<due_value> decode_due(std::string_view bytes);

/// The slot stands in the key of the family `history` alone.
void encode_history(const history_page& page, std::string& out);
result<history_page> decode_history(std::string_view bytes, std::uint32_t slot);

/// Puts the page of the write that ends a transaction behind its progress, in the same value; decode_progress takes it
/// for nothing. Nothing: there is no page in it. Errors: corrupt.
void append_ending(const history_page& page, std::string& progress_bytes);
result<std::optional<history_page>> decode_ending(std::string_view progress_bytes);

/// Category and key stand in the key of the family `kv`; here too, so that a value says what it is.
void encode_kv(const kv_record& record, std::string& out);
result<kv_record> decode_kv(std::string_view bytes);

/// When a finished transaction ended; unset for an unfinished one.
time_point end_of(const txn_progress& progress);

}  // namespace treaty::codec
