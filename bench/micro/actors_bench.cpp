// What does the shell cost around the decisions: whole sagas through lanes, shards and actors, a message to an actor,
// timers, metrics, a turn of the loop?
#include <prometheus/registry.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "actors/coordinator.hpp"
#include "actors/metrics.hpp"
#include "actors/scheduler.hpp"
#include "actors/timer_wheel.hpp"
#include "bench/micro/measure.hpp"
#include "bench/micro/ping.hpp"
#include "bench/micro/turns.hpp"
#include "net/http/asio_loop.hpp"
#include "storage/memory/memory_store.hpp"

namespace treaty {
namespace {

/// Takes every call and says yes with the loop's next turn.
class instant_participant final : public branch_client {
public:
  explicit instant_participant(loop& events) : events_{events} {}
  void call(branch_call, branch_done done) override {
    events_.post([done = std::move(done)] { done({call_outcome::success, R"({"dtm_result":"SUCCESS"})"}); });
  }
  std::size_t pending() const override { return 0; }
  bool is_crowded(branch_protocol, std::string_view, std::size_t) override { return false; }

private:
  loop& events_;
};

class deaf_notifier final : public notifier {
public:
  void alert(alert_notice) override {}
  void ended(end_notice) override {}
};

class counting_sink final : public answer_sink {
public:
  explicit counting_sink(std::size_t& good) : good_{good} {}
  void answer(treaty::answer what) override { good_ += what.kind == answer_kind::ok ? 1 : 0; }

private:
  std::size_t& good_;
};

/// A coordinator with one lane and a store in memory, all of it on this thread.
class quiet_world {
public:
  quiet_world()
      : store_{make_memory_store()},
        lane_{turns_.make_loop()},
        coordinator_{*store_,
                     hooks_,
                     {{lane_, std::make_shared<instant_participant>(*lane_)}},
                     [this] { return turns_.make_loop(); },
                     coordinator_options{},
                     registry_} {
    started_ = static_cast<bool>(coordinator_.start());
    turns_.run();
  }
  bool started() const { return started_; }

