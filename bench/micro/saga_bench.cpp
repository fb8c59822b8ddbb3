#include "bench/micro/measure.hpp"
#include "core/driver.hpp"
#include "tests/kit/saga_kit.hpp"

// How many branch answers per second can one core decide, and what does a saga cost with its driver?
namespace treaty {
namespace {

void decide_saga(benchmark::State& bench) {
  const txn_state start = kit::submitted_state(static_cast<std::size_t>(bench.range(0)));
  const micro::measured_part measured{bench, bench.range(0)};
  for (auto _ : bench) {
    txn_state end = kit::answer_all(start, call_outcome::success);
    if (end.record.progress.status != txn_status::succeed) bench.SkipWithError("saga did not finish");
    benchmark::DoNotOptimize(end);
  }
}
BENCHMARK(decide_saga)->Name("saga/decide")->ArgName("steps")->Arg(2)->Arg(16)->Arg(128);

/// Offers every answer in turn; each write is durable at once. Returns how many writes there were.
std::size_t drive_to_end(driver& saga, std::shared_ptr<const txn_definition> definition) {
  std::size_t writes = 0;
  std::vector<std::size_t> calls;
  const auto perform = [&](output out) {
    for (bool again = true; std::exchange(again, false);) {
      for (const effect& one : out.now) {
        if (const auto* made = std::get_if<call_leg>(&one)) calls.push_back(made->leg);
      }
      if (!out.write) continue;
      writes += 1;
      out = saga.durable(out.write->progress.revision, kit::start_time);
      again = true;
    }
  };
  perform(saga.offer(submit_requested{std::move(definition), 1}, kit::start_time));
  while (!calls.empty()) {
    const std::size_t leg = calls.back();
    calls.pop_back();
    perform(saga.offer(answered{leg, call_outcome::success, {}}, kit::start_time));
  }
  return writes;
}

/// A whole saga as the actor runs it: submit, its write, every answer, the last write.
void drive_saga(benchmark::State& bench) {
  kit::saga_spec spec;
  for (std::int64_t step = 0; step < bench.range(0); ++step) spec.steps.push_back("step" + std::to_string(step));
  const auto definition = kit::define(spec);
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    driver saga{definition->gid, 1, {}, std::chrono::milliseconds{100}};
    const std::size_t writes = drive_to_end(saga, definition);
    if (!saga.finished() || writes != 2) bench.SkipWithError("saga did not finish in two writes");
    benchmark::DoNotOptimize(saga);
  }
}
BENCHMARK(drive_saga)->Name("saga/drive")->ArgName("steps")->Arg(2)->Arg(16)->Arg(128);

}  // namespace
}  // namespace treaty
