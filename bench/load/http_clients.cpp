#include "bench/load/http_clients.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "bench/load/wire.hpp"

namespace treaty::load {

http_clients::http_clients(std::size_t slots, std::size_t connections, endpoint coordinator, endpoint participants,
                           poller& events)
    : slots_{slots}, events_{events}, scratch_(64 * 1024) {
  pools_[0].to = std::move(coordinator);
  pools_[1].to = std::move(participants);
  for (pool& one : pools_) {
    one.all.resize(std::min(slots, connections));
    for (std::size_t number = one.all.size(); number-- > 0;) one.free.push_back(number);
  }
}

void http_clients::send(std::size_t slot, request_template& request, std::string_view gid) {
  const std::size_t which = request.to == addressee::coordinator ? 0 : 1;
  pool& among = pools_[which];
  if (each_has_its_own()) return send_over(which, slot, slot, request, gid);
  if (among.free.empty()) {
    among.queue.push_back({slot, &request, std::string{gid}});
    return;
  }
  const std::size_t number = among.free.back();
  among.free.pop_back();
  send_over(which, number, slot, request, gid);
}

void http_clients::send_over(std::size_t which, std::size_t number, std::size_t slot, request_template& request,
                             std::string_view gid) {
  connection& one = pools_[which].all[number];
  write_gid(request, gid);
  one.slot = slot;
  one.waiting = true;
  if ((one.socket || connect(which, number)) && write_all(one.socket, request.text) == io_end::open) return;
  one.socket.close();
  one.waiting = false;
  unsent_.push_back({.slot = slot});
  let_go(which, number);
  events_.wake();
}

bool http_clients::connect(std::size_t which, std::size_t number) {
  connection& one = pools_[which].all[number];
  one.input.clear();
  try {
    one.socket = connect_to(pools_[which].to);
    events_.watch(one.socket, 2 * number + which);
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
  send_queued();
}

void http_clients::read(std::uint64_t tag, std::vector<client_answer>& to) {
  const std::size_t which = tag % 2;
  const std::size_t number = tag / 2;
  connection& one = pools_[which].all[number];
  if (!one.socket) return;
  const io_end end = read_available(one.socket, scratch_, one.input);
  framed_message message;
  bool answered = false;
  if (frame(one.input, message) == framing::whole) {
    answered = std::exchange(one.waiting, false);
    const int status = status_of(message.start_line);
    const auto hint = status == 429 ? retry_after_ms(one.input) : std::nullopt;
    if (answered) to.push_back({one.slot, status, hint.value_or(client_answer::no_hint)});
    one.input.erase(0, message.size);
  }
  if (end == io_end::closed) {
    one.socket.close();
    if (std::exchange(one.waiting, false)) {
      answered = true;
      to.push_back({.slot = one.slot});
    }
  }
  if (answered) let_go(which, number);
}

void http_clients::let_go(std::size_t which, std::size_t number) {
  if (!each_has_its_own()) pools_[which].free.push_back(number);
}

void http_clients::send_queued() {
  for (pool& among : pools_) {
    for (std::size_t tries = std::min(among.queue.size(), among.free.size()); tries > 0; --tries) {
      const unsent_request next = std::move(among.queue.front());
      among.queue.pop_front();
      send(next.slot, *next.request, next.gid);
    }
  }
}

}  // namespace treaty::load
