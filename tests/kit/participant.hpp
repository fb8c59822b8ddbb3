#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/kit/http_message.hpp"

namespace treaty::kit {

/// One branch call as a business service saw it.
struct seen_call {
  std::string gid;
  std::string branch;
  std::string op;
  std::string path;  // without query
  http_message message;
  int answered = 0;  // the status; 0: not yet, or the service hung up
};

/// What a business service does with a call.
struct scripted_reply {
  int status = 200;
  std::string body = R"({"dtm_result":"SUCCESS"})";
  std::chrono::milliseconds delay{0};
  bool hang_up = false;  // closes the connection instead of answering
  bool reset = false;    // the same, with a reset
  std::vector<std::string> headers{};
};

/// A business service on a port of its own: answers by script, and keeps a ledger of all calls in the order in which
/// they came in. One thread for each connection. Threads: any.
class participant {
public:
  using script = std::function<scripted_reply(const seen_call&)>;

  participant();
  participant(const participant&) = delete;
  participant& operator=(const participant&) = delete;
  ~participant();

  /// What calls to `path` get from now on; a path without a script is answered with success.
  void on(const std::string& path, script what);
  void on(const std::string& path, scripted_reply what);
  std::string url(const std::string& path) const;
  std::uint16_t port() const { return listener_.port(); }

  std::vector<seen_call> ledger() const;
  std::vector<seen_call> ledger_of(const std::string& gid) const;
  /// "action 01, compensate 01": the calls of one transaction in a line.
  std::string story_of(const std::string& gid) const;
  /// Waits until `holds` is true of the ledger of `gid`; returns whether it came true in time.
  bool wait_for(const std::string& gid, const std::function<bool(const std::vector<seen_call>&)>& holds,
                std::chrono::milliseconds limit = std::chrono::seconds{20}) const;

private:
  struct session {
    tcp_stream stream;
    std::thread thread;
  };

  void accept_all();
  void serve(tcp_stream& stream);
  scripted_reply enter(seen_call call, std::size_t& row);
  bool rest(std::chrono::milliseconds delay);

  tcp_listener listener_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, script> scripts_;
  std::vector<seen_call> ledger_;
  std::list<session> sessions_;
  bool stopping_ = false;
  std::thread acceptor_;
};

}  // namespace treaty::kit
