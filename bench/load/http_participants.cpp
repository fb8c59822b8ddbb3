#include "bench/load/http_participants.hpp"

#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "bench/load/habits.hpp"
#include "bench/load/process.hpp"
#include "bench/load/wire.hpp"

namespace treaty::load {
namespace {

constexpr std::string_view success_response =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n{\"dtm_result\":\"SUCCESS\"}";
constexpr std::string_view refusal_response =
    "HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n{\"dtm_result\":\"FAILURE\"}";
constexpr std::string_view ongoing_response =
    "HTTP/1.1 425 Too Early\r\nContent-Type: application/json\r\nContent-Length: "
    "24\r\n\r\n{\"dtm_result\":\"ONGOING\"}";
constexpr std::string_view trouble_response =
    "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
constexpr std::chrono::hours forever{1};
constexpr std::uint64_t listener_tag = poller::wake_tag - 1;

}  // namespace

/// One thread with its own listener and connections.
class http_participants::server {
public:
  server(std::uint16_t port, const participant_habits& habits, call_board& board, poller& generator)
      : latency_ns_{std::chrono::nanoseconds{habits.latency}.count()},
        reactions_{habits},
        listener_{listen_on(port)},
        board_{board},
        generator_{generator} {
    poller_.watch(listener_, listener_tag);
    thread_ = std::thread{[this] { run(); }};
  }
  ~server() {
    stopping_.store(true);
    poller_.wake();
    thread_.join();
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::uint16_t port() const { return port_of(listener_); }
  std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
  std::int64_t cpu_ns() { return thread_cpu_ns(thread_); }
  call_faults faults() const {
    const std::scoped_lock lock{faults_mutex_};
    return faults_;
  }

private:
  struct session {
    descriptor socket;
    std::string input;
  };

  struct late_answer {
    std::int64_t due;
    std::uint64_t session;
    std::string text;
  };

  void run();
  void accept_all();
  void serve(std::uint64_t tag);
  void send_late();
  std::chrono::nanoseconds wait_limit() const;
  std::size_t answer_whole(std::string_view input);
  std::string_view answer_one(std::string_view start_line);
  std::string_view carry_out(const branch_call& call);
  void flush();

  const std::int64_t latency_ns_;
  reactions reactions_;
  poller poller_;
  descriptor listener_;
  call_board& board_;
  poller& generator_;
  std::unordered_map<std::uint64_t, session> sessions_;
  std::uint64_t next_tag_ = 0;
  std::array<char, 64 * 1024> scratch_;
  std::string output_;
  std::deque<late_answer> late_;  // all are equally late, so the first is due first
  std::vector<completed_transaction> completed_;
  std::uint64_t served_ = 0;
  call_faults found_;
  mutable std::mutex faults_mutex_;
  call_faults faults_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

void http_participants::server::run() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    for (const epoll_event& event : poller_.wait(wait_limit())) {
      if (event.data.u64 == listener_tag) {
        accept_all();
      } else if (event.data.u64 != poller::wake_tag) {
        serve(event.data.u64);
      }
    }
    send_late();
    flush();
  }
}

std::chrono::nanoseconds http_participants::server::wait_limit() const {
  if (late_.empty()) return forever;
  return std::chrono::nanoseconds{std::max<std::int64_t>(late_.front().due - now_ns(), 0)};
}

void http_participants::server::send_late() {
  const std::int64_t now = late_.empty() ? 0 : now_ns();
  for (; !late_.empty() && late_.front().due <= now; late_.pop_front()) {
    const auto found = sessions_.find(late_.front().session);
    if (found == sessions_.end()) continue;
    if (write_all(found->second.socket, late_.front().text) == io_end::closed) sessions_.erase(found);
  }
}

void http_participants::server::accept_all() {
  while (true) {
    descriptor socket{::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!socket) return;
    poller_.watch(socket, next_tag_);
    sessions_.emplace(next_tag_++, session{std::move(socket), {}});
  }
}

void http_participants::server::serve(std::uint64_t tag) {
  const auto found = sessions_.find(tag);
  if (found == sessions_.end()) return;
  session& one = found->second;
  const io_end read = read_available(one.socket, scratch_, one.input);
  output_.clear();
  one.input.erase(0, answer_whole(one.input));
  io_end written = io_end::open;
  if (latency_ns_ == 0) {
    written = write_all(one.socket, output_);
  } else if (!output_.empty()) {
    late_.push_back({now_ns() + latency_ns_, tag, output_});
  }
  if (read == io_end::closed || written == io_end::closed) sessions_.erase(found);
}

/// Answers every whole request in `input`; returns how many bytes these were.
std::size_t http_participants::server::answer_whole(std::string_view input) {
  std::size_t done = 0;
  framed_message message;
  while (true) {
    const framing end = frame(input.substr(done), message);
    if (end == framing::incomplete) return done;
    if (end == framing::broken) {
      ++found_.malformed;
      return input.size();
    }
    output_.append(answer_one(message.start_line));
    ++served_;
    done += message.size;
  }
}

std::string_view http_participants::server::answer_one(std::string_view start_line) {
  const auto call = parse_call(start_line);
  if (!call) {
    ++found_.malformed;
    return success_response;
  }
  if (call->path == "/floor") return success_response;
  switch (reactions_.next()) {
    case reaction::carry_out:
      return carry_out(*call);
    case reaction::trouble:
      board_.look_at(*call, found_);
      return trouble_response;
    case reaction::ongoing:
      board_.look_at(*call, found_);
      return ongoing_response;
  }
  return trouble_response;
}

std::string_view http_participants::server::carry_out(const branch_call& call) {
  if (const auto done = board_.note(call, now_ns(), found_)) completed_.push_back(*done);
  return call.path == "/refuse" ? refusal_response : success_response;
}

void http_participants::server::flush() {
  board_.completed(completed_, generator_);
  requests_.store(served_, std::memory_order_relaxed);
  if (found_.none()) return;
  const std::scoped_lock lock{faults_mutex_};
  faults_ = found_;
}

http_participants::http_participants(std::size_t threads, const participant_habits& habits, call_board& board,
                                     poller& generator) {
  for (std::size_t i = 0; i < threads; ++i) {
    servers_.push_back(std::make_unique<server>(port_, habits, board, generator));
    port_ = servers_.back()->port();
  }
}

http_participants::~http_participants() = default;

std::uint64_t http_participants::requests() const {
  std::uint64_t sum = 0;
  for (const auto& one : servers_) sum += one->requests();
  return sum;
}

call_faults http_participants::faults() const {
  call_faults sum;
  for (const auto& one : servers_) sum += one->faults();
  return sum;
}

std::optional<std::int64_t> http_participants::cpu_ns() const {
  std::int64_t sum = 0;
  for (const auto& one : servers_) sum += one->cpu_ns();
  return sum;
}

}  // namespace treaty::load
