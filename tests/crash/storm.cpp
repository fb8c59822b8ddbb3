#include "tests/crash/storm.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/crash/client.hpp"
#include "tests/crash/points/crash_point.hpp"
#include "tests/crash/rules.hpp"
#include "tests/crash/services.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace treaty::crash {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::array clients_through{door_kind::http, door_kind::http, door_kind::grpc,
                                     door_kind::grpc, door_kind::grpc, door_kind::json_rpc};
constexpr std::chrono::milliseconds point_limit{2'500};  // a point that was not passed often enough by then is given up

/// Two ports that stay the coordinator's over all its lives, outside the range from which the kernel hands out free
/// ones: no other coordinator on this machine gets them while ours is dead, and with them the words of our clients.
endpoints own_ports() {
  std::random_device chance;
  const auto first = static_cast<std::uint16_t>(12'000 + 2 * (chance() % 9'000));
  return {first, static_cast<std::uint16_t>(first + 1)};
}

std::string config_for(const services& business, bool small_store) {
  return "RetryInterval: 1\nRetryIntervalMax: 1\nRetryJitter: 0.1\nIdleAfter: 300ms\nLanes: 2\nLogLevel: warn\n"
         "AlertRetryLimit: 1\nAlertWebHook: '" +
         business.url(branch_transport::http, "alerts") + "'\nCompletionWebHook: '" +
         business.url(branch_transport::http, "ends") + "'\nLimits:\n  ResumingMax: 200\n" +
         (small_store ? "  CommitBatchMax: 16\n" : "");
}

class storm {
public:
  explicit storm(const storm_options& options);
  storm_report run();

private:
  void kill_once();
  void kill_at_random();
  void kill_at_point();
  /// False when the coordinator died before it served: only at a point that it was told.
  bool start();
  void judge();
  void judge_topics(const client& one);
  void blame(const std::string& what) { report_.violations.push_back(what); }
  std::filesystem::path mark() const { return scratch_.path() / "mark"; }

  const storm_options options_;
  std::mt19937_64 random_;
  const std::filesystem::path treatyd_;
  const kit::scratch_directory scratch_;
  lives lives_{own_ports()};
  services business_{lives_.at()};
  kit::treatyd_process coordinator_;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<std::size_t> points_left_;
  storm_report report_;
};

storm::storm(const storm_options& options)
    : options_{options},
      random_{options.seed},
      treatyd_{kit::chosen_binary(options.treatyd)},
      coordinator_{treatyd_,
                   scratch_.path(),
                   {.config = config_for(business_, options.seed % 2 == 0),
                    .http_port = lives_.at().http,
                    .grpc_port = lives_.at().grpc,
                    .start_limit = options.patience}} {
  for (std::size_t number = 0; number < clients_through.size(); ++number)
    clients_.push_back(std::make_unique<client>(options.seed, number, clients_through[number], lives_, business_));
}

bool storm::start() {
  try {
    coordinator_.start();
  } catch (const std::runtime_error& why) {
    if (std::filesystem::exists(mark())) return false;
    throw;
  }
  lives_.begin_next();
  return true;
}

/// Most lives are long enough for work to be in the middle. One in six ends as soon as it serves, one in six while the
/// store is opened and read.
void storm::kill_at_random() {
  coordinator_.become(treatyd_, {});
  const bool serves = random_() % 6 != 0;
  serves ? static_cast<void>(start()) : coordinator_.launch();
  const auto most = static_cast<std::uint64_t>(options_.life_max.count());
  const std::chrono::milliseconds life{random_() % 5 == 0 && serves ? 0 : random_() % most};
  if (const auto code = coordinator_.await_end(life)) {
    blame("the coordinator ended by itself: " + std::to_string(*code));
    return;
  }
  coordinator_.kill();
  ++report_.random_kills;
}

void storm::kill_at_point() {
  if (points_left_.empty()) {
    for (std::size_t at = 0; at < crash_points.size(); ++at) points_left_.push_back(at);
    std::shuffle(points_left_.begin(), points_left_.end(), random_);
  }
  const std::size_t chosen = points_left_.back();
  points_left_.pop_back();
  const named_point& point = crash_points[chosen];
  const std::string name{point.name};
  coordinator_.become(options_.treatyd_crash,
                      {std::string{crash_at_variable} + "=" + name + ":" + std::to_string(1 + random_() % point.reach),
                       std::string{crash_mark_variable} + "=" + mark().string()});
  const bool served = start();  // it may die on its way there
  const std::optional<int> code = served ? coordinator_.await_end(point_limit) : std::nullopt;
  if (std::filesystem::exists(mark())) {
    if (!code) coordinator_.kill();  // it stood at the point, its death was not over
    ++report_.point_kills[name];
  } else if (code) {
    blame("the coordinator ended by itself: " + std::to_string(*code));
  } else {
    coordinator_.kill();
    ++report_.points_missed;
    points_left_.insert(points_left_.begin(), chosen);  // it comes again when the others had their turn
  }
}

void storm::kill_once() {
  const bool at_point =
      options_.kinds == kill_kinds::points || (options_.kinds == kill_kinds::both && random_() % 2 == 0);
  std::filesystem::remove(mark());
  at_point ? kill_at_point() : kill_at_random();
}

