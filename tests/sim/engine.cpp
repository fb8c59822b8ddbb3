#include "tests/sim/engine.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "actors/scheduler.hpp"

namespace treaty {
namespace {

time_point virtual_now{};

}  // namespace

/// Takes the place of net/now.cpp in this binary.
time_point now() {
  return virtual_now;
}

namespace sim {
namespace {

constexpr time_point beginning{std::chrono::hours{24 * 365 * 56}};
constexpr duration thread_sleeps_at_most = std::chrono::milliseconds{2};
constexpr duration task_takes_at_most = std::chrono::microseconds{60};

}  // namespace

sim_loop::sim_loop(engine& all) : all_{all} {
  all_.loops_.push_back(this);
}

sim_loop::~sim_loop() {
  std::erase(all_.loops_, this);
}

void sim_loop::post(std::function<void()> work) {
  const sim_loop* const from = all_.running_;
  if (from != nullptr && from != this && from->busy_until_ > all_.clock_) {
    held_.emplace(from->busy_until_, std::move(work));
  } else {
    tasks_.push_back(std::move(work));
  }
}

bool sim_loop::on_thread() const {
  return all_.running_ == this;
}

void sim_loop::start(std::function<void()> begin, std::function<void()> end) {
  begin_ = std::move(begin);
  end_ = std::move(end);
  started_ = true;
}

void sim_loop::join() {
  while (started_ && !ended_) all_.pump_one();
}

void sim_loop::pause(std::chrono::milliseconds) {
  all_.pump_one();
}

bool sim_loop::is_ready(time_point moment) const {
  if (!started_ || ended_ || busy_until_ > moment) return false;
  return stopping_ || !tasks_.empty() || (alarm_ && alarm_->first <= moment) ||
         (!held_.empty() && held_.begin()->first <= moment);
}

std::optional<time_point> sim_loop::next_moment() const {
  if (!started_ || ended_) return std::nullopt;
  std::optional<time_point> soonest;
  const auto consider = [&](time_point when) {
    soonest = std::max(busy_until_, soonest ? std::min(*soonest, when) : when);
  };
  if (stopping_ || !tasks_.empty()) consider(busy_until_);
  if (!held_.empty()) consider(held_.begin()->first);
  if (alarm_) consider(alarm_->first);
  return soonest;
}

void sim_loop::take_held(time_point until) {
  while (!held_.empty() && held_.begin()->first <= until) {
    tasks_.push_back(std::move(held_.begin()->second));
    held_.erase(held_.begin());
  }
}

engine::engine(dice& chance, bool is_traced) : chance_{chance}, is_traced_{is_traced}, clock_{beginning} {
  virtual_now = clock_;
}

engine::~engine() = default;

void engine::after(duration wait, std::function<void()> what) {
  events_.emplace(clock_ + wait, std::move(what));
}

void engine::block_running(duration span) {
  if (running_ != nullptr) running_->busy_until_ = clock_ + span;
}

bool engine::step() {
  ++steps_;
  if (run_due_event()) return true;
  ready_.clear();
  for (sim_loop* const one : loops_) {
    if (one->is_ready(clock_)) ready_.push_back(one);
  }
  if (ready_.empty()) return move_clock();
  sim_loop& chosen = *ready_[chance_.below(ready_.size())];
  if (chance_.percent(3)) {  // its thread is not given the processor for a while: its queue grows
    chosen.busy_until_ = clock_ + chance_.up_to(thread_sleeps_at_most);
    return true;
  }
  run(chosen, /*with_alarm=*/true);
  clock_ += chance_.up_to(task_takes_at_most);
  virtual_now = clock_;
  return true;
}

bool engine::run_due_event() {
  if (events_.empty() || events_.begin()->first > clock_) return false;
  auto first = events_.extract(events_.begin());
  first.mapped()();
  return true;
}

bool engine::move_clock() {
  std::optional<time_point> soonest;
  if (!events_.empty()) soonest = events_.begin()->first;
  for (const sim_loop* const one : loops_) {
    const auto next = one->next_moment();
    if (next && (!soonest || *next < *soonest)) soonest = next;
  }
  if (!soonest) return false;
  clock_ = std::max(clock_, *soonest);
  virtual_now = clock_;
  return true;
}

void engine::run(sim_loop& one, bool with_alarm) {
  one.take_held(clock_);
  std::function<void()> task;
  const bool alarm_due = with_alarm && one.alarm_ && one.alarm_->first <= clock_;
  if (alarm_due && (one.tasks_.empty() || chance_.percent(50))) {
    task = std::move(one.alarm_->second);
    one.alarm_.reset();
  } else if (!one.tasks_.empty()) {
    task = std::move(one.tasks_.front());
    one.tasks_.pop_front();
  }
  running_ = &one;
  one.begin_();
  if (task && !one.stopping_) task();
  task = nullptr;  // on its own thread: it may hold the last handle of an actor
  if (one.stopping_) finish(one);
  lane_unit::current() = nullptr;
  running_ = nullptr;
}

void engine::finish(sim_loop& one) {
  one.end_();
  one.ended_ = true;
  one.tasks_.clear();
  one.held_.clear();
  one.alarm_.reset();
}

void engine::pump_one() {
  for (sim_loop* const one : loops_) {
    one->take_held(time_point::max());
    if (!one->started_ || one->ended_ || (one->tasks_.empty() && !one->stopping_)) continue;
    one->busy_until_ = clock_;
    return run(*one, /*with_alarm=*/false);
  }
  for (sim_loop* const one : loops_) {
    if (!one->started_ || one->ended_ || !one->alarm_) continue;
    one->tasks_.push_back(std::move(one->alarm_->second));
    one->alarm_.reset();
    return;
  }
  std::fputs("the coordinator does not end: it waits for something that nobody does\n", stderr);
  std::abort();
}

void engine::trace(std::string_view who, std::string_view what, std::string_view detail) {
  const auto mix = [this](std::string_view text) {
    for (const char byte : text) hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
    hash_ = (hash_ ^ 0x1f) * 1099511628211ULL;
  };
  mix(who);
  mix(what);
  mix(detail);
  hash_ = (hash_ ^ static_cast<std::uint64_t>(clock_.time_since_epoch().count())) * 1099511628211ULL;
  if (!is_traced_) return;
  const double seconds = std::chrono::duration<double>(clock_ - beginning).count();
  std::printf("%11.6f  %-6.*s %.*s %.*s\n", seconds, static_cast<int>(who.size()), who.data(),
              static_cast<int>(what.size()), what.data(), static_cast<int>(detail.size()), detail.data());
}

}  // namespace sim
}  // namespace treaty
