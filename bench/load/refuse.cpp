#include <fmt/core.h>

#include <thread>
#include <utility>

#include "bench/load/coordinator.hpp"
#include "bench/load/measure.hpp"
#include "bench/load/process.hpp"
#include "bench/load/runs.hpp"

namespace treaty::load {
namespace {

double branch_calls(const endpoint& coordinator) {
  const auto metrics = read_metrics(coordinator);
  const auto found = metrics.find("treaty_branch_calls_total");
  return found == metrics.end() ? -1 : found->second;
}

/// Submits sagas of one branch, which refuses connections; each is done when its submit is answered.
void submit_stuck(const load_options& options, const coordinator_under_load& coordinator, std::uint16_t refusing) {
  world in{options, &coordinator};
  const std::string url = options.protocol == wire_protocol::http
                              ? fmt::format("http://{}:{}/nobody", options.advertise, refusing)
                              : fmt::format("{}:{}/busi.Busi/nobody", options.advertise, refusing);
  work_plan plan{.limit = options.stuck};
  plan.kinds.push_back({.name = "stuck",
                        .requests = {in.words->ask(asked::submit, {.type = "saga", .steps = {step{url, url}}})},
                        .until_branches_called = false});
  generator flood{options.in_flight, std::move(plan), pacing{.rates = {0}}, *in.asking, in.board, in.events};
  flood.start();
  flood.await_limit();
}

/// Leaves many sagas behind that cannot reach their branch, and then nothing but those for a while.
void leave_stuck(const coordinator_under_load& coordinator, std::uint16_t refusing, load_report& report) {
  const load_options& options = report.options;
  report.resident.push_back({"before", usage_of(coordinator.pid()).resident_mb});
  const std::int64_t start = now_ns();
  submit_stuck(options, coordinator, refusing);
  const double seconds = static_cast<double>(now_ns() - start) / 1e9;
  report.resident.push_back({fmt::format("after {} stuck submits ({:.1f} s)", options.stuck, seconds),
                             usage_of(coordinator.pid()).resident_mb});
  const double calls = branch_calls(coordinator.address());
  std::this_thread::sleep_for(options.settle);
  report.resident.push_back({"when left alone", usage_of(coordinator.pid()).resident_mb});
  if (calls >= 0 && options.settle.count() > 0)
    report.stuck_calls_per_second =
        (branch_calls(coordinator.address()) - calls) / (static_cast<double>(options.settle.count()) / 1e3);
}

}  // namespace

load_report run_refuse(const load_options& options) {
  load_report report{};
  report.options = options;
  const coordinator_under_load coordinator{options};
  const descriptor refusing = bind_refusing();  // until the end: they go on trying
  leave_stuck(coordinator, port_of(refusing), report);
  measure_against(coordinator, report);
  report.resident.push_back({"after the new sagas", usage_of(coordinator.pid()).resident_mb});
  return report;
}

}  // namespace treaty::load
