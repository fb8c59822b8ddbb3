#include "net/http/name_resolver.hpp"

#include <netdb.h>

#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace treaty {

name_resolver::answer name_resolver::ask_system(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_protocol = IPPROTO_TCP;
  addrinfo* first = nullptr;
  answer out{{}, "no address"};
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &first); error != 0) {
    out.why_none = ::gai_strerror(error);
    return out;
  }
  for (const addrinfo* one = first; one != nullptr; one = one->ai_next) {
    boost::asio::ip::tcp::endpoint where;
    if (one->ai_addrlen > where.capacity()) continue;
    where.resize(one->ai_addrlen);
    std::memcpy(where.data(), one->ai_addr, one->ai_addrlen);
    out.found.push_back(where);
  }
  ::freeaddrinfo(first);
  return out;
}

/// Where questions wait for a thread. Shared with the threads: one that waits for the name service cannot be
/// interrupted, and may outlive the resolver.
class name_resolver::desk : public std::enable_shared_from_this<desk> {
public:
  desk(boost::asio::io_context& io, look_up how) : how_{std::move(how)}, io_{&io} {}

  void ask(std::string host, std::uint16_t port, heard then) {
    const std::lock_guard guard{mutex_};
    questions_.push_back({std::move(host), port, std::move(then)});
    if (idle_ >= questions_.size()) return came_.notify_one();
    if (threads_ < at_once_max) start_thread();
  }

  void close() {
    std::deque<question> dropped;
    const std::lock_guard guard{mutex_};
    io_ = nullptr;
    dropped.swap(questions_);
    came_.notify_all();
  }

private:
  using lock = std::unique_lock<std::mutex>;
  struct question {
    std::string host;
    std::uint16_t port;
    heard then;
  };

  void start_thread() {
    try {
      std::thread{[self = shared_from_this()] { self->work(); }}.detach();
      ++threads_;
    } catch (const std::system_error&) {
      if (threads_ > 0) return;  // they get there
      for (question& one : std::exchange(questions_, {})) tell(one, {{}, "no thread to look it up"});
    }
  }

  void work() {
    for (lock guard{mutex_}; wait_for_question(guard);) {
      question one = std::move(questions_.front());
      questions_.pop_front();
      guard.unlock();
      answer said = how_(one.host, one.port);
      guard.lock();
      if (io_ != nullptr) tell(one, std::move(said));
    }
  }

  bool wait_for_question(lock& guard) {
    ++idle_;
    came_.wait(guard, [this] { return io_ == nullptr || !questions_.empty(); });
    --idle_;
    return io_ != nullptr;
  }

  void tell(question& one, answer&& said) {
    boost::asio::post(*io_, [then = std::move(one.then), said = std::move(said)]() mutable {
      then(std::move(said.found), said.why_none);
    });
  }

  const look_up how_;
  std::mutex mutex_;
  std::condition_variable came_;
  boost::asio::io_context* io_;  // null: nobody listens any more
  std::deque<question> questions_;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;
};

name_resolver::name_resolver(boost::asio::io_context& io, look_up how)
    : desk_{std::make_shared<desk>(io, std::move(how))} {}

name_resolver::~name_resolver() {
  desk_->close();
}

void name_resolver::ask(std::string host, std::uint16_t port, heard then) {
  desk_->ask(std::move(host), port, std::move(then));
}

}  // namespace treaty
