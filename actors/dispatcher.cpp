#include "actors/dispatcher.hpp"

#include "core/topics/expand.hpp"

namespace treaty {
namespace {

constexpr std::size_t due_entries_a_page = 1'000;

/// Answers once all of many events were answered.
class gathering final : public answer_sink {
public:
  gathering(cron_reset result, on_result<cron_reset> done) : result_{result}, done_{std::move(done)} {}
  ~gathering() override { done_(result_); }
  void answer(treaty::answer) override {}

private:
  cron_reset result_;
  on_result<cron_reset> done_;
};

struct far_entries {
  std::vector<gid> found;
  bool more = false;
};

/// Unfinished transactions that want to be looked at only after `after`; those that only a client can move are left
/// out.
result<far_entries> entries_due_after(const store& kept, time_point after, std::size_t limit) {
  far_entries far;
  due_query query;
  query.limit = due_entries_a_page;
  do {
    TREATY_TRY(due_page page, kept.due(query));
    for (due_entry& one : page.entries) {
      if (one.due <= after || one.due >= far_future) continue;
      far.more = far.found.size() >= limit;
      if (far.more) return far;
      far.found.push_back(std::move(one.gid));
    }
    query.after = std::move(page.next);
  } while (!query.after.empty());
  return far;
}

bool wants_expansion(const event& what) {
  if (const auto* const prepare = std::get_if<prepare_requested>(&what)) return names_topic(*prepare->definition);
  if (const auto* const submit = std::get_if<submit_requested>(&what)) return names_topic(*submit->definition);
  return false;
}

}  // namespace

void dispatcher::offer(gid id, event what, std::size_t body_bytes, std::shared_ptr<answer_sink> to) {
  const bool expand = wants_expansion(what);
  envelope in{std::move(id), std::move(what), std::move(to), body_bytes};
  if (expand) return around_.topics->send(std::move(in));
  deliver(std::move(in));
}

void dispatcher::deliver(envelope in) {
  lane_of(shard_of(in.gid)).deliver(std::move(in));
}

void dispatcher::read(std::function<void(store&)> job) {
  const std::size_t which = next_reader_.fetch_add(1, std::memory_order_relaxed) % around_.readers.size();
  around_.readers[which]->send(read_job{std::move(job)});
}

void dispatcher::query(gid id, on_result<txn_record> done) {
  read([id = std::move(id), done = std::move(done)](store& kept) { done(kept.load(id)); });
}

void dispatcher::history(gid id, on_result<txn_history> done) {
  read([id = std::move(id), done = std::move(done)](store& kept) {
    auto pages = kept.load_history(id);  // first: the record is never behind what its history tells
    auto record = kept.load(id);
    if (!record) return done(record.error());
    if (!pages) return done(pages.error());
    done(txn_history{*std::move(record), *std::move(pages)});
  });
}

void dispatcher::wait_end(gid id, std::chrono::milliseconds limit, on_result<txn_record> done) {
  lane& home = lane_of(shard_of(id));
  home.post(
      [&home, id = std::move(id), until = now() + limit, done = std::move(done)] { home.ends().add(id, until, done); });
}

void dispatcher::list(list_request request, on_result<listing> done) {
  read([request = std::move(request), done = std::move(done)](store& kept) {
    list_query query;
    query.status = request.status;
    query.type = request.type;
    query.created_from = request.created_from;
    query.created_to = request.created_to;
    query.gid_prefix = request.gid_prefix;
    query.stuck = request.stuck;
    query.destination = request.destination;
    query.after = request.position;
    query.limit = request.limit;
    query.bytes_max = request.bytes_max;
    auto page = kept.list(query);
    if (!page) return done(page.error());
    done(listing{std::move(page->records), std::move(page->next)});
  });
}

void dispatcher::reset_cron(std::chrono::seconds later_than, std::size_t limit, on_result<cron_reset> done) {
  read([this, later_than, limit, done = std::move(done)](store& kept) {
    auto far = entries_due_after(kept, now() + later_than, limit);
    if (!far) return done(far.error());
    const auto all = std::make_shared<gathering>(cron_reset{far->found.size(), far->more}, done);
    for (gid& id : far->found) offer(std::move(id), retry_requested{.by = {"dtm-api", {}}}, 0, all);
  });
}

void dispatcher::change_topic(topic_change change, std::shared_ptr<answer_sink> to) {
  around_.topics->send(topic_change_request{std::move(change), std::move(to)});
}

void dispatcher::query_kv(std::string category, std::string key, on_result<kv_record> done) {
  read([category = std::move(category), key = std::move(key), done = std::move(done)](store& kept) {
    done(kept.load_kv(category, key));
  });
}

void dispatcher::list_kv(kv_request request, on_result<kv_listing> done) {
  read([request = std::move(request), done = std::move(done)](store& kept) {
    auto page = kept.list_kv({request.category, request.position, request.limit});
    if (!page) return done(page.error());
    done(kv_listing{std::move(page->records), std::move(page->next)});
  });
}

}  // namespace treaty
