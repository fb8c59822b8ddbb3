#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace treaty {

/// Looks at the write-ahead logs of the database in `path` before they are replayed. Precondition: it is not open.
///
/// RocksDB replays up to the first damage and drops the rest without a word. That is right at the end of the last log,
/// where a crash cuts off the write under way: nobody was told that it was done. It is wrong anywhere else: what
/// follows was acknowledged. `families` are the column families that the database has.
///
/// Returns what is going to be dropped rightly, in words; empty: nothing.
/// Errors: corrupt      acknowledged writes would be lost: the detail names the file, and says what can be done;
///         unavailable  a log cannot be read.
/// Changes nothing. Blocks: reads all logs, which costs little beside their replay.
result<std::string> check_logs(const std::string& path, const std::vector<std::string>& families);

}  // namespace treaty
