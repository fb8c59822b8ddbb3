#include "bench/load/generator.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "bench/load/sockets.hpp"

namespace treaty::load {
namespace {

constexpr std::int64_t rest_ns = 10'000'000;

}  // namespace

generator::generator(std::size_t in_flight, work_plan plan, clients& asking, call_board& board, poller& events)
    : plan_{std::move(plan)}, clients_{asking}, board_{board}, events_{events}, slots_(in_flight) {}

generator::~generator() {
  finish(std::chrono::milliseconds{0});
}

void generator::start() {
  thread_ = std::thread{[this] { run(); }};
}

void generator::run() {
  for (std::size_t number = 0; number < slots_.size(); ++number) begin(number);
  while (true) {
    answers_.clear();
    clients_.take_answers(events_.wait(wait_limit()), answers_);
    for (const client_answer& answer : answers_) take_answer(answer);
    take_completed();
    go_on_rested();
    const bool nothing_left = plan_.limit != 0 && begun_ >= plan_.limit && resting_.empty();
    if (busy_ == 0 && (nothing_left || stopping_.load())) return;
    if (stopping_.load() && now_ns() >= drain_until_.load()) break;
  }
  counts_.missing = busy_;
}

int generator::wait_limit() const {
  const std::int64_t most = 100;
  if (resting_.empty()) return static_cast<int>(most);
  return static_cast<int>(std::clamp<std::int64_t>((resting_.front().first - now_ns()) / 1'000'000 + 1, 0, most));
}

bool generator::may_begin() const {
  return !stopping_.load(std::memory_order_relaxed) && (plan_.limit == 0 || begun_ < plan_.limit);
}

void generator::begin(std::size_t number) {
  if (!may_begin()) return;
  slot& one = slots_[number];
  ++begun_;
  ++busy_;
  one.busy = true;
  one.request = 0;
  one.answered = 0;
  one.called = 0;
  one.started = now_ns();
  board_.open(number, one.gid.data());
  send(number);
}

void generator::send(std::size_t number) {
  slot& one = slots_[number];
  clients_.send(number, plan_.requests[one.request], std::string_view{one.gid.data(), one.gid.size()});
}

void generator::take_answer(const client_answer& answer) {
  slot& one = slots_[answer.slot];
  if (answer.status == client_answer::broken) {
    ++counts_.broken_connections;
    give_up(answer.slot);
  } else if (answer.status != plan_.requests[one.request].expected_status) {
    ++counts_.refused[answer.status];
    // Nothing is stored of a transaction whose first request was refused. One that is begun has to be ended.
    if (one.request == 0) {
      give_up(answer.slot);
    } else {
      rest(answer.slot);
    }
  } else if (++one.request < plan_.requests.size()) {
    send(answer.slot);
  } else {
    one.answered = now_ns();
    finish_if_done(answer.slot);
  }
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
  if (!one.busy || one.answered == 0 || (plan_.until_branches_called && one.called == 0)) return;
  if (measuring_.load(std::memory_order_relaxed)) {
    ++counts_.finished;
    counts_.to_answer.add(one.answered - one.started);
    if (plan_.until_branches_called) counts_.to_last_branch.add(one.called - one.started);
  }
  one.busy = false;
  --busy_;
  begin(number);
}

/// The slot's transaction came to no good end: the slot rests, and then begins anew under another gid.
void generator::give_up(std::size_t number) {
  board_.close(number);
  slots_[number].busy = false;
  --busy_;
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
    } else {
      begin(number);
    }
  }
}

const tally& generator::finish(std::chrono::milliseconds limit) {
  drain_until_.store(now_ns() + std::chrono::nanoseconds{limit}.count());
  stopping_.store(true);
  await_limit();
  return counts_;
}

void generator::await_limit() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace treaty::load
