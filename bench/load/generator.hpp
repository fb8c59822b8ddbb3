#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/latency.hpp"
#include "bench/load/saga_board.hpp"
#include "bench/load/sockets.hpp"

namespace treaty::load {

/// One request, but for the gid that is written into it.
struct request_template {
  std::string text;
  std::size_t gid_at = std::string::npos;  // npos: it carries none
};

/// What one slot does again and again: sends `requests` one after the other on its connection; it is done when all are
/// answered, and with `until_branches_called` when the last branch of the saga was called as well.
struct work_plan {
  endpoint to;
  std::vector<request_template> requests;
  int expected_status = 200;
  bool until_branches_called = true;
  std::uint64_t limit = 0;  // ends after so many; 0: when stopped
};

/// What a generator counted while it was measuring. Read it after `finish`.
struct tally {
  std::uint64_t finished = 0;
  latency_histogram to_answer;           // from the first request to the answer of the last
  latency_histogram to_last_branch;      // from the first request to the call of the last branch
  std::map<int, std::uint64_t> refused;  // answers with another status than expected, over the whole run
  std::uint64_t broken_connections = 0;  // over the whole run
  std::uint64_t missing = 0;             // sagas that were not completed when the drain limit had passed
};

/// Closed loop: one thread, `in_flight` slots with a connection each. A slot whose request was refused (429 or any
/// other unexpected answer) rests a moment before it goes on.
class generator {
public:
  generator(std::size_t in_flight, work_plan plan, saga_board& board, poller& events);
  generator(const generator&) = delete;
  generator& operator=(const generator&) = delete;
  ~generator();

  void start();
  /// What finishes from now on counts, or no longer does. Threads: the one that made this.
  void measure(bool on) { measuring_.store(on); }
  /// Sends nothing new, and waits for what is in flight; blocks at most `limit`. Threads: the one that made this.
  const tally& finish(std::chrono::milliseconds limit);
  /// Waits until the plan's limit is reached.
  void await_limit();
  /// CPU of its thread; 0 once that has ended.
  std::int64_t cpu_ns();
  /// Finished since the start, measured or not. Threads: any.
  std::uint64_t finished() const { return finished_.load(std::memory_order_relaxed); }

private:
  struct slot {
    descriptor socket;
    std::string input;
    std::size_t request = 0;  // the next to be answered
    std::int64_t started = 0;
    std::int64_t answered = 0;  // 0: not yet
    std::int64_t called = 0;    // when the last branch was; 0: not yet
    bool busy = false;
  };

  void run();
  bool may_begin() const;
  void begin(std::size_t number);
  void send(std::size_t number);
  void readable(std::size_t number);
  void take_answer(std::size_t number, int status);
  void take_completed();
  void finish_if_done(std::size_t number);
  void give_up(std::size_t number);
  bool connect(std::size_t number);
  void begin_rested();
  int wait_limit() const;

  work_plan plan_;
  saga_board& board_;
  poller& events_;
  std::vector<slot> slots_;
  std::deque<std::pair<std::int64_t, std::size_t>> resting_;  // until when, which slot
  std::vector<completed_saga> completed_;
  std::vector<char> scratch_;
  tally counts_;
  std::size_t busy_ = 0;
  std::uint64_t begun_ = 0;
  std::atomic<std::uint64_t> finished_{0};
  std::atomic<bool> measuring_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> drain_until_{0};
  std::thread thread_;
};

}  // namespace treaty::load