storm_report storm::run() {
  std::vector<std::thread> running;
  for (const auto& one : clients_) running.emplace_back([&one] { one->run(); });
  try {
    for (std::uint64_t kill = 0; kill < options_.kills && report_.violations.empty(); ++kill) kill_once();
    std::filesystem::remove(mark());
    coordinator_.become(treatyd_, {});
    start();
  } catch (const std::runtime_error& why) {
    blame(why.what());
  }
  lives_.end();
  for (std::thread& one : running) one.join();
  if (coordinator_.is_running()) judge();
  if (!report_.violations.empty()) blame("the coordinator's log ends:\n" + coordinator_.log_tail());
  return report_;
}

std::string words_of(const std::vector<kit::seen_call>& calls) {
  std::string text;
  for (const auto& call : calls)
    text += " [" + call.op + " " + call.branch + " " + call.path + " " + std::to_string(call.answered) + "]";
  return text;
}

std::string words_of(const txn_story& story) {
  std::string text;
  const auto add = [&](bool holds, const char* word) { text += holds ? std::string{" "} + word : std::string{}; };
  add(story.concurrent, "concurrent");
  add(!story.commits, "rolls-back");
  add(story.asked_prepare, "asked-prepare");
  add(story.asked_submit, "asked-submit");
  add(story.asked_abort, "asked-abort");
  add(story.told_exists, "told-exists");
  add(story.told_submitted, "told-submitted");
  add(story.told_aborted, "told-aborted");
  add(story.told_success, "told-success");
  for (const auto& branch : story.told_branches) text += " told-" + branch;
  for (const auto& end : story.seen_ends) text += " seen-" + end;
  return text;
}

const char* name_of(txn_kind kind) {
  switch (kind) {
    case txn_kind::saga:
      return "saga";
    case txn_kind::tcc:
      return "tcc";
    case txn_kind::xa:
      return "xa";
    case txn_kind::msg:
      return "msg";
    case txn_kind::workflow:
      return "workflow";
  }
  return "";
}

bool is_over(const shown_end& end) {
  return end.status == "succeed" || end.status == "failed" || end.status == "absent";
}

void storm::judge() {
  const auto started = steady::now();
  std::map<std::string, shown_end> ends;
  for (const auto& one : clients_) {
    for (const txn_story& story : one->stories()) {
      shown_end& end = ends[story.gid];
      const auto left = std::max<steady::duration>(started + options_.patience - steady::now(), 1s);
      kit::eventually([&] { return is_over(end = look_up(lives_.at().http, story.gid)); },
                      std::chrono::duration_cast<std::chrono::milliseconds>(left));
    }
    judge_topics(*one);
  }
  report_.settled_max = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - started);
  std::map<std::string, std::vector<kit::seen_call>> calls;
  for (kit::seen_call& call : business_.ledger()) calls[call.gid].push_back(std::move(call));
  const auto told_ends = business_.told_ends();
  for (const auto& one : clients_) {
    for (txn_story story : one->stories()) {
      if (const auto told = told_ends.find(story.gid); told != told_ends.end())
        story.seen_ends.insert(told->second.begin(), told->second.end());
      const auto& seen = calls[story.gid];
      const shown_end& end = ends[story.gid];
      ++report_.transactions;
      report_.acknowledged += story.told_exists ? 1 : 0;
      report_.calls += seen.size();
      ++report_.ends[std::string{name_of(story.kind)} + " " + end.status];
      if (const std::string wrong = check_story(story, end, seen); !wrong.empty())
        blame(story.gid + " (" + end.status + "): " + wrong + ";" + words_of(story) + ";" + words_of(seen));
    }
  }
  for (const auto& [gid, seen] : calls)
    if (!ends.contains(gid)) blame(gid + " was called, and nobody has asked for it:" + words_of(seen));
}

void storm::judge_topics(const client& one) {
  if (one.asked_subscribers().empty()) return;
  const auto answer = kit::get(lives_.at().http, "/api/dtmsvr/queryKV?cat=topics&key=" + one.topic());
  const auto found = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  std::set<std::string> kept;
  if (found.is_object() && !found["kv"].empty()) {
    for (const auto& row : nlohmann::json::parse(found["kv"][0].value("v", "[]"), nullptr, false))
      kept.insert(row.value("url", ""));
  }
  for (const std::string& told : one.told_subscribers())
    if (!kept.contains(told)) blame(one.topic() + " has lost the acknowledged " + told);
  for (const std::string& url : kept)
    if (!one.asked_subscribers().contains(url)) blame(one.topic() + " has a subscriber that nobody added: " + url);
}

}  // namespace

std::uint64_t storm_report::kills() const {
  std::uint64_t all = random_kills + points_missed;
  for (const auto& [name, count] : point_kills) all += count;
  return all;
}

void storm_report::add(const storm_report& other) {
  random_kills += other.random_kills;
  points_missed += other.points_missed;
  transactions += other.transactions;
  acknowledged += other.acknowledged;
  calls += other.calls;
  for (const auto& [name, count] : other.point_kills) point_kills[name] += count;
  for (const auto& [name, count] : other.ends) ends[name] += count;
  settled_max = std::max(settled_max, other.settled_max);
  violations.insert(violations.end(), other.violations.begin(), other.violations.end());
}

storm_report storm_round(const storm_options& options) {
  return storm{options}.run();
}

}  // namespace treaty::crash
