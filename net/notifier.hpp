#pragma once

#include <cstdint>
#include <string>

#include "core/base/time.hpp"
#include "core/model/ids.hpp"
#include "core/model/status.hpp"

namespace treaty {

/// A branch call failed often in a row (docs/protocol.md, "Alert web-hook").
struct alert_notice {
  treaty::gid gid;
  txn_status status = txn_status::submitted;
  std::string branch_url;
  std::string error;
  std::uint32_t retry_count = 0;
};

/// A transaction ended, durably.
struct end_notice {
  treaty::gid gid;
  trans_type type = trans_type::saga;
  txn_status status = txn_status::succeed;
  std::string rollback_reason;
  std::string result;  // workflow, base64
  time_point create_time{};
  time_point end_time{};
  std::string url;  // the transaction's own web-hook; empty: only the configured one
};

/// Tells web-hooks, beside the work and never in its way: what is handed over waits in a bounded queue and is posted in
/// the background, a bounded number at a time, repeated a bounded number of times; what does not fit is dropped and
/// counted. Best effort: a notice does not survive the process.
class notifier {
public:
  notifier() = default;
  notifier(const notifier&) = delete;
  notifier& operator=(const notifier&) = delete;
  virtual ~notifier() = default;

  // Threads: any. Never block, never fail.
  virtual void alert(alert_notice what) = 0;
  virtual void ended(end_notice what) = 0;
};

}  // namespace treaty
