#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/time.hpp"
#include "net/hook_address.hpp"

namespace treaty {

enum class hook_kind : std::uint8_t { alert = 1, completion };

/// A notice is kept from `add` until it is delivered or given up.
struct hook_limits {
  std::size_t kept_max = 10'000;          // a hook may have a quarter of them, a host half of them
  std::size_t bytes_max = 64u << 20;      // of their bodies, shared out in the same way
  std::size_t in_flight_max = 16;         // posts at once
  std::size_t host_in_flight_max = 8;     // of them to one scheme, host and port
  std::size_t hook_in_flight_max = 4;     // of them to one hook
  unsigned tries_max = 5;                 // of one notice
  std::chrono::milliseconds wait{1'000};  // before the second try; then `growth` times the one before
  unsigned growth = 3;
};

/// Notices that wait for their posts: bounded, in turns, so that a hook that hangs or refuses delays and displaces only
/// its own, and a host with many such hooks only theirs. Within a hook in order, but for repeats. No I/O, no clock.
class hook_queue {
  struct hook;

public:
  struct post {
    hook_kind kind = hook_kind::alert;
    hook_address_ptr to;
    std::shared_ptr<const std::string> body;
    unsigned tries = 0;
    hook* owner = nullptr;  // the queue's
  };

  explicit hook_queue(const hook_limits& limits) : limits_{limits} {}
  hook_queue(const hook_queue&) = delete;
  hook_queue& operator=(const hook_queue&) = delete;

  /// False when there is no room for it.
  bool add(post what);
  /// What may be posted now; each is in flight until `delivered` or `failed`.
  std::vector<post> take(time_point now);
  void delivered(const post& what);
  /// True when it will be posted again; otherwise it is given up.
  bool failed(post what, time_point now);

  /// The moment of the next repeat.
  std::optional<time_point> next_due() const;
  std::size_t kept() const { return kept_.count; }
  /// Nothing is in flight and nothing may be posted before `next_due`.
  bool at_rest() const { return in_flight_ == 0 && turns_.empty(); }

private:
  struct load {
    std::size_t count = 0;
    std::size_t bytes = 0;
  };
  struct host {
    std::string key;
    load kept;
    std::size_t in_flight = 0;
    std::list<hook*> turns;  // hooks with something to post now
  };
  struct hook {
    std::string key;
    host* at = nullptr;
    load kept;
    std::size_t in_flight = 0;
    std::deque<post> ready;
  };

  hook& hook_of(const hook_address& to);
  bool has_room(const load& kept, std::size_t bytes, std::size_t share) const;
  void make_ready(post what);
  bool start_next(std::vector<post>& out);
  void start_from(std::list<hook*>::iterator which, host& at, std::vector<post>& out);
  void landed(const post& what);
  void drop(const post& what);
  void forget_if_empty(hook& one);

  const hook_limits limits_;
  std::unordered_map<std::string, host> hosts_;
  std::unordered_map<std::string, hook> hooks_;
  std::list<host*> turns_;  // hosts with hooks that have something to post now
  std::multimap<time_point, post> repeats_;
  load kept_;
  std::size_t in_flight_ = 0;
};

}  // namespace treaty
