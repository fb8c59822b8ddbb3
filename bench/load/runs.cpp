#include "bench/load/runs.hpp"

#include <utility>

#include "bench/load/coordinator.hpp"
#include "bench/load/measure.hpp"

namespace treaty::load {

load_report run_transactions(const load_options& options) {
  load_report report{};
  report.options = options;
  if (options.with_floor) {
    load_options floor = options;
    floor.duration /= 2;
    report.floor_per_second = run_floor(floor).per_second();
  }
  const coordinator_under_load coordinator{options};
  measure_against(coordinator, report);
  return report;
}

load_report run_floor(const load_options& options) {
  load_report report{};
  report.options = options;
  world in{options, nullptr};
  work_plan plan = in.plan(options);
  report.each = count_exchanges(plan, in.rules);
  transaction_plan& only = plan.kinds.front();
  only.until_branches_called = false;
  for (request_template& one : only.requests) one = in.words->at_floor(std::move(one));
  const request_template branch_call =
      in.words->at_floor(in.words->call({.type = "saga", .branch = 0, .op = "action", .url = in.words->url("ok")}));
  only.requests.insert(only.requests.end(), static_cast<std::size_t>(report.each.branch_calls), branch_call);
  measure(in, std::move(plan), nullptr, report);
  return report;
}

}  // namespace treaty::load
