#pragma once

#include <string>

#include "bench/load/clients.hpp"
#include "bench/load/sockets.hpp"

namespace treaty::load {

/// HTTP/1.1: each slot keeps a connection to the coordinator and, when it calls them, one to the participants.
class http_clients final : public clients {
public:
  http_clients(std::size_t slots, endpoint coordinator, endpoint participants, poller& events);
  void send(std::size_t slot, request_template& request, std::string_view gid) override;
  void take_answers(std::span<const epoll_event> ready, std::vector<client_answer>& to) override;

private:
  struct connection {
    descriptor socket;
    std::string input;
    bool waiting = false;  // for an answer
  };
  endpoint address_of(std::size_t number) const { return number % 2 == 0 ? coordinator_ : participants_; }
  bool connect(std::size_t number);
  void read(std::size_t number, std::vector<client_answer>& to);

  const endpoint coordinator_;
  const endpoint participants_;
  poller& events_;
  std::vector<connection> connections_;  // of slot n: 2n to the coordinator, 2n + 1 to the participants
  std::vector<client_answer> unsent_;
  std::vector<char> scratch_;
};

}  // namespace treaty::load
