#pragma once

#include <array>

#include "net/http/hook_queue.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Registry;
}  // namespace prometheus

namespace treaty {

/// What became of a notice for a web-hook.
enum class hook_outcome : std::uint8_t {
  delivered = 1,
  failed,   // given up after the last try
  dropped,  // there was no room for it
};

/// Lives as long as the registry. Threads: any.
class hook_metrics {
public:
  explicit hook_metrics(prometheus::Registry& registry);
  void count(hook_kind kind, hook_outcome outcome);
  void kept(std::size_t notices);

private:
  std::array<std::array<prometheus::Counter*, 3>, 2> posts_{};
  prometheus::Gauge& queue_;
};

}  // namespace treaty
