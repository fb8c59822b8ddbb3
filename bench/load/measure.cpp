#include "bench/load/measure.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "bench/load/coordinator.hpp"
#include "bench/load/process.hpp"

namespace treaty::load {
namespace {

enum phase_of_a_measurement : std::size_t { warming_up, measuring, draining, phase_count };

double count_requests(const transaction_plan& plan) {
  return static_cast<double>(std::count_if(plan.requests.begin(), plan.requests.end(), [](const request_template& one) {
    return one.to == addressee::coordinator;
  }));
}

void take_in(generator& load, const world& in, const coordinator_under_load* coordinator, load_report& report) {
  for (const tally& one : load.finish(report.options.drain_limit)) report.clients += one;
  report.timeline = load.timeline();
  report.faults = in.services->faults();
  if (coordinator == nullptr) return;
  report.resident_peak_mb = usage_of(coordinator->pid()).resident_peak_mb;
  report.store_in_memory = coordinator->store_in_memory();
}

}  // namespace

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

exchanges count_exchanges(const work_plan& plan, const std::vector<call_rules>& rules) {
  exchanges each;
  double weights = 0;
  for (std::size_t i = 0; i < plan.kinds.size(); ++i) {
    const transaction_plan& one = plan.kinds[i];
    const double requests = count_requests(one);
    const double client_calls = static_cast<double>(one.requests.size()) - requests;
    each.requests += one.weight * requests;
    each.client_calls += one.weight * client_calls;
    each.branch_calls += one.weight * (static_cast<double>(rules[i].count()) - client_calls);
    weights += one.weight;
  }
  each.requests /= weights;
  each.client_calls /= weights;
  each.branch_calls /= weights;
  return each;
}

watch_options watch_of(const coordinator_under_load& coordinator) {
  return {.pid = coordinator.pid(), .directory = coordinator.store_directory()};
}

void measure(world& in, work_plan plan, const coordinator_under_load* coordinator, load_report& report) {
  const load_options& options = report.options;
  pacing pace{.rates = std::vector<double>(phase_count, options.rate)};
  if (options.is_open_loop()) pace.rates[draining] = 0;
  generator load{options.in_flight, std::move(plan), std::move(pace), *in.asking, in.board, in.events};
  std::optional<watch> watching;
  if (coordinator != nullptr) watching.emplace(watch_of(*coordinator));
  load.start();
  std::this_thread::sleep_for(options.warm_up);
  report.before = take_sample(coordinator, *in.services);
  load.enter(measuring);
  std::this_thread::sleep_for(options.duration);
  load.enter(draining);
  report.after = take_sample(coordinator, *in.services);
  if (watching) report.readings = watching->stop();
  report.counts = load.finish(options.drain_limit)[measuring];
  take_in(load, in, coordinator, report);
}

void measure_against(const coordinator_under_load& coordinator, load_report& report) {
  world in{report.options, &coordinator};
  work_plan plan = in.plan(report.options);
  report.each = count_exchanges(plan, in.rules);
  measure(in, std::move(plan), &coordinator, report);
}

void run_phases(world& in, const coordinator_under_load& coordinator, const std::vector<open_phase>& phases,
                std::size_t main, std::chrono::milliseconds window, watch_options watching, load_report& report) {
  pacing pace{.rates = {}, .window = window};
  for (const open_phase& one : phases) pace.rates.push_back(one.rate);
  pace.rates.push_back(0);  // until all are done
  work_plan plan = in.plan(report.options);
  report.each = count_exchanges(plan, in.rules);
  generator load{report.options.in_flight, std::move(plan), std::move(pace), *in.asking, in.board, in.events};
  watch reader{std::move(watching)};
  load.start();
  std::vector<double> seconds;
  for (std::size_t at = 0; at < phases.size(); ++at) {
    const std::int64_t began = now_ns();
    load.enter(at);
    if (at == main) report.before = take_sample(&coordinator, *in.services);
    std::this_thread::sleep_for(phases[at].length);
    if (at == main) report.after = take_sample(&coordinator, *in.services);
    seconds.push_back(static_cast<double>(now_ns() - began) / 1e9);
  }
  load.enter(phases.size());
  const std::vector<tally>& counts = load.finish(report.options.drain_limit);
  report.readings = reader.stop();
  for (std::size_t at = 0; at < phases.size(); ++at)
    report.phases.push_back({phases[at].name, phases[at].rate, seconds[at], counts[at]});
  report.counts = counts[main];
  take_in(load, in, &coordinator, report);
}

}  // namespace treaty::load
