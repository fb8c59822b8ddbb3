#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "net/ingress.hpp"

namespace treaty {

/// Some of the transactions that are to be retried.
struct retry_batch {
  std::vector<gid> found;
  bool more = false;  // others match
};

/// Finds them, a bounded number at a time.
class retry_source {
public:
  retry_source() = default;
  retry_source(const retry_source&) = delete;
  retry_source& operator=(const retry_source&) = delete;
  virtual ~retry_source() = default;
  /// The next ones, at most `limit` (never 0); none at all: it is over, or looked for long enough. Called again only
  /// after `done`.
  virtual void next(std::size_t limit, on_result<retry_batch> done) = 0;
};

/// What became of them.
struct retry_sum {
  std::size_t retried = 0;
  std::size_t refused = 0;
  bool more = false;  // others match, or some were refused because there was no room
};

/// Hands on one event, as ingress::offer does.
using offer_event = std::function<void(gid, event, std::size_t body_bytes, std::shared_ptr<answer_sink>)>;

/// Retries what the source finds, round after round: the next begins when all of the last were answered, so that other
/// work gets its turn. Ends at `limit`; when nothing is left; or when the coordinator has no room: new transactions
/// need that. Errors: the source's, when nothing was done before it. Threads: `done` runs on any.
void retry_in_rounds(offer_event offer, std::shared_ptr<retry_source> source, operator_note by, std::size_t limit,
                     on_result<retry_sum> done);

}  // namespace treaty
