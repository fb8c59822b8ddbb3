#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include "bench/load/call_board.hpp"
#include "bench/load/clients.hpp"
#include "bench/load/forms.hpp"
#include "bench/load/tally.hpp"
#include "bench/load/work_plan.hpp"

namespace treaty::load {

class poller;

/// When transactions begin, in each phase of a run.
///
/// Closed loop (every rate is 0): each slot is a client, which begins the next when its transaction is done; one whose
/// request was refused rests a moment before it asks again.
/// Open loop: so many begin each second, at equal distances, each in a slot that is free; latency counts from the
/// moment when it should have begun, also when it had to wait for a slot. Whoever is refused does not come back.
struct pacing {
  std::vector<double> rates;  // one for each phase
  std::chrono::nanoseconds window{std::chrono::seconds{1}};

  bool is_open() const { return rates.front() > 0; }
};

/// The clients: one thread, `slots` transactions in flight at most.
class generator {
public:
  generator(std::size_t slots, work_plan plan, pacing pace, clients& asking, call_board& board, poller& events);
  generator(const generator&) = delete;
  generator& operator=(const generator&) = delete;
  ~generator();

  /// Begins with phase 0.
  void start();
  /// What follows counts as that phase. Threads: the one that made this.
  void enter(std::size_t phase) { wanted_phase_.store(phase); }
  /// Sends nothing new, and waits for what is in flight; blocks at most `limit`. One tally for each phase. Threads: the
  /// one that made this.
  const std::vector<tally>& finish(std::chrono::milliseconds limit);
  /// Waits until the plan's limit is reached.
  void await_limit();
  /// All windows of the run. Call it after `finish`.
  const std::vector<window>& timeline() const { return windows_.closed(); }

private:
  struct slot {
    std::array<char, call_board::gid_size> gid{};
    std::size_t kind = 0;
    std::size_t phase = 0;    // in which it began
    std::size_t request = 0;  // the next to be answered
    std::int64_t started = 0;
    std::int64_t answered = 0;  // 0: not yet
    std::int64_t called = 0;    // when the last branch was; 0: not yet
    bool busy = false;
    bool interrupted = false;  // this process stood still meanwhile
  };

  void run();
  bool may_begin() const;
  void begin(std::size_t number, std::int64_t intended);
  void begin_all();
  void begin_due();
  void change_phase(std::size_t to);
  void notice_pause();
  std::int64_t next_arrival() const;
  void send(std::size_t number);
  void take_answer(const client_answer& answer);
  void take_refusal(const client_answer& answer, const request_template& asked);
  void take_completed();
  void finish_if_done(std::size_t number);
  void count_finished(const slot& one);
  void free(std::size_t number);
  void rest(std::size_t number);
  void go_on_rested();
  void rest_a_tick();
  std::int64_t wait_limit() const;
  tally& counts_of(const slot& one) { return counts_[pace_.is_open() ? one.phase : phase_]; }

  work_plan plan_;
  pacing pace_;
  turns turns_;
  clients& clients_;
  call_board& board_;
  poller& events_;
  std::vector<slot> slots_;
  std::vector<std::size_t> free_;                             // open loop
  std::deque<std::pair<std::int64_t, std::size_t>> resting_;  // until when, which slot
  std::vector<client_answer> answers_;
  std::vector<completed_transaction> completed_;
  std::vector<tally> counts_;
  windows windows_;
  std::size_t phase_ = 0;
  std::int64_t phase_began_ = 0;
  std::int64_t awake_ = 0;  // when it last woke up
  std::int64_t next_tick_ = 0;
  std::uint64_t arrivals_ = 0;  // of this phase
  std::size_t busy_ = 0;
  std::uint64_t begun_ = 0;
  std::atomic<std::size_t> wanted_phase_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> drain_until_{0};
  std::thread thread_;
};

}  // namespace treaty::load
