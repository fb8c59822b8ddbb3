#include "bench/load/runs.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <thread>

#include "bench/load/coordinator.hpp"
#include "bench/load/process.hpp"
#include "bench/load/world.hpp"

namespace treaty::load {
namespace {

/// `coordinator` is null in the floor profile.
sample take_sample(const coordinator_under_load* coordinator, const participants& services) {
  sample now;
  if (coordinator != nullptr) {
    now.metrics = read_metrics(coordinator->address());
    now.coordinator = usage_of(coordinator->pid());
  }
  now.load_cpu_ns = own_cpu_ns();
  now.participants_cpu_ns = services.cpu_ns();
  now.participant_requests = services.requests();
  now.at = now_ns();
  return now;
}

exchanges count(const std::vector<request_template>& requests, const call_rules& rules) {
  exchanges each;
  each.requests = static_cast<std::size_t>(std::count_if(
      requests.begin(), requests.end(), [](const request_template& one) { return one.to == addressee::coordinator; }));
  each.client_calls = requests.size() - each.requests;
  each.branch_calls = rules.count() - each.client_calls;
  return each;
}

void measure(world& in, work_plan plan, const coordinator_under_load* coordinator, load_report& report) {
  const load_options& options = report.options;
  generator load{options.in_flight, std::move(plan), *in.asking, in.board, in.events};
  load.start();
  std::this_thread::sleep_for(options.warm_up);
  report.before = take_sample(coordinator, *in.services);
  load.measure(true);
  std::this_thread::sleep_for(options.duration);
  load.measure(false);
  report.after = take_sample(coordinator, *in.services);
  report.counts = load.finish(options.drain_limit);
  if (coordinator != nullptr) {
    report.resident_peak_mb = usage_of(coordinator->pid()).resident_peak_mb;
    report.store_in_memory = coordinator->store_in_memory();
  }
  report.faults = in.services->faults();
}

void run_against(const coordinator_under_load& coordinator, load_report& report) {
  const transaction_kind kind = kind_of(report.options.of);
  world in{report.options, kind, &coordinator};
  work_plan plan{.requests = kind.requests(report.options, *in.words)};
  report.each = count(plan.requests, in.rules);
  measure(in, std::move(plan), &coordinator, report);
}

double branch_calls(const endpoint& coordinator) {
  const auto metrics = read_metrics(coordinator);
  const auto found = metrics.find("treaty_branch_calls_total");
  return found == metrics.end() ? -1 : found->second;
}

/// Submits sagas of one branch, which refuses connections; each is done when its submit is answered.
void submit_stuck(const load_options& options, const coordinator_under_load& coordinator, std::uint16_t refusing) {
  world in{options, saga_kind(), &coordinator};
  const std::string url = options.protocol == wire_protocol::http
                              ? fmt::format("http://{}:{}/nobody", options.advertise, refusing)
                              : fmt::format("{}:{}/busi.Busi/nobody", options.advertise, refusing);
  work_plan plan{.requests = {in.words->ask(asked::submit, {.type = "saga", .steps = {step{url, url}}})},
                 .until_branches_called = false,
                 .limit = options.stuck};
  generator flood{options.in_flight, std::move(plan), *in.asking, in.board, in.events};
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

load_report run_closed_loop(const load_options& options) {
  load_report report{};
  report.options = options;
  const coordinator_under_load coordinator{options};
  run_against(coordinator, report);
  return report;
}

load_report run_floor(const load_options& options) {
  load_report report{};
  report.options = options;
  const transaction_kind kind = kind_of(options.of);
  world in{options, kind, nullptr};
  work_plan plan{.requests = kind.requests(options, *in.words), .until_branches_called = false};
  report.each = count(plan.requests, in.rules);
  for (request_template& one : plan.requests) one = in.words->at_floor(std::move(one));
  const request_template branch_call =
      in.words->at_floor(in.words->call({.type = "saga", .branch = 0, .op = "action", .url = in.words->url("ok")}));
  plan.requests.insert(plan.requests.end(), report.each.branch_calls, branch_call);
  measure(in, std::move(plan), nullptr, report);
  return report;
}

load_report run_refuse(const load_options& options) {
  load_report report{};
  report.options = options;
  const coordinator_under_load coordinator{options};
  const descriptor refusing = bind_refusing();  // until the end: they go on trying
  leave_stuck(coordinator, port_of(refusing), report);
  run_against(coordinator, report);
  report.resident.push_back({"after the new sagas", usage_of(coordinator.pid()).resident_mb});
  return report;
}

}  // namespace treaty::load
