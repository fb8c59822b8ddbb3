#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/branch_client.hpp"
#include "net/ingress.hpp"
#include "net/loop.hpp"
#include "net/notifier.hpp"
#include "storage/store.hpp"

namespace prometheus {
class Registry;
}

namespace treaty {

/// What one lane runs on: its event loop and its way to the participants.
struct lane_ports {
  std::shared_ptr<loop> events;
  std::shared_ptr<branch_client> calls;
};

struct coordinator_options {
  std::chrono::milliseconds retry_interval{10'000};       // first wait after an unknown outcome
  std::chrono::milliseconds retry_interval_max{600'000};  // where doubling ends
  std::chrono::seconds timeout_to_fail{35};               // for types other than saga that name none
  std::chrono::milliseconds request_timeout{3'000};       // of a branch call that names none
  std::uint32_t retry_growth_percent = 200;               // of a wait to the next
  std::uint32_t retry_jitter_percent = 10;                // a wait is lengthened by up to this share
  std::int64_t retry_limit = 0;                           // for sagas that name none; 0: repeated for ever
  std::uint32_t stuck_after = 3;                          // failures in a row that make a transaction stuck; 0: never
  std::uint32_t alert_after = 0;                          // the same, for an alert; 0: never
  bool tell_every_end = false;                            // to the notifier; else only for those that name a web-hook
  std::uint32_t history_pages_max = 128;                  // of each transaction; 0: no history

  std::size_t live_max = 20'000;                     // transactions in memory, in total; over it new ones are refused
  std::size_t live_bytes_max = 512u << 20;           // bodies of those
  std::size_t resuming_max = 2'000;                  // parked transactions that are worked on at once, in total
  std::chrono::milliseconds idle_after{1'000};       // a transaction that waits longer is parked
  std::chrono::milliseconds progress_delay_max{50};  // how late a branch's success may become durable
  std::size_t commit_batch_max = 4'096;              // write sets in one commit
  std::size_t reader_threads = 2;
  std::chrono::seconds finished_expire{86'400};  // finished transactions are removed after this
};

enum class coordinator_state : std::uint8_t { starting = 1, serving, store_failing, draining, stopped };
std::string_view to_string(coordinator_state state);

/// The actor system: lanes, shards, transactions, committer, readers, behind one door.
class coordinator final : public ingress {
public:
  /// `kept` and `tells` outlive the coordinator. At least one lane. `make_loop` gives the threads that wait for the
  /// disk their loops.
  coordinator(store& kept, notifier& tells, std::vector<lane_ports> lanes,
              const std::function<std::shared_ptr<loop>()>& make_loop, coordinator_options options,
              prometheus::Registry& metrics);
  ~coordinator() override;

  /// Starts the lanes' threads and recovers: every unfinished transaction has its owner again when this returns.
  /// Errors: what the store said when it was read.
  result<void> start();
  /// New transactions are refused from now on; those that were accepted go on. Threads: any.
  void stop_admitting();
  /// Waits until nothing is in flight, at most `limit`; returns how many transactions were left (they are durable, and
  /// go on after the next start). Blocks; not from a lane.
  std::size_t drain(std::chrono::milliseconds limit);
  /// Stops the lanes and waits for their threads. Blocks; not from a lane. Called by the destructor.
  void stop();

  /// Threads: any.
  coordinator_state state() const;
  /// What stands behind a state that is not serving; empty otherwise.
  std::string state_detail() const;

  void offer(gid id, event what, std::size_t body_bytes, std::shared_ptr<answer_sink> to) override;
  void query(gid id, on_result<txn_record> done) override;
  void history(gid id, on_result<txn_history> done) override;
  void wait_end(gid id, std::chrono::milliseconds limit, on_result<txn_record> done) override;
  void list(list_request request, on_result<listing> done) override;
  void reset_cron(std::chrono::seconds later_than, std::size_t limit, on_result<cron_reset> done) override;
  void change_topic(topic_change change, std::shared_ptr<answer_sink> to) override;
  void query_kv(std::string category, std::string key, on_result<kv_record> done) override;
  void list_kv(kv_request request, on_result<kv_listing> done) override;

private:
  class system;
  std::unique_ptr<system> system_;
};

}  // namespace treaty
