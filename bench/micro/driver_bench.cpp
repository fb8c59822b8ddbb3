// What does each decision of a saga with two steps cost: its beginning, the answer of the first branch, its end? With
// history, as treatyd has it.
#include <algorithm>
#include <vector>

#include "bench/micro/measure.hpp"
#include "core/driver.hpp"
#include "core/saga/state.hpp"
#include "tests/kit/saga_kit.hpp"

namespace treaty {
namespace {

constexpr std::size_t sagas = 64;
constexpr server_policy policy{.history_pages_max = 128};
constexpr std::string_view said = R"({"dtm_result":"SUCCESS"})";

driver begin(const std::shared_ptr<const txn_definition>& definition) {
  driver one{definition->gid, 1, policy, std::chrono::milliseconds{50}};
  const output made = one.offer(submit_requested{definition, 1}, kit::start_time);
  const output released = one.durable(made.write->progress.revision, kit::start_time);
  benchmark::DoNotOptimize(released.now.data());
  return one;
}

/// Returns whether the next thing to do came out.
bool answer(driver& one, std::size_t step) {
  const event what = answered{saga::action_leg(step), call_outcome::success, std::string{said}};
  const output made = one.offer(what, kit::start_time);
  return made.write.has_value() || !made.now.empty();
}

bool end(driver& one) {
  const event what = answered{saga::action_leg(1), call_outcome::success, std::string{said}};
  const output made = one.offer(what, kit::start_time);
  if (!made.write) return false;
  const output released = one.durable(made.write->progress.revision, kit::start_time);
  benchmark::DoNotOptimize(released.now.data());
  return one.finished();
}

std::shared_ptr<const txn_definition> two_steps() {
  return kit::define(kit::saga_spec{.steps = {"debit", "credit"}, .plan = {}, .options = {}});
}

void begin_sagas(benchmark::State& bench) {
  const auto definition = two_steps();
  std::vector<driver> all;
  all.reserve(sagas);
  micro::measured_part measured{bench, sagas};
  for (auto _ : bench) {
    measured.pause();
    all.clear();
    measured.resume();
    for (std::size_t at = 0; at < sagas; ++at) all.push_back(begin(definition));
    benchmark::DoNotOptimize(all.data());
  }
}
BENCHMARK(begin_sagas)->Name("driver/begin_saga");

void answer_branches(benchmark::State& bench) {
  const std::vector<driver> begun(sagas, begin(two_steps()));
  micro::measured_part measured{bench, sagas};
  for (auto _ : bench) {
    measured.pause();
    std::vector<driver> all = begun;
    measured.resume();
    if (!std::all_of(all.begin(), all.end(), [](driver& one) { return answer(one, 0); })) {
      bench.SkipWithError("nothing came of an answer");
    }
    measured.pause();
    all.clear();
    measured.resume();
  }
}
BENCHMARK(answer_branches)->Name("driver/answer_branch");

void end_sagas(benchmark::State& bench) {
  driver nearly_done = begin(two_steps());
  answer(nearly_done, 0);
  const std::vector<driver> answered_once(sagas, nearly_done);
  micro::measured_part measured{bench, sagas};
  for (auto _ : bench) {
    measured.pause();
    std::vector<driver> all = answered_once;
    measured.resume();
    if (!std::all_of(all.begin(), all.end(), end)) bench.SkipWithError("a saga did not end");
    measured.pause();
    all.clear();
    measured.resume();
  }
}
BENCHMARK(end_sagas)->Name("driver/end_saga");

}  // namespace
}  // namespace treaty
