#pragma once

#include <array>
#include <deque>
#include <string>

#include "bench/load/clients.hpp"
#include "bench/load/sockets.hpp"

namespace treaty::load {

/// HTTP/1.1, over as many connections to the coordinator, and to the participants, as it may have. Where there is one
/// for each slot, each keeps its own; else a request takes one that is free, or waits for it.
class http_clients final : public clients {
public:
  http_clients(std::size_t slots, std::size_t connections, endpoint coordinator, endpoint participants, poller& events);
  void send(std::size_t slot, request_template& request, std::string_view gid) override;
  void take_answers(std::span<const epoll_event> ready, std::vector<client_answer>& to) override;

private:
  struct connection {
    descriptor socket;
    std::string input;
    std::size_t slot = 0;
    bool waiting = false;  // for an answer
  };
  struct unsent_request {
    std::size_t slot;
    request_template* request;
    std::string gid;
  };
  struct pool {
    endpoint to;
    std::vector<connection> all;
    std::vector<std::size_t> free;
    std::deque<unsent_request> queue;
  };

  void send_over(std::size_t which, std::size_t number, std::size_t slot, request_template& request,
                 std::string_view gid);
  bool connect(std::size_t which, std::size_t number);
  void read(std::uint64_t tag, std::vector<client_answer>& to);
  void let_go(std::size_t which, std::size_t number);
  void send_queued();
  bool each_has_its_own() const { return pools_.front().all.size() == slots_; }

  const std::size_t slots_;
  poller& events_;
  std::array<pool, 2> pools_;  // to the coordinator, to the participants
  std::vector<client_answer> unsent_;
  std::vector<char> scratch_;
};

}  // namespace treaty::load
