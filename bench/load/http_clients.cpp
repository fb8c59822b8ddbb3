#include "bench/load/http_clients.hpp"

#include <stdexcept>
#include <utility>

#include "bench/load/wire.hpp"

namespace treaty::load {

http_clients::http_clients(std::size_t slots, endpoint coordinator, endpoint participants, poller& events)
    : coordinator_{std::move(coordinator)},
      participants_{std::move(participants)},
      events_{events},
      connections_(2 * slots),
      scratch_(64 * 1024) {}

void http_clients::send(std::size_t slot, request_template& request, std::string_view gid) {
  const std::size_t number = 2 * slot + (request.to == addressee::coordinator ? 0 : 1);
  connection& one = connections_[number];
  write_gid(request, gid);
  one.waiting = true;
  if ((one.socket || connect(number)) && write_all(one.socket, request.text) == io_end::open) return;
  one.socket.close();
  one.waiting = false;
  unsent_.push_back({slot, client_answer::broken});
  events_.wake();
}

bool http_clients::connect(std::size_t number) {
  connection& one = connections_[number];
  one.input.clear();
  try {
    one.socket = connect_to(address_of(number));
    events_.watch(one.socket, number);
    return true;
  } catch (const std::runtime_error&) {
    return false;  // counted by whoever gets no answer
  }
}

void http_clients::take_answers(std::span<const epoll_event> ready, std::vector<client_answer>& to) {
  for (const epoll_event& event : ready)
    if (event.data.u64 != poller::wake_tag) read(event.data.u64, to);
  to.insert(to.end(), unsent_.begin(), unsent_.end());
  unsent_.clear();
}

void http_clients::read(std::size_t number, std::vector<client_answer>& to) {
  connection& one = connections_[number];
  if (!one.socket) return;
  const io_end end = read_available(one.socket, scratch_, one.input);
  framed_message message;
  if (frame(one.input, message) == framing::whole) {
    if (std::exchange(one.waiting, false)) to.push_back({number / 2, status_of(message.start_line)});
    one.input.erase(0, message.size);
  }
  if (end == io_end::open) return;
  one.socket.close();
  if (std::exchange(one.waiting, false)) to.push_back({number / 2, client_answer::broken});
}

}  // namespace treaty::load
