#pragma once

#include <atomic>
#include <caf/all.hpp>
#include <memory>
#include <vector>

#include "actors/blocking_worker.hpp"
#include "actors/coordinator.hpp"
#include "actors/end_watch.hpp"
#include "actors/messages.hpp"
#include "actors/metrics.hpp"
#include "actors/scheduler.hpp"
#include "actors/timer_wheel.hpp"
#include "core/driver.hpp"

namespace treaty {

/// What all lanes share; outlives them. Threads: any.
struct lane_surroundings {
  lane_surroundings(caf::actor_system& all, store& where, notifier& hooks, const coordinator_options& how,
                    coordinator_metrics& counts)
      : system{all}, kept{where}, tells{hooks}, options{how}, metrics{counts} {}

  caf::actor_system& system;
  store& kept;
  notifier& tells;
  const coordinator_options& options;
  coordinator_metrics& metrics;
  std::unique_ptr<blocking_worker> committer;
  std::vector<std::unique_ptr<blocking_worker>> readers;
  std::unique_ptr<blocking_worker> sweeper;
  std::unique_ptr<blocking_worker> topics;
  std::vector<std::atomic<double>> oldest_seconds;  // one for each lane
  std::atomic<bool> store_failing{false};
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> live{0};
  std::atomic<bool> sweep_under_way{false};
  std::atomic<time_point> next_sweep{};
};

/// One thread that runs sockets and actors together: an event loop, a timer wheel, a part of the shards and the calls
/// of their transactions. A transaction lives on one lane from its first byte to its last. Threads: the lane's own,
/// except where said.
class lane {
public:
  lane(lane_ports ports, lane_surroundings& around, std::size_t position, std::size_t lane_count);
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  /// Starts the thread. Before that, and after `stop`, the caller's thread stands for it.
  void start();
  /// Whatever has nothing under way leaves memory. Threads: any.
  void let_rest();
  /// Ends the shard and with it every transaction. Threads: any.
  void let_go();
  /// When what was posted before has run: ends the loop and waits for the thread. Threads: not the lane's.
  void stop();

  /// Waits while the lanes go on. Threads: no lane's.
  void pause(std::chrono::milliseconds span) { ports_.events->pause(span); }
  /// Runs `work` on the lane, later. Threads: any.
  void post(std::function<void()> work) { ports_.events->post(std::move(work)); }
  bool on_thread() const { return ports_.events->on_thread(); }
  /// Hands an envelope to the lane's shard. Threads: any.
  void deliver(envelope in);
  /// Hands over what recovery found. Until it said `were_all`, nothing that is due begins. Threads: any.
  void recover(recovered found);

  /// Makes the write set durable with the next batch; `owner` hears `written`.
  void commit(write_set write, caf::actor owner);
  /// Write sets that are not durable yet.
  std::size_t writes_under_way() const { return gathering_.writes.size() + committing_; }
  /// Comes back from the committer with one result for each write set.
  void committed(commit_batch batch, std::vector<result<void>> results);
  void load(treaty::gid gid, caf::actor to);
  /// Runs `job` on a reader's thread. Threads: any.
  void read(std::function<void(store&)> job);
  branch_client& calls() { return *ports_.calls; }
  end_watch& ends() { return ends_; }

  void arm(timer_node& node, time_point due);

  const coordinator_options& options() const { return around_.options; }
  server_policy policy() const;
  coordinator_metrics& metrics() { return around_.metrics; }
  lane_surroundings& around() { return around_; }
  /// Takes the age of the lane's oldest unfinished transaction; the gauge shows the oldest of all lanes.
  void note_oldest(double seconds);
  /// The lane that does what is done once in a process.
  bool is_first() const { return position_ == 0; }
  const caf::actor& shard() const { return shard_; }
  std::size_t live_max() const { return share(options().live_max); }
  std::size_t live_bytes_max() const { return share(options().live_bytes_max); }
  std::size_t resuming_max() const { return share(options().resuming_max); }

private:
  std::size_t share(std::size_t total) const { return std::max<std::size_t>(total / lane_count_, 1); }
  void send_batch();
  blocking_worker& next_reader();
  void wake_no_later_than(time_point when);
  void on_wake();

  lane_ports ports_;
  lane_surroundings& around_;
  std::size_t position_;
  std::size_t lane_count_;
  lane_unit unit_;
  timer_wheel wheel_;
  end_watch ends_{*this};
  time_point wake_at_{};  // unset: no wake-up is set
  caf::actor shard_;
  commit_batch gathering_;
  std::size_t committing_ = 0;  // write sets of the batch that is with the committer
  bool batch_posted_ = false;
  std::atomic<std::size_t> next_reader_{0};
  bool started_ = false;
};

}  // namespace treaty
