#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "core/driver.hpp"
#include "core/topics/topic.hpp"
#include "net/ingress.hpp"
#include "storage/store.hpp"

namespace treaty::fuzz {

/// The door as fuzz targets see it: what comes through it is decided by core's own driver over a store in memory, with
/// participants that answer by chance. Everything that must hold is checked on the way: the record's invariants, that
/// stored bytes read back as they were, that records can be shown as JSON.
class world final : public ingress {
public:
  explicit world(std::uint64_t seed);
  ~world() override;

  void offer(gid id, event what, std::size_t body_bytes, std::shared_ptr<answer_sink> to) override;
  void query(gid id, on_result<txn_record> done) override;
  void history(gid id, on_result<txn_history> done) override;
  void wait_end(gid id, std::chrono::milliseconds limit, on_result<txn_record> done) override;
  void list(list_request request, on_result<listing> done) override;
  void reset_cron(std::chrono::seconds later_than, std::size_t limit, on_result<cron_reset> done) override;
  void change_topic(topic_change change, std::shared_ptr<answer_sink> to) override;
  void query_kv(std::string category, std::string key, on_result<kv_record> done) override;
  void list_kv(kv_request request, on_result<kv_listing> done) override;

  /// How many calls came through the door.
  std::size_t touched() const { return touched_; }
  /// Participants answer well from now on and time passes: every request that waits must hear its answer.
  void calm_down();

private:
  struct transaction;

  void deliver(const gid& id, event what, std::shared_ptr<answer_sink> to);
  void carry_out(transaction& one, output&& out);
  void perform(transaction& one, const effect& ordered);
  void store_it(transaction& one, const write_set& write);
  void work(transaction& one, std::size_t steps);
  bool step(transaction& one);
  answer change(const topic_change& what);
  call_outcome next_outcome();

  std::mt19937_64 dice_;
  bool calm_ = false;
  time_point now_;
  std::unique_ptr<store> store_;
  std::map<gid, std::unique_ptr<transaction>> transactions_;
  topic_map topics_;
  client_token last_token_ = 0;
  std::size_t touched_ = 0;
};

/// What must hold for a stored record, read from bytes or not: it can be shown in each form, and its bytes read back.
void check_record(const txn_record& record);

}  // namespace treaty::fuzz
