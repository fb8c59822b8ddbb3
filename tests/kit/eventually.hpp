#pragma once

#include <chrono>
#include <thread>

namespace treaty::kit {

/// Asks `holds` again and again until it says true or `limit` has passed; returns what it said last. For facts that
/// only asking reveals (the state of another process): a test passes as soon as the fact holds, however slow the
/// machine is.
template <class Predicate>
bool eventually(Predicate holds, std::chrono::milliseconds limit = std::chrono::seconds{20}) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) return holds();
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return true;
}

}  // namespace treaty::kit
