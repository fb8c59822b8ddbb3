#include "bench/load/generator.hpp"

#include <algorithm>
#include <stdexcept>

#include "bench/load/process.hpp"
#include "bench/load/wire.hpp"

namespace treaty::load {
namespace {

constexpr std::int64_t rest_ns = 10'000'000;

}  // namespace

generator::generator(std::size_t in_flight, work_plan plan, saga_board& board, poller& events)
    : plan_{std::move(plan)}, board_{board}, events_{events}, slots_(in_flight), scratch_(64 * 1024) {}

generator::~generator() {
  finish(std::chrono::milliseconds{0});
}

void generator::start() {
  thread_ = std::thread{[this] { run(); }};
}

void generator::run() {
  for (std::size_t number = 0; number < slots_.size(); ++number) begin(number);
  while (true) {
    for (const epoll_event& event : events_.wait(wait_limit())) {
      if (event.data.u64 != poller::wake_tag) readable(event.data.u64);
    }
    take_completed();
    begin_rested();
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
  if (one.socket || connect(number)) {
    send(number);
  } else {
    give_up(number);
  }
}

void generator::send(std::size_t number) {
  slot& one = slots_[number];
  request_template& request = plan_.requests[one.request];
  if (request.gid_at != std::string::npos) board_.open(number, request.text.data() + request.gid_at);
  if (write_all(one.socket, request.text) == io_end::open) return;
  one.socket.close();
  give_up(number);
}

void generator::readable(std::size_t number) {
  slot& one = slots_[number];
  if (!one.socket) return;
  const io_end end = read_available(one.socket, scratch_, one.input);
  framed_message message;
  if (frame(one.input, message) == framing::whole) {
    const int status = status_of(message.start_line);
    one.input.erase(0, message.size);
    take_answer(number, status);
  } else if (end == io_end::open) {
    return;
  }
  if (end == io_end::open) return;
  one.socket.close();
  if (one.busy && one.answered == 0) give_up(number);
}

void generator::take_answer(std::size_t number, int status) {
  slot& one = slots_[number];
  if (!one.busy) return;
  if (status != plan_.expected_status) {
    ++counts_.refused[status];
    give_up(number);
    return;
  }
  if (++one.request < plan_.requests.size()) {
    send(number);
    return;
  }
  one.answered = now_ns();
  finish_if_done(number);
}

void generator::take_completed() {
  completed_.clear();
  board_.take_completed(completed_);
  for (const completed_saga& saga : completed_) {
    if (!board_.is_current(saga)) continue;
    slots_[saga.slot].called = saga.at;
    finish_if_done(saga.slot);
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
  finished_.fetch_add(1, std::memory_order_relaxed);
  one.busy = false;
  --busy_;
  begin(number);
}

/// The slot's work came to no good end: it rests, and then begins anew under another gid.
void generator::give_up(std::size_t number) {
  counts_.broken_connections += slots_[number].socket ? 0 : 1;
  board_.close(number);
  slots_[number].busy = false;
  --busy_;
  --begun_;
  resting_.emplace_back(now_ns() + rest_ns, number);
}

void generator::begin_rested() {
  const std::int64_t now = resting_.empty() ? 0 : now_ns();
  while (!resting_.empty() && resting_.front().first <= now) {
    const std::size_t number = resting_.front().second;
    resting_.pop_front();
    begin(number);
  }
}

bool generator::connect(std::size_t number) {
  slot& one = slots_[number];
  one.input.clear();
  try {
    one.socket = connect_to(plan_.to);
    events_.watch(one.socket, number);
    return true;
  } catch (const std::runtime_error&) {
    return false;  // counted by the caller
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

std::int64_t generator::cpu_ns() {
  return thread_.joinable() ? thread_cpu_ns(thread_) : 0;
}

}  // namespace treaty::load
