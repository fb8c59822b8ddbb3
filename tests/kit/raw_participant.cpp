#include "tests/kit/raw_participant.hpp"

#include <utility>

namespace treaty::kit {
namespace {

steady::time_point soon() {
  return steady::now() + std::chrono::seconds{20};
}

}  // namespace

raw_participant::raw_participant(script what) : script_{std::move(what)} {
  acceptor_ = std::thread{[this] {
    for (tcp_stream stream = listener_.accept(); stream.is_open(); stream = listener_.accept()) {
      const std::lock_guard lock{mutex_};
      session& added = sessions_.emplace_back();
      added.stream = std::move(stream);
      added.thread = std::thread{[this, &added, index = accepted_++] {
        script_(added.stream, index);
        added.stream.shut_down();
      }};
    }
  }};
}

raw_participant::~raw_participant() {
  listener_.shut_down();
  acceptor_.join();
  for (session& one : sessions_) {
    one.stream.shut_down();
    one.thread.join();
  }
}

std::string raw_participant::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port()) + path;
}

bool read_head(tcp_stream& stream, std::string& head) {
  while (head.find("\r\n\r\n") == std::string::npos)
    if (stream.read_some(head, soon()) != tcp_stream::read_end::bytes) return false;
  return true;
}

void answer_each(tcp_stream& stream, const std::string& bytes) {
  for (std::string head; read_head(stream, head); head.clear())
    if (!stream.write(bytes, soon())) return;
}

void wait_for_close(tcp_stream& stream) {
  std::string ignored;
  while (stream.read_some(ignored, soon()) == tcp_stream::read_end::bytes) ignored.clear();
}

std::string ok_answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace treaty::kit
