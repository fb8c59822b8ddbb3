#include "tests/sim/world.hpp"

#include <algorithm>

#include "tests/sim/life.hpp"

namespace treaty::sim {
namespace {

using namespace std::chrono_literals;

constexpr duration trouble_at_most = 25s;
constexpr duration patience = 5min;  // after the trouble has ended
constexpr std::uint64_t steps_at_most = 2'000'000;
constexpr std::size_t steps_between_looks = 32;

}  // namespace

world::world(std::uint64_t seed, bool is_traced)
    : chance_{seed}, all_{chance_, is_traced}, judge_{all_, disk_}, network_{all_, chance_, judge_} {
  options_ = choose_options();
  lanes_ = 1 + chance_.below(3);
  if (chance_.percent(70)) how_bad_ = {chance_.below(40), chance_.below(8), chance_.up_to(1500ms)};
  sharp_crashes_ = chance_.percent(60) ? chance_.below(5) : 0;
  is_restarted_ = seed % 16 == 12;
  has_operators_ = chance_.percent(25);
  const std::size_t count = 2 + chance_.below(5);
  for (std::size_t number = 1; number <= count; ++number) {
    auto one = make_file(chance_, number);
    files_.emplace(one->gid, std::move(one));
  }
  network_.find = [this](std::string_view gid) {
    const auto found = files_.find(gid);
    return found == files_.end() ? nullptr : found->second.get();
  };
  network_.resume = [this](file& one) {
    if (!one.application_runs) begin(run_application(one));
  };
  network_.on_vain = [this](file& one) { repeat_perhaps(one); };
  network_.on_call = [this] { crash_perhaps(1ms); };
  disk_.on_failed = [this](const gid& id) { files_.find(id.value)->second->last_failed = all_.clock(); };
  disk_.on_stored = [this](const gid& id, const txn_record* before, const txn_record& after) {
    file& one = *files_.find(id.value)->second;
    judge_.stored(one, before, after);
    crash_perhaps(1ms);
    repeat_perhaps(one);
  };
}

world::~world() {
  end_life();
  all_.forget_events();
  scripts_.clear();
}

coordinator_options world::choose_options() {
  coordinator_options chosen;
  chosen.retry_interval = std::chrono::milliseconds{chance_.between(100, 2'000)};
  chosen.retry_interval_max = std::chrono::milliseconds{chance_.between(2'000, 8'000)};
  chosen.timeout_to_fail = std::chrono::seconds{chance_.between(2, 10)};
  chosen.request_timeout = std::chrono::milliseconds{chance_.between(300, 3'000)};
  chosen.retry_jitter_percent = chance_.percent(50) ? 10 : 0;
  chosen.retry_limit = chance_.percent(15) ? 3 : 0;
  chosen.stuck_after = static_cast<std::uint32_t>(chance_.below(4));
  chosen.alert_after = static_cast<std::uint32_t>(chance_.below(4));
  chosen.tell_every_end = chance_.percent(80);
  constexpr std::uint32_t pages[] = {0, 1, 4, 128};
  chosen.history_pages_max = chance_.one_of(pages);
  constexpr std::size_t lives[] = {1, 3, 20'000, 20'000};
  chosen.live_max = chance_.one_of(lives);
  constexpr std::size_t resumings[] = {1, 2, 2'000};
  chosen.resuming_max = chance_.one_of(resumings);
  constexpr std::chrono::milliseconds idles[] = {0ms, 50ms, 1'000ms};
  chosen.idle_after = chance_.one_of(idles);
  constexpr std::chrono::milliseconds delays[] = {0ms, 5ms, 50ms, 800ms};
  chosen.progress_delay_max = chance_.one_of(delays);
  constexpr std::size_t batches[] = {1, 2, 4'096};
  chosen.commit_batch_max = chance_.one_of(batches);
  chosen.reader_threads = 1 + chance_.below(2);
  chosen.finished_expire = std::chrono::hours{24 * 365};
  return chosen;
}

const std::vector<std::string>& world::run() {
  start_life();
  for (auto& [gid, one] : files_) begin_scripts(*one);
  const duration trouble = chance_.up_to(trouble_at_most);
  for (std::size_t left = chance_.below(4); left > 0; --left)
    all_.after(chance_.up_to(trouble), [this] { is_restarted_ ? restart() : crash(); });
  all_.after(trouble, [this] { calm_down(); });
  const time_point limit = all_.clock() + trouble + patience;
  do {
    for (std::size_t at = 0; at < steps_between_looks; ++at) all_.step();
  } while (!is_over() && all_.clock() < limit && all_.steps() < steps_at_most);
  end_life();
  for (auto& [gid, one] : files_) {
    judge_.at_the_end(*one);
    if (one->scripts_under_way > 0) judge_.blame(*one, "has clients that never heard an answer");
  }
  return judge_.violations();
}

bool world::is_over() const {
  if (!is_calm_ || network_.under_way() > 0 || network_.unanswered() > 0) return false;
  const bool all_heard =
      std::all_of(files_.begin(), files_.end(), [](const auto& each) { return each.second->scripts_under_way == 0; });
  return all_heard && std::all_of(disk_.rows().begin(), disk_.rows().end(), [](const auto& each) {
           const txn_record& record = each.second.record;
           const txn_status status = record.progress.status;
           return is_final(status) || (status == txn_status::prepared && record.definition->type == trans_type::saga);
         });
}

std::size_t world::ends() const {
  return static_cast<std::size_t>(std::count_if(disk_.rows().begin(), disk_.rows().end(), [](const auto& each) {
    return is_final(each.second.record.progress.status);
  }));
}

void world::start_life() {
  if (life_ != nullptr) return;
  lives_ += 1;
  all_.trace("life", "starts");
  life_ = std::make_unique<life>(lives_, disk_, all_, chance_, how_bad_, [this](const end_notice& what) {
    const auto found = files_.find(what.gid.value);
    if (life_ != nullptr && found != files_.end()) judge_.told_end(*found->second, what.status);
  });
  network_.begin_life(lives_);
  if (lives_ > 1 && chance_.percent(30)) options_.retry_limit = chance_.between(0, 2);  // an operator has changed it
  std::vector<lane_ports> ports;
  for (std::size_t at = 0; at < lanes_; ++at) {
    auto events = std::make_shared<sim_loop>(all_);
    auto calls = std::make_shared<sim_client>(network_, *events);
    ports.push_back({std::move(events), std::move(calls)});
  }
  life_->runs = std::make_unique<coordinator>(
      life_->kept, life_->tells, std::move(ports), [this] { return std::make_shared<sim_loop>(all_); }, options_,
      life_->metrics);
  if (const auto started = life_->runs->start(); !started) {
    end_life();
    all_.after(500ms, [this] { start_life(); });
  }
}

/// From the first line on, nothing of this life reaches anything outside it.
void world::end_life() {
  if (life_ == nullptr) return;
  life_->kept.cut_off();
  network_.end_life();
  const std::unique_ptr<life> ended = std::move(life_);
  ended->runs->stop();
}

void world::crash() {
  if (life_ == nullptr || is_calm_) return;
  all_.trace("life", "CRASH");
  disk_.crash(chance_);
  end_life();
  all_.after(chance_.up_to(2s), [this] { start_life(); });
}

/// A clean stop: what was accepted is worked on for a while, what is under way is finished, nobody new is let in.
void world::restart() {
  if (life_ == nullptr) return;
  life_->runs->stop_admitting();
  life_->runs->drain(0ms);
  all_.after(chance_.up_to(2s), [this, mine = lives_] {
    if (life_ == nullptr || life_->number != mine) return;
    all_.trace("life", "is stopped");
    is_stopping_ = true;
    life_->kept.mend();  // no more waiting: the clock stands while it stops
    disk_.land_pending();
    life_->runs->stop();
    is_stopping_ = false;
    end_life();
    all_.after(chance_.up_to(2s), [this] { start_life(); });
  });
}

/// Close to a write or a call, before and after which most is at stake.
void world::crash_perhaps(duration within) {
  if (is_calm_ || sharp_crashes_ == 0 || !chance_.percent(8)) return;
  sharp_crashes_ -= 1;
  all_.after(chance_.up_to(within), [this] { crash(); });
}

/// A client's word that comes while the transaction settles down, or leaves memory.
void world::repeat_perhaps(file& one) {
  if (is_calm_ || !chance_.percent(5)) return;
  all_.after(0s, [this, &one] { begin(repeat(one)); });
}

void world::calm_down() {
  all_.trace("world", "calms down");
  is_calm_ = true;
  how_bad_ = {};
  network_.calm_down();
  if (life_ != nullptr) life_->kept.mend();
}

}  // namespace treaty::sim
