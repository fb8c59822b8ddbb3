#pragma once

#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "actors/coordinator.hpp"

namespace treaty::kit {

enum class waiting_for { nothing, result };
inline constexpr waiting_for waiting = waiting_for::result;
enum class beginning { at_once, by_start };

/// A saga whose compensations are called undo-….
submit_requested make_submit(const std::string& id, const std::vector<std::string>& actions, waiting_for what);

/// Small waits, so that tests are quick.
coordinator_options quick_options();

/// Answers branch calls as a test says, and keeps a ledger. Threads: any.
class scripted_participant {
public:
  /// Calls of that URL would have to wait too long.
  void crowd(const std::string& url, bool is_crowded);
  bool is_crowded(std::string_view url) const;
  void answer(const std::string& url, branch_reply always);
  void answer_once(const std::string& url, branch_reply next);
  /// Calls of this URL are answered only after `let_go`.
  void hold(const std::string& url);
  void let_go();
  std::size_t held() const;
  std::size_t count() const;
  std::vector<std::string> ledger() const;

  void receive(branch_call call, branch_done done, loop& events);

private:
  struct held_call {
    loop* events;
    branch_done done;
  };
  branch_reply reply_to(const std::string& url);

  mutable std::mutex mutex_;
  std::map<std::string, branch_reply> always_;
  std::set<std::string> crowded_;
  std::map<std::string, std::vector<branch_reply>> next_;
  std::vector<std::string> held_urls_;
  std::vector<held_call> held_;
  std::vector<std::string> ledger_;
};

/// Passes everything on to another store, until it is told to fail.
class failing_store final : public store {
public:
  explicit failing_store(store& real) : real_{real} {}
  void fail(bool from_now_on) { failing_ = from_now_on; }
  /// Recovery finds one transaction at a time; `before_each` runs before it is read.
  void recover_slowly(std::function<void()> before_each) { before_each_due_ = std::move(before_each); }

  record_id next_row() override { return real_.next_row(); }
  std::vector<result<void>> commit(std::span<const write_set> writes, durability d) override;
  result<txn_record> load(const gid& id) const override { return real_.load(id); }
  result<std::vector<history_page>> load_history(const gid& id) const override { return real_.load_history(id); }
  result<due_page> due(const due_query& query) const override;
  result<list_page> list(const list_query& query) const override { return real_.list(query); }
  result<std::size_t> expire(time_point before, std::size_t limit) override { return real_.expire(before, limit); }
  result<void> put_kv(const kv_record& record, std::uint64_t expected) override;
  result<void> delete_kv(const std::string& category, const std::string& key) override;
  result<kv_record> load_kv(const std::string& category, const std::string& key) const override {
    return real_.load_kv(category, key);
  }
  result<kv_page> list_kv(const kv_query& query) const override { return real_.list_kv(query); }
  store_health health() const override;
  store_figures figures() const override { return real_.figures(); }

private:
  store& real_;
  std::atomic<bool> failing_{false};
  std::function<void()> before_each_due_;
};

/// Keeps what web-hooks would be told. Threads: any.
class remembering_notifier final : public notifier {
public:
  void alert(alert_notice what) override;
  void ended(end_notice what) override;
  std::vector<alert_notice> alerts() const;
  std::vector<end_notice> ends() const;

private:
  mutable std::mutex mutex_;
  std::vector<alert_notice> alerts_;
  std::vector<end_notice> ends_;
};

/// A coordinator on real lanes, with a store in memory (or the one given) and a scripted participant.
class coordinator_world {
public:
  explicit coordinator_world(coordinator_options options = quick_options(), store* kept = nullptr,
                             std::size_t lanes = 1, beginning how = beginning::at_once);
  ~coordinator_world();
  void start();

  answer submit(const std::string& id, const std::vector<std::string>& actions,
                waiting_for what = waiting_for::nothing);
  std::vector<answer> submit_many(const std::string& id, const std::vector<std::string>& actions, std::size_t times);
  void submit_and_forget(const std::string& id, const std::vector<std::string>& actions);
  answer say(const std::string& id, event what);
  std::future<answer> offer(const std::string& id, event what);
  cron_reset reset_cron(std::chrono::seconds later_than, std::size_t limit);
  std::optional<txn_status> status_of(const std::string& id);
  bool eventually_has_status(const std::string& id, txn_status wanted);
  std::vector<std::string> calls() const { return participant.ledger(); }
  double gauge(const std::string& name) const;

  scripted_participant participant;
  remembering_notifier hooks;
  std::unique_ptr<treaty::coordinator> coordinator;

private:
  std::unique_ptr<store> own_store_;
  std::shared_ptr<class prometheus_holder> metrics_;
};

}  // namespace treaty::kit
