#include "actors/sweeper.hpp"

namespace treaty {
namespace {

constexpr std::size_t rows_a_sweep = 20'000;
/// Often, so that a sweep has little to do; not each second, so that rows that follow one another go together.
constexpr std::chrono::seconds pause_between_sweeps{5};

}  // namespace

void sweep_when_due(lane_surroundings& around) {
  if (around.sweep_under_way || now() < around.next_sweep.load()) return;
  around.sweep_under_way = true;
  around.sweeper->send(read_job{[&around](store& kept) {
    const auto removed = kept.expire(now() - around.options.finished_expire, rows_a_sweep);
    if (removed) around.metrics.expired->Increment(static_cast<double>(*removed));
    const bool more = removed && *removed == rows_a_sweep;
    around.next_sweep = now() + (more ? std::chrono::seconds{0} : pause_between_sweeps);
    around.sweep_under_way = false;
  }});
}

}  // namespace treaty
