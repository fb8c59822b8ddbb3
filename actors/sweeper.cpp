#include "actors/sweeper.hpp"

namespace treaty {
namespace {

constexpr std::size_t rows_at_once = 2'000;
constexpr std::size_t rows_a_sweep = 40 * rows_at_once;  // then others may have the thread
constexpr std::chrono::seconds pause_between_sweeps{30};

}  // namespace

void sweep_when_due(lane_surroundings& around) {
  if (around.sweep_under_way || now() < around.next_sweep.load()) return;
  around.sweep_under_way = true;
  around.sweeper->send(read_job{[&around](store& kept) {
    bool more = true;
    for (std::size_t rows = 0; more && rows < rows_a_sweep; rows += rows_at_once) {
      const auto removed = kept.expire(now() - around.options.finished_expire, rows_at_once);
      if (removed) around.metrics.expired->Increment(static_cast<double>(*removed));
      more = removed && *removed == rows_at_once;
    }
    around.next_sweep = now() + (more ? std::chrono::seconds{0} : pause_between_sweeps);
    around.sweep_under_way = false;
  }});
}

}  // namespace treaty
