#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace treaty {

/// Something that may be waited for too long. Leaves its list when it is destroyed.
class deadline_entry {
public:
  deadline_entry() = default;
  deadline_entry(const deadline_entry&) = delete;
  deadline_entry& operator=(const deadline_entry&) = delete;
  virtual ~deadline_entry() { leave(); }
  /// The moment has come; the entry has left the list before.
  virtual void expired() = 0;
  void leave();

private:
  friend class deadline_list;
  deadline_entry* previous_ = nullptr;
  deadline_entry* next_ = nullptr;
  class deadline_list* list_ = nullptr;
  std::int64_t tick_ = 0;
};

/// Deadlines in ticks of 10 ms, so that one timer serves any number of calls and calls of one tick share one node.
/// An entry expires up to one tick late, never early. Threads: one.
class deadline_list {
public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds tick{10};

  /// The moment at which an entry of `when` is found expired.
  static clock::time_point moment_of(clock::time_point when);
  void add(deadline_entry& entry, clock::time_point when);
  /// Expires what is due; entries may be added and removed meanwhile.
  void sweep(clock::time_point now);
  /// When to sweep next.
  std::optional<clock::time_point> earliest() const;

private:
  friend class deadline_entry;
  std::map<std::int64_t, deadline_entry*> first_by_tick_;  // never null
};

}  // namespace treaty
