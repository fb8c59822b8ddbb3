// treaty-restart: how long a coordinator with many unfinished transactions takes from its start until it serves, what
// memory that needs, what it costs to let them wait, and how long until everything that was due is done.
//
// treaty-restart [--only-waiting|--only-due] [COUNT...]. One row for each count and kind: sagas of two steps with
// bodies of 100 bytes, written to the store by a process that then dies without closing it. "waiting" ones are due in
// an hour; "due" ones at once, and their branches answer.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "storage/rocksdb/rocksdb_store.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/raw_participant.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/store_kit.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace {

using namespace treaty;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::size_t batch_size = 4'096;
constexpr std::chrono::seconds idle_measured{20};
constexpr std::size_t payload_bytes = 100;
constexpr std::size_t steps = 2;

time_point wall_clock() {
  return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

write_set unfinished(std::size_t number, record_id row, std::uint16_t port, time_point due) {
  auto filled = *kit::make_saga("restart-" + std::to_string(10'000'000 + number), steps, payload_bytes, wall_clock());
  for (auto& step : filled.steps) step.action = "http://127.0.0.1:" + std::to_string(port) + "/action";
  write_set set = kit::creation(std::make_shared<const txn_definition>(std::move(filled)), row);
  set.progress.due = due;
  if (due <= wall_clock()) return set;
  for (leg& one : set.progress.legs) {  // an action that failed, and waits to be repeated
    one.attempts = one.failures = 1;
    one.interval = 1h;
    one.due = due;
  }
  return set;
}

/// Runs in a process of its own, whose end is that of a crash: nothing is closed.
[[noreturn]] void fill_and_die(const std::string& path, std::size_t count, std::uint16_t port, time_point due) {
  auto opened = open_rocksdb_store({.path = path});
  if (!opened) std::_Exit(1);
  store& kept = **opened;
  for (std::size_t done = 0; done < count;) {
    std::vector<write_set> batch;
    for (; batch.size() < batch_size && done < count; ++done)
      batch.push_back(unfinished(done, kept.next_row(), port, due));
    for (const auto& stored : kept.commit(batch, durability::synced))
      if (!stored) std::_Exit(1);
  }
  std::_Exit(0);
}

void fill(const std::string& path, std::size_t count, std::uint16_t port, time_point due) {
  const pid_t child = ::fork();
  if (child == 0) fill_and_die(path, count, port, due);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error{"the store could not be filled"};
}

/// What the process has had of the processors: says more than the clock on a machine that others use, too.
double cpu_seconds(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/stat"};
  std::string word;
  long ticks = 0;
  for (int field = 1; file >> word && field <= 15; ++field)
    if (field >= 14) ticks += std::strtol(word.c_str(), nullptr, 10);
  return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double seconds_since(steady::time_point begin) {
  return std::chrono::duration<double>(steady::now() - begin).count();
}

/// The same, in nanoseconds: of threads that have not ended.
std::uint64_t cpu_nanoseconds(pid_t process) {
  std::uint64_t sum = 0;
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/" + std::to_string(process) + "/task"}) {
    std::ifstream file{thread.path() / "schedstat"};
    std::uint64_t used = 0;
    if (file >> used) sum += used;
  }
  return sum;
}

void let_pass(steady::duration time) {
  const auto until = steady::now() + time;
  kit::eventually([&] { return steady::now() >= until; }, std::chrono::ceil<std::chrono::milliseconds>(time) + 1s);
}

/// Percent of one core that it takes while nothing is to be done, after a second in which the start ends.
double idle_percent(pid_t process) {
  let_pass(1s);
  const auto begin = steady::now();
  const std::uint64_t before = cpu_nanoseconds(process);
  let_pass(idle_measured);
  return 1e-7 * static_cast<double>(cpu_nanoseconds(process) - before) / seconds_since(begin);
}

bool is_ready(std::uint16_t port) {
  return kit::get(port, "/readyz").status == 200;
}

bool nothing_is_left(std::uint16_t port) {
  const auto left = kit::get(port, "/api/dtmsvr/all?status=submitted&limit=1");
  return left.status == 200 && left.body.find("restart-") == std::string::npos;
}

void measure(std::size_t count, bool due_now) {
  std::atomic<std::size_t> calls{0};
  kit::raw_participant business{[&calls](kit::tcp_stream& stream, int) {
    std::string buffered;
    const std::string answer = kit::ok_answer("{}");
    while (kit::read_message(stream, buffered, kit::message_kind::request, steady::now() + 24h)) {
      ++calls;
      if (!stream.write(answer, steady::now() + 10s)) return;
    }
  }};
  const kit::scratch_directory scratch;
  fill((scratch.path() / "data").string(), count, business.port(), wall_clock() + (due_now ? 0s : 3600s));
  kit::treatyd_process coordinator{
      kit::chosen_binary(TREATYD_BINARY), scratch.path(), {.config = "LogLevel: warn\n", .start_limit = 600s}};
  const auto begin = steady::now();
  coordinator.start();
  kit::eventually([&] { return is_ready(coordinator.http_port()); }, 60s);
  const double ready = seconds_since(begin);
  const double used = cpu_seconds(coordinator.pid());
  const double memory = coordinator.resident_mib();
  double done = 0;
  if (due_now && count > 0) {
    const bool all = kit::eventually([&] { return calls >= steps * count; }, 30min) &&
                     kit::eventually([&] { return nothing_is_left(coordinator.http_port()); }, 60s);
    done = all ? seconds_since(begin) : -1;
  }
  std::printf("%9zu %-7s  ready after %6.2f s (CPU %5.2f s)  memory then %5.0f MiB, at most %5.0f MiB", count,
              due_now ? "due" : "waiting", ready, used, memory, coordinator.resident_peak_mib());
  if (!due_now) std::printf("  idle %.3f %% of a core", idle_percent(coordinator.pid()));
  if (done != 0) std::printf("  all done after %6.1f s (CPU %6.1f s)", done, cpu_seconds(coordinator.pid()));
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::size_t> counts;
  bool waiting = true;
  bool due = true;
  for (int at = 1; at < argc; ++at) {
    const std::string word = argv[at];
    if (word == "--only-waiting") {
      due = false;
    } else if (word == "--only-due") {
      waiting = false;
    } else {
      counts.push_back(std::strtoull(word.c_str(), nullptr, 10));
    }
  }
  if (counts.empty()) counts = {0, 100'000, 1'000'000};
  for (const std::size_t count : counts) {
    if (waiting) measure(count, /*due_now=*/false);
    if (due && count > 0) measure(count, /*due_now=*/true);
  }
  return 0;
}
