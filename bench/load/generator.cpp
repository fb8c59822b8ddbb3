#include "bench/load/generator.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "bench/load/sockets.hpp"

namespace treaty::load {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t rest_ns = 10'000'000;
constexpr std::int64_t wait_ns_max = 100'000'000;
constexpr std::int64_t pause_ns = second_ns;  // standing still longer than this is a pause
constexpr std::int64_t tick_ns = 250'000;
constexpr double rate_of_ticks = 4'000;        // arrivals a second, from which on they share ticks
constexpr std::size_t begin_at_once_max = 64;  // then answers are read first

std::vector<unsigned> weights_of(const work_plan& plan) {
  std::vector<unsigned> weights;
  for (const transaction_plan& one : plan.kinds) weights.push_back(one.weight);
  return weights;
}

}  // namespace

generator::generator(std::size_t slots, work_plan plan, pacing pace, clients& asking, call_board& board, poller& events)
    : plan_{std::move(plan)},
      pace_{std::move(pace)},
      turns_{weights_of(plan_)},
      clients_{asking},
      board_{board},
      events_{events},
      slots_(slots),
      counts_(pace_.rates.size()),
      windows_{pace_.window} {
  for (tally& one : counts_) one.kinds.resize(plan_.kinds.size());
}

generator::~generator() {
  finish(std::chrono::milliseconds{0});
}

void generator::start() {
  thread_ = std::thread{[this] { run(); }};
}

