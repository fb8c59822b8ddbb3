#include "bench/micro/measure.hpp"
#include "core/driver.hpp"
#include "tests/kit/mode_kit.hpp"

// What does a whole transaction cost its driver, beside the saga's (saga_bench.cpp)? Each write is durable at once.
namespace treaty {
namespace {

class round_trip {
public:
  explicit round_trip(const gid& id) : txn_{id, 1, {}, std::chrono::milliseconds{100}} {}

  void offer(const event& e) { perform(txn_.offer(e, kit::start_time)); }
  void answer_all() {
    while (!calls_.empty()) {
      const std::size_t leg = calls_.back();
      calls_.pop_back();
      offer(answered{leg, call_outcome::success, {}});
    }
  }
  bool ended_after(std::size_t writes) const { return txn_.finished() && writes_ == writes; }
  const driver& machine() const { return txn_; }

private:
  void perform(output out) {
    for (bool again = true; std::exchange(again, false);) {
      for (const effect& one : out.now) {
        if (const auto* made = std::get_if<call_leg>(&one)) calls_.push_back(made->leg);
      }
      if (!out.write) continue;
      writes_ += 1;
      out = txn_.durable(out.write->progress.revision, kit::start_time);
      again = true;
    }
  }

  driver txn_;
  std::vector<std::size_t> calls_;
  std::size_t writes_ = 0;
};

/// prepare, a registration for each branch, submit, every confirm.
void drive_tcc(benchmark::State& bench) {
  const auto branches = static_cast<std::size_t>(bench.range(0));
  const auto definition = kit::define(kit::mode_spec{.type = trans_type::tcc});
  std::vector<register_requested> registrations;
  for (std::size_t at = 0; at < branches; ++at) {
    registrations.push_back(kit::registration(trans_type::tcc, {.id = step_branch_id(at).value}, 2));
  }
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    round_trip tcc{definition->gid};
    tcc.offer(prepare_requested{definition, 1});
    for (const register_requested& one : registrations) tcc.offer(one);
    tcc.offer(submit_requested{definition, 3});
    tcc.answer_all();
    if (!tcc.ended_after(3 + branches)) bench.SkipWithError("tcc did not finish in its writes");
    benchmark::DoNotOptimize(tcc.machine());
  }
}
BENCHMARK(drive_tcc)->Name("tcc/drive")->ArgName("branches")->Arg(2)->Arg(16)->Arg(128);

/// submit, every action.
void drive_message(benchmark::State& bench) {
  kit::mode_spec spec{.type = trans_type::msg};
  for (std::int64_t step = 0; step < bench.range(0); ++step) spec.steps.push_back("step" + std::to_string(step));
  const auto definition = kit::define(spec);
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    round_trip message{definition->gid};
    message.offer(submit_requested{definition, 1});
    message.answer_all();
    if (!message.ended_after(2)) bench.SkipWithError("message did not finish in two writes");
    benchmark::DoNotOptimize(message.machine());
  }
}
BENCHMARK(drive_message)->Name("msg/drive")->ArgName("steps")->Arg(1)->Arg(16)->Arg(128);

/// prepare, submit, every action.
void drive_prepared_message(benchmark::State& bench) {
  const auto definition = kit::define(kit::mode_spec{.type = trans_type::msg, .steps = {"credit"}});
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    round_trip message{definition->gid};
    message.offer(prepare_requested{definition, 1});
    message.offer(submit_requested{definition, 2});
    message.answer_all();
    if (!message.ended_after(3)) bench.SkipWithError("message did not finish in three writes");
    benchmark::DoNotOptimize(message.machine());
  }
}
BENCHMARK(drive_prepared_message)->Name("msg/drive_prepared");

}  // namespace
}  // namespace treaty
