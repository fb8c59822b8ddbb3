#include "tests/crash/load.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "tests/kit/http_client.hpp"

namespace treaty::crash {
namespace {

using namespace std::chrono_literals;

std::size_t below(std::mt19937_64& random, std::size_t limit) {
  return static_cast<std::size_t>(random() % limit);
}

promise judge(const kit::http_answer& answer) {
  if (answer.status == 0) return promise::unknown;
  // A waiting client hears of a saga that did not succeed (yet) as 409: the saga was taken all the same.
  return answer.status == 200 || answer.status == 409 ? promise::acknowledged : promise::refused;
}

}  // namespace

saga_load::saga_load(std::uint64_t seed, std::size_t clients) {
  script_service();
  for (std::size_t number = 0; number < clients; ++number)
    clients_.emplace_back([this, seed, number] { run_client(seed, number); });
}

saga_load::~saga_load() {
  stop_clients();
}

void saga_load::script_service() {
  using kit::scripted_reply;
  using kit::seen_call;
  service_.on("/slow", scripted_reply{.delay = 40ms});
  service_.on("/refuse", scripted_reply{.status = 409, .body = "no money"});
  service_.on("/breaks-once", [this](const seen_call& call) {
    return first_time(call) ? scripted_reply{.status = 500, .body = "later"} : scripted_reply{};
  });
  service_.on("/ongoing-once", [this](const seen_call& call) {
    return first_time(call) ? scripted_reply{.status = 425, .body = "wait"} : scripted_reply{};
  });
  service_.on("/hangs-up-once", [this](const seen_call& call) { return scripted_reply{.hang_up = first_time(call)}; });
}

bool saga_load::first_time(const kit::seen_call& call) {
  const std::scoped_lock lock{mutex_};
  return seen_once_.insert(call.gid + call.branch + call.op).second;
}

void saga_load::coordinator_is_up(std::uint16_t port) {
  const std::scoped_lock lock{mutex_};
  port_ = port;
  ++life_;
  changed_.notify_all();
}

std::vector<submitted_saga> saga_load::stop_clients() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& client : clients_) client.join();
  clients_.clear();
  return submitted_;
}

bool saga_load::await_next_life(std::uint64_t seen_life) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return stopping_ || life_ != seen_life; });
  return !stopping_;
}

std::string saga_load::make_saga(std::mt19937_64& random, const std::string& gid, planned_saga& plan) {
  static constexpr std::array actions{"/ok",   "/ok",          "/ok",           "/slow",
                                      "/slow", "/breaks-once", "/ongoing-once", "/hangs-up-once"};
  static constexpr std::array undos{"/undo", "/undo", "/slow", "/breaks-once"};
  plan = planned_saga{gid, 1 + below(random, 4), below(random, 4) == 0};
  const std::size_t refused = below(random, 2) == 0 ? below(random, plan.steps) : plan.steps;
  std::string steps;
  std::string payloads;
  for (std::size_t step = 0; step < plan.steps; ++step) {
    const std::string action = step == refused ? "/refuse" : actions[below(random, actions.size())];
    const std::string undo = undos[below(random, undos.size())];
    steps += (step > 0 ? "," : "") + std::string{R"({"action":")"} + service_.url(action) + R"(","compensate":")" +
             service_.url(undo) + R"("})";
    payloads += (step > 0 ? "," : "") + std::string{R"("{\"amount\":30}")"};
  }
  const bool wait = below(random, 8) == 0;
  return R"({"gid":")" + gid + R"(","trans_type":"saga","steps":[)" + steps + R"(],"payloads":[)" + payloads +
         R"(],"wait_result":)" + (wait ? "true" : "false") +
         (plan.concurrent ? R"(,"concurrent":true,"custom_data":"{\"concurrent\":true,\"orders\":{}}"})" : "}");
}

void saga_load::run_client(std::uint64_t seed, std::size_t number) {
  std::mt19937_64 random{seed * 1'000 + number};
  std::uint64_t life_seen = 0;
  for (std::size_t count = 0; await_next_life(0); ++count) {
    submitted_saga saga;
    const std::string gid =
        "crash-" + std::to_string(seed) + "-" + std::to_string(number) + "-" + std::to_string(count);
    const std::string body = make_saga(random, gid, saga.plan);
    std::unique_lock lock{mutex_};
    const std::uint16_t port = port_;
    life_seen = life_;
    lock.unlock();
    saga.said = judge(kit::post(port, "/api/dtmsvr/submit", body));
    const bool down = saga.said == promise::unknown;
    lock.lock();
    submitted_.push_back(std::move(saga));
    // A think time: the point is many moments to be killed in, not throughput.
    if (!down) changed_.wait_for(lock, std::chrono::milliseconds{below(random, 8)}, [this] { return stopping_; });
    lock.unlock();
    if (down && !await_next_life(life_seen)) return;
  }
}

}  // namespace treaty::crash
