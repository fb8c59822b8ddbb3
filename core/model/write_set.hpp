#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/model/history.hpp"
#include "core/model/record.hpp"

namespace treaty {

/// One transaction's next durable state, to be stored whole or not at all.
struct write_set {
  treaty::gid gid;
  record_id row = 0;                                 // from store::next_row(); the same for all writes of a record
  revision expected = 0;                             // what the store must hold now; 0: no record of this gid
  txn_progress progress;                             // progress.revision == expected + 1
  std::shared_ptr<const txn_definition> definition;  // set when it is new or replaced
  time_point create_time{};          // the definition's, also when that is not written again: the timeline's key
  std::size_t first_new_branch = 0;  // position of new_branches.front()
  std::vector<std::shared_ptr<const registered_branch>> new_branches;  // to append
  /// The due entry to remove; unset: there is none. The one to add is progress.due; unset: finished.
  time_point due_before{};
  /// As stored until now; the timeline and the due index say it beside the record.
  bool stuck_before = false;
  history_page history;  // no entries: nothing to tell
};

}  // namespace treaty