void generator::run() {
  ::prctl(PR_SET_TIMERSLACK, 1'000UL);  // else arrivals come up to 50 us late
  phase_began_ = awake_ = now_ns();
  windows_.advance(phase_began_, 0);
  begin_all();
  while (true) {
    rest_a_tick();
    const auto ready = events_.wait(std::chrono::nanoseconds{wait_limit()});
    notice_pause();
    answers_.clear();
    clients_.take_answers(ready, answers_);
    for (const client_answer& answer : answers_) take_answer(answer);
    take_completed();
    if (const std::size_t wanted = wanted_phase_.load(); wanted != phase_) change_phase(wanted);
    go_on_rested();
    begin_due();
    windows_.advance(now_ns(), busy_);
    const bool nothing_left = plan_.limit != 0 && begun_ >= plan_.limit && resting_.empty();
    if (busy_ == 0 && (nothing_left || stopping_.load())) break;
    if (stopping_.load() && now_ns() >= drain_until_.load()) break;
  }
  for (const slot& one : slots_)
    if (one.busy && !one.interrupted) ++counts_of(one).missing;
}

/// A fast open loop looks at its arrivals and answers so many times a second and no more: woken for each of them it
/// takes half as much of the machine again as it does in the closed loop, which the measured coordinator then lacks.
void generator::rest_a_tick() {
  if (!pace_.is_open() || pace_.rates[phase_] < rate_of_ticks) return;
  const std::int64_t now = now_ns();
  if (next_arrival() <= now) return;  // late already
  std::this_thread::sleep_for(std::chrono::nanoseconds{next_tick_ - now});
  next_tick_ = std::max(next_tick_, now) + tick_ns;
}

/// Whoever stops this process, or starves it, must not be taken for a slow coordinator: the arrivals that fell into
/// that time are left out, and what was in flight does not count.
void generator::notice_pause() {
  const std::int64_t now = now_ns();
  const std::int64_t late = now - std::exchange(awake_, now) - wait_ns_max;
  if (late < pause_ns) return;
  tally& counts = counts_[phase_];
  ++counts.pauses;
  counts.paused_ns += late;
  counts.interrupted += busy_;
  phase_began_ += late;
  windows_.note_pause();
  for (slot& one : slots_) one.interrupted = one.busy;
}

std::int64_t generator::wait_limit() const {
  std::int64_t until = now_ns() + wait_ns_max;
  if (!resting_.empty()) until = std::min(until, resting_.front().first);
  if (pace_.is_open() && pace_.rates[phase_] > 0 && !free_.empty() && may_begin())
    until = std::min(until, next_arrival());
  return std::clamp<std::int64_t>(until - now_ns(), 0, wait_ns_max);
}

bool generator::may_begin() const {
  return !stopping_.load(std::memory_order_relaxed) && (plan_.limit == 0 || begun_ < plan_.limit);
}

void generator::begin_all() {
  for (std::size_t number = slots_.size(); number-- > 0;) {
    if (pace_.is_open()) {
      free_.push_back(number);
    } else if (may_begin()) {
      begin(slots_.size() - 1 - number, now_ns());
    }
  }
}

std::int64_t generator::next_arrival() const {
  const double after = static_cast<double>(arrivals_) * static_cast<double>(second_ns) / pace_.rates[phase_];
  return phase_began_ + static_cast<std::int64_t>(after);
}

void generator::begin_due() {
  if (!pace_.is_open() || pace_.rates[phase_] <= 0) return;
  const std::int64_t now = now_ns();
  for (std::size_t left = begin_at_once_max; left > 0 && !free_.empty() && may_begin(); --left) {
    const std::int64_t due = next_arrival();
    if (due > now) return;
    ++arrivals_;
    const std::size_t number = free_.back();
    free_.pop_back();
    begin(number, due);
  }
}

void generator::change_phase(std::size_t to) {
  const std::int64_t now = now_ns();
  if (pace_.is_open() && pace_.rates[phase_] > 0) {
    const auto due = static_cast<std::uint64_t>(static_cast<double>(now - phase_began_) * pace_.rates[phase_] /
                                                static_cast<double>(second_ns));
    if (due > arrivals_) counts_[phase_].unsent += due - arrivals_;
  }
  phase_ = to;
  phase_began_ = now;
  arrivals_ = 0;
}

void generator::begin(std::size_t number, std::int64_t intended) {
  slot& one = slots_[number];
  ++begun_;
  ++busy_;
  ++counts_[phase_].begun;
  windows_.note_begun();
  one = slot{.gid = one.gid, .kind = turns_.next(), .phase = phase_, .started = intended, .busy = true};
  board_.open(number, one.kind, one.gid.data());
  send(number);
}

void generator::send(std::size_t number) {
  slot& one = slots_[number];
  clients_.send(number, plan_.kinds[one.kind].requests[one.request], std::string_view{one.gid.data(), one.gid.size()});
}

void generator::take_answer(const client_answer& answer) {
  slot& one = slots_[answer.slot];
  const auto& requests = plan_.kinds[one.kind].requests;
  if (answer.status == client_answer::broken) {
    ++counts_of(one).broken_connections;
    board_.close(answer.slot);
    free(answer.slot);
  } else if (answer.status != requests[one.request].expected_status) {
    take_refusal(answer, requests[one.request]);
  } else if (++one.request < requests.size()) {
    send(answer.slot);
  } else {
    one.answered = now_ns();
    finish_if_done(answer.slot);
  }
}

/// Nothing is stored of a transaction whose first request was refused. One that is begun has to be ended, but for one
/// that was left alone for so long that it may have been given up.
void generator::take_refusal(const client_answer& answer, const request_template& asked) {
  slot& one = slots_[answer.slot];
  tally& counts = counts_of(one);
  ++counts.unexpected_answers[answer.status];
  if (one.request > 0 && !one.interrupted) return rest(answer.slot);
  if (one.request == 0 && answer.status == asked.overloaded_status) {
    refusals& to = counts.refused;
    const std::int64_t hint = answer.retry_after_ms;
    if (hint == client_answer::no_hint) ++to.without_hint;
    if (hint != client_answer::no_hint) {
      to.hint_least_ms = to.hint_most_ms == 0 ? hint : std::min(to.hint_least_ms, hint);
      to.hint_most_ms = std::max(to.hint_most_ms, hint);
    }
    if (!one.interrupted) to.to_answer.add(now_ns() - one.started);
    windows_.note_refused();
  }
  board_.close(answer.slot);
  free(answer.slot);
}

void generator::take_completed() {
  completed_.clear();
  board_.take_completed(completed_);
  for (const completed_transaction& done : completed_) {
    if (!board_.is_current(done)) continue;
    slots_[done.slot].called = done.at;
    finish_if_done(done.slot);
  }
}

void generator::finish_if_done(std::size_t number) {
  slot& one = slots_[number];
  if (!one.busy || one.answered == 0 || (plan_.kinds[one.kind].until_branches_called && one.called == 0)) return;
  ++counts_[phase_].finished;
  ++counts_[phase_].kinds[one.kind].finished;
  if (!one.interrupted) count_finished(one);
  one.busy = false;
  --busy_;
  if (pace_.is_open()) {
    free_.push_back(number);
  } else if (may_begin()) {
    begin(number, now_ns());
  }
}

void generator::count_finished(const slot& one) {
  tally& counts = counts_of(one);
  const std::int64_t to_end = std::max(one.answered, one.called) - one.started;
  counts.to_answer.add(one.answered - one.started);
  if (plan_.kinds[one.kind].until_branches_called) counts.to_last_branch.add(one.called - one.started);
  counts.kinds[one.kind].to_end.add(to_end);
  windows_.note_finished(to_end);
}

/// The slot's transaction came to no good end. Its client begins another one in a moment, but for the open loop's.
void generator::free(std::size_t number) {
  slots_[number].busy = false;
  --busy_;
  if (pace_.is_open()) return free_.push_back(number);
  --begun_;
  rest(number);
}

void generator::rest(std::size_t number) {
  resting_.emplace_back(now_ns() + rest_ns, number);
}

void generator::go_on_rested() {
  const std::int64_t now = resting_.empty() ? 0 : now_ns();
  while (!resting_.empty() && resting_.front().first <= now) {
    const std::size_t number = resting_.front().second;
    resting_.pop_front();
    if (slots_[number].busy) {
      send(number);
    } else if (may_begin()) {
      begin(number, now);
    }
  }
}

const std::vector<tally>& generator::finish(std::chrono::milliseconds limit) {
  drain_until_.store(now_ns() + std::chrono::nanoseconds{limit}.count());
  stopping_.store(true);
  await_limit();
  return counts_;
}

void generator::await_limit() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace treaty::load
