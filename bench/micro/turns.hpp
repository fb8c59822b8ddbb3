#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "net/loop.hpp"

namespace treaty::micro {

/// Loops without threads: the thread of the benchmark gives each its turn. So what passes between them costs its code,
/// and nobody's waking up; and a run is the same each time. Threads: one.
class turns {
public:
  std::shared_ptr<loop> make_loop();
  /// Until no loop has anything to do but wait for its alarm.
  void run();

private:
  class turn_loop;
  /// Returns whether any of them had something to do.
  bool one_round();

  std::vector<turn_loop*> loops_;
  turn_loop* running_ = nullptr;
};

}  // namespace treaty::micro
