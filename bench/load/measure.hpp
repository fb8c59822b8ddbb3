#pragma once

#include <string>
#include <vector>

#include "bench/load/report.hpp"
#include "bench/load/world.hpp"

namespace treaty::load {

class coordinator_under_load;

/// `coordinator` is null in the floor profile.
sample take_sample(const coordinator_under_load* coordinator, const participants& services);

/// What the transactions of the plan exchange, on the average.
exchanges count_exchanges(const work_plan& plan, const std::vector<call_rules>& rules);

/// Warms up, measures and drains as the options say, and fills in the report.
void measure(world& in, work_plan plan, const coordinator_under_load* coordinator, load_report& report);
/// The same in a world of its own.
void measure_against(const coordinator_under_load& coordinator, load_report& report);

/// The phases of an open loop, one after the other, with everything that was read and counted meanwhile.
struct open_phase {
  std::string name;
  double rate = 0;
  std::chrono::milliseconds length{0};
};
/// `main` is the position of the phase whose costs and counts the report gives as its own.
void run_phases(world& in, const coordinator_under_load& coordinator, const std::vector<open_phase>& phases,
                std::size_t main, std::chrono::milliseconds window, watch_options watching, load_report& report);

/// What to watch of that coordinator.
watch_options watch_of(const coordinator_under_load& coordinator);

}  // namespace treaty::load
