#include "actors/metrics.hpp"

#include <string>

namespace treaty {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Histogram;
using prometheus::Registry;

const Histogram::BucketBoundaries latency_seconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                  0.25,   0.5,   1,      2.5,   5,    10,    30,   60};
const Histogram::BucketBoundaries peer_seconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
const Histogram::BucketBoundaries batch_sizes{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};

prometheus::Gauge* gauge(Registry& registry, const char* name, const char* help) {
  return &BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Counter* counter(Registry& registry, const char* name, const char* help) {
  return &BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

std::string text(auto value) {
  return std::string{to_string(value)};
}

}  // namespace

coordinator_metrics::coordinator_metrics(Registry& registry) {
  register_transactions(registry);
  register_branches(registry);
  register_commits(registry);
  register_peer_names(registry);
}

void coordinator_metrics::register_transactions(Registry& registry) {
  auto& submitted = BuildCounter()
                        .Name("treaty_transactions_submitted_total")
                        .Help("Transactions whose submission became durable, by type.")
                        .Register(registry);
  auto& finished = BuildCounter()
                       .Name("treaty_transactions_finished_total")
                       .Help("Transactions that reached their final status, by type and status.")
                       .Register(registry);
  auto& seconds = BuildHistogram()
                      .Name("treaty_transaction_seconds")
                      .Help("Time from a transaction's creation to its durable end, by type.")
                      .Register(registry);
  for (const trans_type type : all_trans_types) {
    submitted_[index(type)] = &submitted.Add({{"type", text(type)}});
    finished_[index(type)] = {&finished.Add({{"type", text(type)}, {"status", "succeed"}}),
                              &finished.Add({{"type", text(type)}, {"status", "failed"}})};
    transaction_seconds_[index(type)] = &seconds.Add({{"type", text(type)}}, latency_seconds);
  }
  auto& refused = BuildCounter()
                      .Name("treaty_requests_refused_total")
                      .Help("Requests refused before anything was stored, by reason.")
                      .Register(registry);
  refused_ = {&refused.Add({{"reason", "overloaded"}}), &refused.Add({{"reason", "unavailable"}}),
              &refused.Add({{"reason", "invalid"}})};
  in_flight = gauge(registry, "treaty_transactions_in_flight", "Transactions in memory that are being worked on.");
  parked =
      gauge(registry, "treaty_transactions_parked", "Unfinished transactions that wait for their moment, on disk.");
  stuck = gauge(registry, "treaty_transactions_stuck",
                "Unfinished transactions with a call that failed StuckAfter times in a row.");
  oldest_unfinished_seconds = gauge(registry, "treaty_oldest_unfinished_age_seconds",
                                    "Age of the oldest unfinished transaction; 0 without one.");
  due_queue =
      gauge(registry, "treaty_due_queue", "Parked transactions whose moment has come and that wait for a place.");
}

void coordinator_metrics::register_branches(Registry& registry) {
  auto& calls = BuildCounter()
                    .Name("treaty_branch_calls_total")
                    .Help("Branch calls answered, by operation and outcome.")
                    .Register(registry);
  auto& seconds = BuildHistogram()
                      .Name("treaty_branch_call_seconds")
                      .Help("Time from the order to call a branch to its answer, by operation.")
                      .Register(registry);
  for (const branch_op op : all_branch_ops) {
    call_seconds_[index(op)] = &seconds.Add({{"op", text(op)}}, latency_seconds);
    for (const call_outcome outcome : all_call_outcomes) {
      calls_[index(op)][index(outcome)] = &calls.Add({{"op", text(op)}, {"outcome", text(outcome)}});
    }
  }
  retries_ = counter(registry, "treaty_branch_retries_total", "Branch calls that will be repeated.");
  timer_lateness_seconds = &BuildHistogram()
                                .Name("treaty_timer_lateness_seconds")
                                .Help("How much later than its moment a timer fired.")
                                .Register(registry)
                                .Add({}, latency_seconds);
  jitter_seconds = &BuildHistogram()
                        .Name("treaty_retry_jitter_seconds")
                        .Help(
                            "By how much a wait before a call is repeated is longer than its interval, so that calls "
                            "that failed together are not repeated together.")
                        .Register(registry)
                        .Add({}, latency_seconds);
}

void coordinator_metrics::register_commits(Registry& registry) {
  commit_batch_size = &BuildHistogram()
                           .Name("treaty_commit_batch_size")
                           .Help("Write sets that one synced commit carried.")
                           .Register(registry)
                           .Add({}, batch_sizes);
  commit_seconds = &BuildHistogram()
                        .Name("treaty_commit_seconds")
                        .Help("Duration of one synced commit.")
                        .Register(registry)
                        .Add({}, latency_seconds);
  commit_queue = gauge(registry, "treaty_commit_queue", "Write sets that wait for the commit under way to end.");
  commit_failures = counter(registry, "treaty_commit_failures_total", "Write sets whose commit failed.");
  corrupt_records = counter(registry, "treaty_corrupt_records_total", "Stored records that could not be read.");
  expired = counter(registry, "treaty_transactions_expired_total", "Finished transactions that retention removed.");
  store_serving = gauge(registry, "treaty_store_serving", "1 while the store takes writes, 0 while it is failing.");
  store_syncs = counter(registry, "treaty_store_syncs_total", "Log syncs since start.");
  store_bytes_written = counter(registry, "treaty_store_bytes_written_total", "Bytes handed to the store since start.");
}

void coordinator_metrics::register_peer_names(Registry& registry) {
  auto& processed =
      BuildCounter().Name("dtm_transaction_process_total").Help("All transactions processed by dtm").Register(registry);
  auto& duration = BuildHistogram()
                       .Name("dtm_transaction_handled_duration")
                       .Help("Histogram of handling latency of the transaction that handled by the server.")
                       .Register(registry);
  for (const trans_type type : all_trans_types) {
    peer_processed_[index(type)] = {&processed.Add({{"model", text(type)}, {"status", "ok"}}),
                                    &processed.Add({{"model", text(type)}, {"status", "fail"}})};
    peer_duration_[index(type)] = &duration.Add({{"model", text(type)}}, peer_seconds);
  }
  peer_branches_ =
      &BuildCounter().Name("dtm_branch_process_total").Help("All branches processed by dtm").Register(registry);
}

void coordinator_metrics::finished(trans_type type, txn_status status, double seconds) {
  const std::size_t failed = status == txn_status::succeed ? 0 : 1;
  finished_[index(type)][failed]->Increment();
  transaction_seconds_[index(type)]->Observe(seconds);
  peer_processed_[index(type)][failed]->Increment();
  peer_duration_[index(type)]->Observe(seconds);
}

void coordinator_metrics::branch_answered(trans_type type, branch_op op, std::size_t step, call_outcome outcome,
                                          double seconds) {
  calls_[index(op)][index(outcome)]->Increment();
  call_seconds_[index(op)]->Observe(seconds);
  peer_branch(type, op, step, outcome == call_outcome::success).Increment();
}

/// Made when first needed: all of them at once would be a thousand lines that nobody scrapes for.
prometheus::Counter& coordinator_metrics::peer_branch(trans_type type, branch_op op, std::size_t step, bool ok) {
  const std::size_t place = step == 0 || step > steps_labelled ? 0 : step;
  const std::size_t at = ((index(type) * ops + index(op)) * (steps_labelled + 1) + place) * 2 + (ok ? 0 : 1);
  prometheus::Counter* known = peer_branch_[at].load(std::memory_order_acquire);
  if (known != nullptr) return *known;
  const std::string id = place == 0 ? "other" : (place < 10 ? "0" : "") + std::to_string(place);
  known = &peer_branches_->Add(
      {{"model", text(type)}, {"branchid", id}, {"branchtype", text(op)}, {"status", ok ? "ok" : "fail"}});
  peer_branch_[at].store(known, std::memory_order_release);
  return *known;
}

void coordinator_metrics::refused(answer_kind why) {
  switch (why) {
    case answer_kind::overloaded:
      return refused_[0]->Increment();
    case answer_kind::unavailable:
      return refused_[1]->Increment();
    case answer_kind::invalid:
      return refused_[2]->Increment();
    case answer_kind::ok:
    case answer_kind::failure:
    case answer_kind::ongoing:
    case answer_kind::error:
    case answer_kind::internal:
    case answer_kind::unimplemented:
      return;
  }
}

}  // namespace treaty
