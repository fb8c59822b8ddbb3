#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <thread>
#include <vector>

#include "bench/load/call_board.hpp"
#include "bench/load/clients.hpp"
#include "bench/load/latency.hpp"
#include "bench/load/work_plan.hpp"

namespace treaty::load {

class poller;

/// What a generator counted while it was measuring. Read it after `finish`.
struct tally {
  std::uint64_t finished = 0;
  latency_histogram to_answer;           // from the first request to the answer of the last
  latency_histogram to_last_branch;      // from the first request to the call of the last branch
  std::map<int, std::uint64_t> refused;  // answers with another status than expected, over the whole run
  std::uint64_t broken_connections = 0;  // over the whole run
  std::uint64_t missing = 0;             // transactions that were not completed when the drain limit had passed
};

/// Closed loop: one thread, `in_flight` slots, each a client. A slot whose request was refused (429 or any other
/// unexpected answer) rests a moment before it asks again.
class generator {
public:
  generator(std::size_t in_flight, work_plan plan, clients& asking, call_board& board, poller& events);
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

private:
  struct slot {
    std::array<char, call_board::gid_size> gid{};
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
  void take_answer(const client_answer& answer);
  void take_completed();
  void finish_if_done(std::size_t number);
  void give_up(std::size_t number);
  void rest(std::size_t number);
  void go_on_rested();
  int wait_limit() const;

  work_plan plan_;
  clients& clients_;
  call_board& board_;
  poller& events_;
  std::vector<slot> slots_;
  std::deque<std::pair<std::int64_t, std::size_t>> resting_;  // until when, which slot
  std::vector<client_answer> answers_;
  std::vector<completed_transaction> completed_;
  tally counts_;
  std::size_t busy_ = 0;
  std::uint64_t begun_ = 0;
  std::atomic<bool> measuring_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> drain_until_{0};
  std::thread thread_;
};

}  // namespace treaty::load
