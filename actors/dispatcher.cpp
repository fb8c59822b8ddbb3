#include "actors/dispatcher.hpp"

#include <algorithm>

#include "core/topics/expand.hpp"
#include "net/retry_rounds.hpp"

namespace treaty {
namespace {

constexpr std::size_t due_entries_a_page = 1'000;

/// Of one request, whatever its limit: who wants more asks again.
constexpr std::size_t reset_max = 10'000;

using run_read = std::function<void(std::function<void(store&)>)>;

/// Unfinished transactions that want to be looked at only after `after`; those that only a client can move are left
/// out. They are found before the first is retried: one whose retry fails is put behind the others, and would be found
/// again.
class far_transactions final : public retry_source, public std::enable_shared_from_this<far_transactions> {
public:
  far_transactions(run_read read, time_point after, std::size_t limit)
      : read_{std::move(read)}, after_{after}, limit_{limit} {
    query_.limit = due_entries_a_page;
  }

  void next(std::size_t limit, on_result<retry_batch> done) override {
    if (is_found_) return give(limit, done);
    read_([self = shared_from_this(), limit, done = std::move(done)](store& kept) { self->look(kept, limit, done); });
  }

private:
  /// One page, so that other reads get their turn in between.
  void look(const store& kept, std::size_t limit, const on_result<retry_batch>& done) {
    auto page = kept.due(query_);
    if (!page) return done(page.error());
    for (due_entry& one : page->entries) {
      if (one.due > after_ && one.due < far_future && found_.size() <= limit_) found_.push_back(std::move(one.gid));
    }
    query_.after = std::move(page->next);
    is_found_ = query_.after.empty() || found_.size() > limit_;
    next(limit, done);
  }

  void give(std::size_t limit, const on_result<retry_batch>& done) {
    retry_batch out;
    for (; given_ < found_.size() && out.found.size() < limit; ++given_) out.found.push_back(found_[given_]);
    out.more = given_ < found_.size();
    done(std::move(out));
  }

  run_read read_;
  time_point after_;
  std::size_t limit_;
  due_query query_;
  std::vector<gid> found_;  // one more than the limit when there are others
  std::size_t given_ = 0;
  bool is_found_ = false;
};

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
  limit = std::min(limit, reset_max);
  auto far = std::make_shared<far_transactions>([this](std::function<void(store&)> job) { read(std::move(job)); },
                                                now() + later_than, limit);
  const auto hand_on = [this](gid id, event what, std::size_t bytes, std::shared_ptr<answer_sink> to) {
    offer(std::move(id), std::move(what), bytes, std::move(to));
  };
  retry_in_rounds(hand_on, std::move(far), {"dtm-api", {}}, limit, [done = std::move(done)](result<retry_sum> sum) {
    if (!sum) return done(sum.error());
    done(cron_reset{sum->retried, sum->more});
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
