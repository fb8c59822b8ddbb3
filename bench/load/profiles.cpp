#include "bench/load/profiles.hpp"

#include <fmt/core.h>

#include <optional>
#include <thread>

#include "bench/load/coordinator.hpp"
#include "bench/load/participants.hpp"
#include "bench/load/requests.hpp"

namespace treaty::load {
namespace {

/// What a profile reads its samples from; `coordinator` is null in the floor profile.
struct measured {
  const coordinator_under_load* coordinator;
  participants& services;
  generator& clients;
};

sample take_sample(const measured& what) {
  sample now;
  if (what.coordinator != nullptr) {
    now.metrics = read_metrics(what.coordinator->address());
    now.coordinator = usage_of(what.coordinator->pid());
  }
  now.generator_cpu_ns = what.clients.cpu_ns();
  now.participants_cpu_ns = what.services.cpu_ns();
  now.participant_requests = what.services.requests();
  now.at = now_ns();
  return now;
}

void measure(const measured& what, const load_options& options, load_report& report) {
  what.clients.start();
  std::this_thread::sleep_for(options.warm_up);
  report.before = take_sample(what);
  what.clients.measure(true);
  std::this_thread::sleep_for(options.duration);
  what.clients.measure(false);
  report.after = take_sample(what);
  report.counts = what.clients.finish(options.drain_limit);
  if (what.coordinator != nullptr) {
    report.resident_peak_mb = usage_of(what.coordinator->pid()).resident_peak_mb;
    report.store_in_memory = what.coordinator->store_in_memory();
  }
  report.faults = what.services.faults();
}

double branch_calls(const endpoint& coordinator) {
  const auto metrics = read_metrics(coordinator);
  const auto found = metrics.find("treaty_branch_calls_total");
  return found == metrics.end() ? -1 : found->second;
}

/// Leaves many sagas behind that cannot reach their branch, and then nothing but those for a while.
void leave_stuck(const load_options& options, const coordinator_under_load& coordinator, std::uint16_t refusing_port,
                 load_report& report) {
  poller events;
  saga_board unused{options.in_flight, options};
  generator flood{options.in_flight, stuck_plan(options, coordinator.address(), refusing_port), unused, events};
  report.resident.push_back({"before", usage_of(coordinator.pid()).resident_mb});
  const std::int64_t start = now_ns();
  flood.start();
  flood.await_limit();
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

load_report run_saga(const load_options& options) {
  load_report report{};
  report.options = options;
  const coordinator_under_load coordinator{options};
  poller events;
  saga_board board{options.in_flight, options};
  participants services{options.participant_threads, board, events};
  generator clients{options.in_flight, saga_plan(options, coordinator.address(), services.port()), board, events};
  measure({&coordinator, services, clients}, options, report);
  return report;
}

load_report run_floor(const load_options& options) {
  load_report report{};
  report.options = options;
  poller events;
  saga_board board{options.in_flight, options};
  participants services{options.participant_threads, board, events};
  generator clients{options.in_flight, floor_plan(options, services.port()), board, events};
  measure({nullptr, services, clients}, options, report);
  return report;
}

load_report run_refuse(const load_options& options) {
  load_report report{};
  report.options = options;
  const coordinator_under_load coordinator{options};
  const descriptor refusing = bind_refusing();
  leave_stuck(options, coordinator, port_of(refusing), report);
  poller events;
  saga_board board{options.in_flight, options};
  participants services{options.participant_threads, board, events};
  generator clients{options.in_flight, saga_plan(options, coordinator.address(), services.port()), board, events};
  measure({&coordinator, services, clients}, options, report);
  report.resident.push_back({"after the new sagas", usage_of(coordinator.pid()).resident_mb});
  return report;
}

}  // namespace treaty::load
