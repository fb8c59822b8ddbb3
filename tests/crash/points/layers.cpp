#include "tests/crash/points/layers.hpp"

#include <utility>

#include "tests/crash/points/trigger.hpp"

namespace treaty::crash {
namespace {

/// Runs `what` with a point on each side.
template <class Action>
auto between(crash_point before, crash_point after, const Action& what) {
  pass(before);
  auto done = what();
  pass(after);
  return done;
}

class crashing_store final : public store {
public:
  explicit crashing_store(std::unique_ptr<store> inner) : inner_{std::move(inner)} {}

  std::vector<result<void>> commit(std::span<const write_set> writes, durability d) override {
    return between(crash_point::commit_before, crash_point::commit_after, [&] { return inner_->commit(writes, d); });
  }
  result<void> put_kv(const kv_record& record, std::uint64_t expected) override {
    return between(crash_point::topic_before, crash_point::topic_after,
                   [&] { return inner_->put_kv(record, expected); });
  }
  result<void> delete_kv(const std::string& category, const std::string& key) override {
    return between(crash_point::topic_before, crash_point::topic_after,
                   [&] { return inner_->delete_kv(category, key); });
  }

  record_id next_row() override { return inner_->next_row(); }
  result<txn_record> load(const gid& id) const override { return inner_->load(id); }
  result<std::vector<history_page>> load_history(const gid& id) const override { return inner_->load_history(id); }
  result<due_page> due(const due_query& query) const override { return inner_->due(query); }
  result<list_page> list(const list_query& query) const override { return inner_->list(query); }
  result<std::size_t> expire(time_point finished_before, std::size_t limit) override {
    return inner_->expire(finished_before, limit);
  }
  result<kv_record> load_kv(const std::string& category, const std::string& key) const override {
    return inner_->load_kv(category, key);
  }
  result<kv_page> list_kv(const kv_query& query) const override { return inner_->list_kv(query); }
  store_health health() const override { return inner_->health(); }
  store_figures figures() const override { return inner_->figures(); }

private:
  const std::unique_ptr<store> inner_;
};

class crashing_calls final : public branch_client {
public:
  explicit crashing_calls(std::shared_ptr<branch_client> inner) : inner_{std::move(inner)} {}

  void call(branch_call call, branch_done done) override {
    pass(crash_point::call_before);
    inner_->call(std::move(call), [done = std::move(done)](branch_reply reply) {
      pass(crash_point::reply_before);
      done(std::move(reply));
      pass(crash_point::reply_after);
    });
    pass(crash_point::call_after);
  }
  std::size_t pending() const override { return inner_->pending(); }
  bool is_crowded(branch_protocol protocol, std::string_view url, std::size_t coming) override {
    return inner_->is_crowded(protocol, url, coming);
  }

private:
  const std::shared_ptr<branch_client> inner_;
};

class crashing_sink final : public answer_sink {
public:
  explicit crashing_sink(std::shared_ptr<answer_sink> inner) : inner_{std::move(inner)} {}

  void answer(treaty::answer what) override {
    pass(crash_point::answer_before);
    inner_->answer(std::move(what));
    pass(crash_point::answer_after);
  }

private:
  const std::shared_ptr<answer_sink> inner_;
};

class crashing_door final : public ingress {
public:
  explicit crashing_door(ingress& inner) : inner_{inner} {}

  void offer(gid id, event what, std::size_t body_bytes, std::shared_ptr<answer_sink> to) override {
    inner_.offer(std::move(id), std::move(what), body_bytes, std::make_shared<crashing_sink>(std::move(to)));
    pass(crash_point::request_taken);
  }
  void change_topic(topic_change change, std::shared_ptr<answer_sink> to) override {
    inner_.change_topic(std::move(change), std::make_shared<crashing_sink>(std::move(to)));
    pass(crash_point::request_taken);
  }

  void query(gid id, on_result<txn_record> done) override { inner_.query(std::move(id), std::move(done)); }
  void history(gid id, on_result<txn_history> done) override { inner_.history(std::move(id), std::move(done)); }
  void wait_end(gid id, std::chrono::milliseconds limit, on_result<txn_record> done) override {
    inner_.wait_end(std::move(id), limit, std::move(done));
  }
  void list(list_request request, on_result<listing> done) override {
    inner_.list(std::move(request), std::move(done));
  }
  void reset_cron(std::chrono::seconds later_than, std::size_t limit, on_result<cron_reset> done) override {
    inner_.reset_cron(later_than, limit, std::move(done));
  }
  void query_kv(std::string category, std::string key, on_result<kv_record> done) override {
    inner_.query_kv(std::move(category), std::move(key), std::move(done));
  }
  void list_kv(kv_request request, on_result<kv_listing> done) override {
    inner_.list_kv(std::move(request), std::move(done));
  }

private:
  ingress& inner_;
};

class crashing_notifier final : public notifier {
public:
  explicit crashing_notifier(notifier& inner) : inner_{inner} {}

  void alert(alert_notice what) override {
    pass(crash_point::notice_before);
    inner_.alert(std::move(what));
    pass(crash_point::notice_after);
  }
  void ended(end_notice what) override {
    pass(crash_point::notice_before);
    inner_.ended(std::move(what));
    pass(crash_point::notice_after);
  }

private:
  notifier& inner_;
};

class layers final : public port_layers {
public:
  std::unique_ptr<store> over(std::unique_ptr<store> kept) override {
    return std::make_unique<crashing_store>(std::move(kept));
  }
  std::shared_ptr<branch_client> over(std::shared_ptr<branch_client> calls) override {
    return std::make_shared<crashing_calls>(std::move(calls));
  }
  notifier& over(notifier& tells) override { return *(tells_ = std::make_unique<crashing_notifier>(tells)); }
  ingress& over(ingress& door) override { return *(door_ = std::make_unique<crashing_door>(door)); }

private:
  std::unique_ptr<notifier> tells_;
  std::unique_ptr<ingress> door_;
};

}  // namespace

std::unique_ptr<port_layers> crashing_layers() {
  return std::make_unique<layers>();
}

}  // namespace treaty::crash
