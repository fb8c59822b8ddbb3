#include "bench/lists/filling.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

#include "storage/keys.hpp"
#include "storage/rocksdb/rocksdb_store.hpp"
#include "tests/kit/store_kit.hpp"

namespace treaty::lists {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t batch_size = 2'048;
constexpr std::size_t payload_bytes = 100;
constexpr std::uint64_t told_each = 1'000'000;
constexpr auto spread_over = 24h;
constexpr auto waits_for = 30 * 24h;

std::uint64_t scatter(std::uint64_t number) {  // splitmix64
  number += 0x9e3779b97f4a7c15;
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
  number = (number ^ number >> 27) * 0x94d049bb133111eb;
  return number ^ number >> 31;
}

constexpr std::uint64_t parked_gids = 1ULL << 40;  // the numbers of the others are below

std::shared_ptr<const txn_definition> define(std::uint64_t number, trans_type type, time_point created) {
  const bool has_steps = type == trans_type::saga || type == trans_type::msg;
  auto made = *kit::make_saga(gid_of(number), has_steps ? 2 : 0, payload_bytes, created);
  made.type = type;
  if (type != trans_type::saga) made.query_prepared = "http://localhost:8081/api/busi/query";
  return std::make_shared<const txn_definition>(std::move(made));
}

history_entry called(time_point when, std::uint32_t leg, call_outcome outcome, std::string text) {
  return {.at = when, .outcome = outcome, .leg = leg, .took = 900us, .text = std::move(text)};
}

/// Both writes of one that has ended.
void add_finished(std::uint64_t number, time_point created, store& kept, std::vector<write_set>& sets) {
  const bool is_failed = number % failed_each == 1;
  const trans_type type = number % tcc_each == 2 ? trans_type::tcc : trans_type::saga;
  sets.push_back(kit::creation(define(number, type, created), kept.next_row()));
  if (type == trans_type::tcc) {
    sets.back().new_branches = {kit::make_branch("01"), kit::make_branch("02")};
    sets.back().progress.legs.resize(2);
  }
  const txn_status status = is_failed ? txn_status::failed : txn_status::succeed;
  write_set end = kit::finishing(sets.back(), status, created + 3ms);
  end.progress.history_pages = 1;
  const auto outcome = is_failed ? call_outcome::failure : call_outcome::success;
  end.history.entries = {
      called(created + 1ms, 1, call_outcome::success, R"({"dtm_result":"SUCCESS"})"),
      called(created + 2ms, 3, outcome, R"({"dtm_result":"SUCCESS"})"),
      {.at = created + 3ms, .kind = history_kind::decided, .from = txn_status::submitted, .to = status}};
  sets.push_back(std::move(end));
}

/// Both writes of one whose call is to be repeated in a month.
void add_parked(std::uint64_t number, time_point created, store& kept, std::vector<write_set>& sets) {
  const bool is_prepared = number % prepared_each == 1;
  sets.push_back(kit::creation(define(parked_gids + number, is_prepared ? trans_type::msg : trans_type::saga, created),
                               kept.next_row()));
  if (is_prepared) sets.back().progress.status = txn_status::prepared;
  write_set parked = kit::following(sets.back());
  parked.progress.due = created + waits_for;
  parked.progress.stuck = number % stuck_each == 2;
  if (number % aborting_each == 3) parked.progress.status = txn_status::aborting;
  for (leg& one : parked.progress.legs) {
    one.attempts = one.failures = parked.progress.stuck ? 12 : 1;
    one.interval = 1h;
    one.due = parked.progress.due;
  }
  parked.progress.last_error = "http://localhost:8081: connection refused";
  parked.progress.history_pages = 1;
  parked.history.entries = {called(created + 1ms, 1, call_outcome::unknown, parked.progress.last_error)};
  sets.push_back(std::move(parked));
}

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

}  // namespace

std::string gid_of(std::uint64_t number) {
  return "order-" + keys::to_hex(keys::make_row(scatter(number)).view());
}

std::string fill(const std::string& path, const amounts& wanted, time_point now) {
  auto opened = open_rocksdb_store({.path = path});
  if (!opened) return opened.error().detail;
  const std::uint64_t parked_each = wanted.parked == 0 ? wanted.all() + 1 : wanted.all() / wanted.parked;
  const duration apart = duration{spread_over} / static_cast<std::int64_t>(wanted.all());
  std::vector<write_set> sets;
  for (std::uint64_t finished = 0, parked = 0; finished + parked < wanted.all();) {
    const std::uint64_t number = finished + parked;
    const time_point created = now - apart * static_cast<std::int64_t>(wanted.all() - number);
    const bool is_parked = finished == wanted.finished || (parked < wanted.parked && number % parked_each == 0);
    is_parked ? add_parked(parked, created, **opened, sets) : add_finished(finished, created, **opened, sets);
    ++(is_parked ? parked : finished);
    if (sets.size() < batch_size && number + 1 < wanted.all()) continue;
    for (const auto& stored : (*opened)->commit(sets, durability::buffered)) {
      if (!stored) return stored.error().detail;
    }
    sets.clear();
    if ((number + 1) / told_each != (number + 1 - batch_size / 2) / told_each)
      std::fprintf(stderr, "filled with %llu\n", static_cast<unsigned long long>(number + 1));
  }
  return {};
}

std::string settle(const std::string& path) {
  constexpr double idle_share = 0.01;
  constexpr auto pause = 2s;
  const auto opened = open_rocksdb_store({.path = path});
  if (!opened) return opened.error().detail;
  for (int idle = 0; idle < 3;) {
    const double before = processor_seconds();
    std::this_thread::sleep_for(pause);
    idle = processor_seconds() - before < idle_share * std::chrono::duration<double>(pause).count() ? idle + 1 : 0;
  }
  return {};
}

}  // namespace treaty::lists
