#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "net/loop.hpp"
#include "tests/sim/random.hpp"

namespace treaty::sim {

class engine;

/// A loop without a thread: the engine runs its tasks, one at a time, between those of the other loops.
class sim_loop final : public loop {
public:
  explicit sim_loop(engine& all);
  ~sim_loop() override;

  void post(std::function<void()> work) override;
  void wake_at(time_point when, std::function<void()> work) override { alarm_.emplace(when, std::move(work)); }
  bool on_thread() const override;
  void start(std::function<void()> begin, std::function<void()> end) override;
  void stop() override { stopping_ = true; }
  void join() override;
  void pause(std::chrono::milliseconds span) override;

private:
  friend class engine;
  bool is_ready(time_point moment) const;
  /// When it will have something to do, if nobody posts anything.
  std::optional<time_point> next_moment() const;
  void take_held(time_point until);

  engine& all_;
  std::deque<std::function<void()>> tasks_;
  std::multimap<time_point, std::function<void()>> held_;  // posted by a thread that is blocked until then
  std::optional<std::pair<time_point, std::function<void()>>> alarm_;
  std::function<void()> begin_;
  std::function<void()> end_;
  time_point busy_until_{};
  bool started_ = false;
  bool stopping_ = false;
  bool ended_ = false;
};

/// The only thread of a world: the virtual clock, what happens outside the coordinator, and every loop inside it.
class engine {
public:
  engine(dice& chance, bool is_traced);
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  ~engine();

  time_point clock() const { return clock_; }
  /// Outside the coordinator: runs between two tasks of its loops.
  void after(duration wait, std::function<void()> what);
  /// The thread that runs now is blocked for a while: what it posts is seen only then, and nothing else runs on it.
  void block_running(duration span);
  /// One event or one task; moves the clock when nothing else is left. False: nothing will ever happen.
  bool step();
  /// The process dies and its loops are taken down: they run on, whatever the clock says, until `ended`.
  void pump_one();
  std::uint64_t steps() const { return steps_; }
  /// Forgets what would happen outside.
  void forget_events() { events_.clear(); }

  /// Every trace line goes into a hash: two runs of one seed are the same when their hashes are.
  void trace(std::string_view who, std::string_view what, std::string_view detail = {});
  std::uint64_t trace_hash() const { return hash_; }

private:
  friend class sim_loop;
  void run(sim_loop& one, bool with_alarm);
  void finish(sim_loop& one);
  bool run_due_event();
  bool move_clock();

  dice& chance_;
  bool is_traced_;
  time_point clock_;
  std::multimap<time_point, std::function<void()>> events_;  // equal moments: in the order of their making
  std::vector<sim_loop*> loops_;
  std::vector<sim_loop*> ready_;  // kept, so that a step allocates nothing
  sim_loop* running_ = nullptr;
  std::uint64_t steps_ = 0;
  std::uint64_t hash_ = 14695981039346656037ULL;
};

}  // namespace treaty::sim
