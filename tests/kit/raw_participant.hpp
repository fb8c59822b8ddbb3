#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "tests/kit/tcp.hpp"

namespace treaty::kit {

/// A peer that speaks bytes by script, right or wrong. One thread for each connection; `connection` counts from 0.
class raw_participant {
public:
  using script = std::function<void(tcp_stream& stream, int connection)>;

  explicit raw_participant(script what);
  raw_participant(const raw_participant&) = delete;
  raw_participant& operator=(const raw_participant&) = delete;
  ~raw_participant();

  std::string url(const std::string& path) const;
  std::uint16_t port() const { return listener_.port(); }
  int connections() const { return accepted_; }

private:
  struct session {
    tcp_stream stream;
    std::thread thread;
  };

  script script_;
  tcp_listener listener_;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::list<session> sessions_;
  std::thread acceptor_;
};

/// Reads up to the end of a request's headers; false when the connection ended before.
bool read_head(tcp_stream& stream, std::string& head);
/// Answers every request without a body on this connection with these bytes.
void answer_each(tcp_stream& stream, const std::string& bytes);
/// Waits until the other side closes.
void wait_for_close(tcp_stream& stream);
/// A 200 answer with this body.
std::string ok_answer(const std::string& body);

}  // namespace treaty::kit
