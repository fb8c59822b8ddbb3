#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/model/record.hpp"

namespace treaty {

// Records as JSON (docs/protocol.md, "Records"): the names, their order and what is left out when empty are binding.
// Every time that clients read without asking is there: create_time, update_time and next_cron_time are never null.

/// The answer to query: `{"branches":[..],"transaction":{..}}`.
std::string query_json(const txn_record& record);
/// The answer to query when no such transaction is stored.
std::string query_json_of_none();
/// The answer to prepareWorkflow: `{"progresses":[..],"transaction":{..}}`.
std::string progresses_json(const txn_record& record);
/// The answer to all, record after record as listed.
class listing_text {
public:
  /// Returns how long the text is by now.
  std::size_t add(const txn_record& record);
  /// `position` is the next page's. Nothing comes after it.
  std::string finish(std::string_view position) &&;

private:
  std::string records_;
};
/// The answer to all for a gid that is not stored.
std::string listing_json_of_none(std::string_view position);

void append_transaction(std::string& out, const txn_record& record);
void append_branches(std::string& out, const txn_record& record);

}  // namespace treaty
