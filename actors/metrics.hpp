#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>

#include "core/answer.hpp"
#include "core/model/status.hpp"

namespace treaty {

/// What the actors count. Children are resolved once; updating one is an atomic or a short lock, never a look-up.
/// Threads: any.
class coordinator_metrics {
public:
  explicit coordinator_metrics(prometheus::Registry& registry);

  void submitted(trans_type type) { submitted_[index(type)]->Increment(); }
  void finished(trans_type type, txn_status status, double seconds);
  /// `step` counts from 1; labels stay bounded: what lies beyond is "other".
  void branch_answered(trans_type type, branch_op op, std::size_t step, call_outcome outcome, double seconds);
  void retry_scheduled() { retries_->Increment(); }
  void refused(answer_kind why);

  prometheus::Gauge* in_flight;
  prometheus::Gauge* parked;
  prometheus::Gauge* stuck;
  prometheus::Gauge* oldest_unfinished_seconds;
  prometheus::Gauge* due_queue;
  prometheus::Gauge* commit_queue;
  prometheus::Gauge* store_serving;
  prometheus::Histogram* timer_lateness_seconds;
  prometheus::Histogram* jitter_seconds;
  prometheus::Histogram* commit_batch_size;
  prometheus::Histogram* commit_seconds;
  prometheus::Counter* commit_failures;
  prometheus::Counter* corrupt_records;
  prometheus::Counter* expired;
  prometheus::Counter* store_syncs;
  prometheus::Counter* store_bytes_written;

private:
  static constexpr std::size_t types = all_trans_types.size();
  static constexpr std::size_t ops = all_branch_ops.size();
  static constexpr std::size_t outcomes = all_call_outcomes.size();
  static constexpr std::size_t steps_labelled = 10;
  template <class Enum>
  static std::size_t index(Enum value) {
    return static_cast<std::size_t>(value) - 1;
  }
  void register_transactions(prometheus::Registry& registry);
  void register_branches(prometheus::Registry& registry);
  void register_commits(prometheus::Registry& registry);
  void register_peer_names(prometheus::Registry& registry);
  prometheus::Counter& peer_branch(trans_type type, branch_op op, std::size_t step, bool ok);

  std::array<prometheus::Counter*, types> submitted_{};
  std::array<std::array<prometheus::Counter*, 2>, types> finished_{};
  std::array<prometheus::Histogram*, types> transaction_seconds_{};
  std::array<std::array<prometheus::Counter*, outcomes>, ops> calls_{};
  std::array<prometheus::Histogram*, ops> call_seconds_{};
  prometheus::Counter* retries_ = nullptr;
  std::array<prometheus::Counter*, 3> refused_{};

  // The names that dashboards of the peer know.
  std::array<std::array<prometheus::Counter*, 2>, types> peer_processed_{};
  std::array<prometheus::Histogram*, types> peer_duration_{};
  prometheus::Family<prometheus::Counter>* peer_branches_ = nullptr;
  std::array<std::atomic<prometheus::Counter*>, types * ops*(steps_labelled + 1) * 2> peer_branch_{};
};

}  // namespace treaty
