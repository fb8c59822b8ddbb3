// What custom_data says. The first byte: of which type, and for a saga of how many steps.

#include <memory>

#include "core/driver.hpp"
#include "net/wire/custom_data.hpp"
#include "net/wire/saga_plan.hpp"
#include "net/wire/text_encoding.hpp"
#include "net/wire/trans_body.hpp"
#include "tests/fuzz/check.hpp"

namespace treaty::fuzz {
namespace {

constexpr time_point now{std::chrono::hours{24 * 365 * 55}};

std::shared_ptr<const txn_definition> saga_with(const saga_plan& plan, std::size_t steps) {
  auto out = std::make_shared<txn_definition>();
  out->gid = gid{"g"};
  out->saga = plan;
  for (std::size_t at = 0; at < steps; ++at) {
    out->steps.push_back({at % 5 == 4 ? "" : "http://a", "http://c", {}});
    out->payloads.emplace_back();
  }
  return out;
}

/// Participants who all say yes bring the saga to its end; `undone` ones, of which the last step refuses, too.
void expect_end(const saga_plan& plan, std::size_t steps, bool refused) {
  driver machine{gid{"g"}, 1, {}, std::chrono::milliseconds{0}};
  std::vector<std::size_t> called;
  std::size_t answers = 0;
  const auto carry_out = [&](output out, const auto& again) -> void {
    for (const effect& one : out.now) {
      if (const auto* call = std::get_if<call_leg>(&one)) called.push_back(call->leg);
    }
    if (out.write) again(machine.durable(out.write->progress.revision, now), again);
  };
  carry_out(machine.offer(submit_requested{saga_with(plan, steps)}, now), carry_out);
  while (!called.empty() && answers < 4 * steps) {
    const std::size_t leg = called.back();
    called.pop_back();
    ++answers;
    const bool refuses = refused && leg + 1 == 2 * steps;
    carry_out(machine.offer(answered{leg, refuses ? call_outcome::failure : call_outcome::success, "no"}, now),
              carry_out);
  }
  FUZZ_CHECK(machine.finished(), "a plan that was accepted waits for ever");
  const bool can_refuse = refused && steps > 0 && steps % 5 != 0;
  FUZZ_CHECK(machine.record().progress.status == (can_refuse ? txn_status::failed : txn_status::succeed));
}

void check_saga(std::string_view text, std::size_t steps) {
  const auto plan = parse_saga_plan(text, steps);
  if (!plan) return FUZZ_CHECK(!plan.error().detail.empty());
  for (const auto& [step, before] : plan->orders) {
    FUZZ_CHECK(step < steps);
    for (const std::uint32_t one : before) FUZZ_CHECK(one < steps);
  }
  expect_end(*plan, steps, false);
  expect_end(*plan, steps, true);
}

void check_workflow(std::string_view text) {
  const auto plan = parse_workflow_plan(text);
  if (!plan) return FUZZ_CHECK(!plan.error().detail.empty());
  FUZZ_CHECK(!plan->name.empty());
}

void check_delay(std::string_view text) {
  const auto delay = parse_delay(text);
  if (!delay) return FUZZ_CHECK(!delay.error().detail.empty());
  FUZZ_CHECK(delay->count() >= 0 && *delay <= span_max);
}

/// What decodes is what the encoder makes of it, but for line ends and bits that no byte takes.
void check_base64(std::string_view text) {
  std::string encoded;
  append_base64(encoded, text);
  FUZZ_CHECK(decode_base64(encoded) == text);
  const auto bytes = decode_base64(text);
  if (!bytes) return;
  std::string again;
  append_base64(again, *bytes);
  FUZZ_CHECK(decode_base64(again) == *bytes, "decoded differently the second time");
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treaty::fuzz;
  input in{data, size};
  const std::uint8_t kind = in.byte();
  const std::string_view text = in.all();
  if (kind % 4 == 0) check_saga(text, kind / 4);
  if (kind % 4 == 1) check_workflow(text);
  if (kind % 4 == 2) check_delay(text);
  if (kind % 4 == 3) check_base64(text);
  return 0;
}