  /// Offers them on the lane, as its connections do, `at_once` in one turn; runs until all is done.
  void submit(const std::vector<std::shared_ptr<const txn_definition>>& all, std::size_t at_once, std::size_t& good) {
    for (std::size_t at = 0; at < all.size(); at += at_once) {
      lane_->post([&, at] {
        for (std::size_t one = at; one < at + at_once; ++one) {
          coordinator_.offer(all[one]->gid, submit_requested{all[one]}, 600, std::make_shared<counting_sink>(good));
        }
      });
      turns_.run();
    }
  }

private:
  micro::turns turns_;
  prometheus::Registry registry_;
  std::unique_ptr<store> store_;
  deaf_notifier hooks_;
  std::shared_ptr<loop> lane_;
  coordinator coordinator_;
  bool started_ = false;
};

std::shared_ptr<const txn_definition> two_steps(std::uint64_t number) {
  auto made = std::make_shared<txn_definition>();
  made->gid = gid{"cmjz5qujUXwLGq" + std::to_string(number)};
  made->options.wait_result = true;  // so that the answer says that it has ended
  for (const char* step : {"TransOut", "TransIn"}) {
    const std::string url = std::string{"http://bank-a.internal:8081/api/busi/"} + step;
    made->steps.push_back({url, url + "Revert"});
    made->payloads.emplace_back(R"({"amount":30,"from":"account-0001","to":"account-0002"})");
  }
  return made;
}

/// From the door to the answer, the store in memory included (store/life_in_memory).
void run_sagas(benchmark::State& bench) {
  constexpr std::size_t sagas = 64;
  quiet_world world;
  if (!world.started()) return bench.SkipWithError("the coordinator did not start");
  std::uint64_t number = 0;
  std::vector<std::shared_ptr<const txn_definition>> all(sagas);
  micro::measured_part measured{bench, sagas};
  for (auto _ : bench) {
    measured.pause();
    for (auto& one : all) one = two_steps(++number);
    measured.resume();
    std::size_t good = 0;
    world.submit(all, static_cast<std::size_t>(bench.range(0)), good);
    if (good != sagas) bench.SkipWithError("a saga did not end well");
  }
}
BENCHMARK(run_sagas)->Name("actors/saga")->Arg(1)->Arg(64)->ArgName("at_once");

struct lane_config : caf::actor_system_config {
  lane_config() {
    module_factories.push_back([](caf::actor_system& system) -> caf::actor_system::module* {
      return new lane_scheduler{system};  // CAF owns it
    });
  }
};

/// One message from a lane to an actor of it, and the actor's turn: 64 of them in a row, each to another actor.
void send_messages(benchmark::State& bench) {
  constexpr std::size_t actors = 64;
  std::int64_t heard = 0;
  lane_config config;
  caf::actor_system system{config};
  micro::turns all;
  const auto events = all.make_loop();
  lane_unit unit{system, *events};
  events->start([&] { unit.enter(); }, [&] { unit.leave(); });
  std::vector<caf::actor> listeners;
  events->post([&] {
    for (std::size_t at = 0; at < actors; ++at) {
      listeners.push_back(system.spawn([&heard](caf::event_based_actor* self) -> caf::behavior {
        return {[&heard, self](const micro::ping& one) {
          heard += 1;
          if (one.is_last) self->quit();
        }};
      }));
    }
  });
  all.run();
  const auto send_all = [&](micro::ping what) {
    events->post([&, what] {
      for (const caf::actor& one : listeners) caf::anon_send(one, what);
    });
    all.run();
  };
  {
    const micro::measured_part measured{bench, actors};
    for (auto _ : bench) send_all({});
  }
  if (heard != bench.iterations() * static_cast<std::int64_t>(actors)) bench.SkipWithError("not all were heard");
  send_all({.is_last = true});
  events->post([&] { listeners.clear(); });
  all.run();
  events->stop();
  all.run();
}
BENCHMARK(send_messages)->Name("actors/message");

class counting_timer final : public timer_node {
public:
  void fire() override { fired += 1; }
  int fired = 0;
};

constexpr std::size_t timers = 1'024;

/// Armed and disarmed again, as a call's time-out is, among many that wait.
void arm_and_disarm(benchmark::State& bench) {
  const time_point start{std::chrono::hours{1}};
  timer_wheel wheel{start};
  std::vector<counting_timer> waiting(timers);
  for (std::size_t at = 0; at < timers; ++at) wheel.arm(waiting[at], start + std::chrono::milliseconds{at * 37});
  counting_timer one;
  std::int64_t wait = 0;
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    wait = (wait + 7'919) % 60'000;
    wheel.arm(one, start + std::chrono::milliseconds{wait});
    one.disarm();
    benchmark::DoNotOptimize(one);
  }
}
BENCHMARK(arm_and_disarm)->Name("timers/arm_and_disarm");

void arm_and_fire(benchmark::State& bench) {
  time_point moment{std::chrono::hours{1}};
  timer_wheel wheel{moment};
  std::vector<counting_timer> waiting(timers);
  const micro::measured_part measured{bench, timers};
  for (auto _ : bench) {
    for (std::size_t at = 0; at < timers; ++at) wheel.arm(waiting[at], moment + std::chrono::milliseconds{at});
    moment += std::chrono::seconds{2};
    if (wheel.advance(moment, timers) != timers) bench.SkipWithError("not all of them fired");
  }
}
BENCHMARK(arm_and_fire)->Name("timers/arm_and_fire");

void count_branch_answer(benchmark::State& bench) {
  prometheus::Registry registry;
  coordinator_metrics metrics{registry};
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    metrics.branch_answered(trans_type::saga, branch_op::action, 1, call_outcome::success, 0.001);
  }
}
BENCHMARK(count_branch_answer)->Name("metrics/branch_answered");

void count_end(benchmark::State& bench) {
  prometheus::Registry registry;
  coordinator_metrics metrics{registry};
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) metrics.finished(trans_type::saga, txn_status::succeed, 0.002);
}
BENCHMARK(count_end)->Name("metrics/finished");

/// What a lane posts to itself.
void post_to_own_loop(benchmark::State& bench) {
  constexpr int tasks = 64;
  asio_loop events;
  std::int64_t run = 0;
  {
    const micro::measured_part measured{bench, tasks};
    for (auto _ : bench) {
      for (int i = 0; i < tasks; ++i) events.post([&run] { run += 1; });
      events.io().poll();
    }
  }
  if (run != bench.iterations() * tasks) bench.SkipWithError("not all of them ran");
}
BENCHMARK(post_to_own_loop)->Name("loop/post");

/// From one thread to another and back, both asleep when it comes: what a batch pays on its way to the committer.
void wake_and_answer(benchmark::State& bench) {
  constexpr int round_trips = 256;
  const auto here = std::make_shared<asio_loop>();
  const auto there = std::make_shared<asio_loop>();
  for (const auto& one : {here, there}) one->start([] {}, [] {});
  const micro::measured_part measured{bench, round_trips};
  for (auto _ : bench) {
    std::promise<void> done;
    int left = round_trips;
    std::function<void()> go = [&] {
      if (left-- == 0) return done.set_value();
      there->post([&] { here->post(go); });
    };
    here->post(go);
    done.get_future().wait();
  }
  for (const auto& one : {here, there}) {
    one->stop();
    one->join();
  }
}
BENCHMARK(wake_and_answer)->Name("loop/wake_and_answer")->MeasureProcessCPUTime();

}  // namespace
}  // namespace treaty
