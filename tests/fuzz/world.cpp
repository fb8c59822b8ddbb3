#include "tests/fuzz/world.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/invariants.hpp"
#include "core/topics/expand.hpp"
#include "net/wire/record_json.hpp"
#include "storage/codec.hpp"
#include "storage/memory/memory_store.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/json.hpp"

namespace treaty::fuzz {
namespace {

constexpr std::chrono::milliseconds progress_delay{50};
constexpr time_point start_time{std::chrono::hours{24 * 365 * 55}};
constexpr time_point last_time{std::chrono::hours{24 * 365 * 150}};  // what lies behind it is not waited for
constexpr std::size_t steps_at_once = 48;
constexpr std::size_t calm_steps = 400;

void set_token(event& e, client_token token) {
  std::visit(
      [token](auto& one) {
        if constexpr (requires { one.reply_to; }) one.reply_to = token;
      },
      e);
}

std::shared_ptr<const txn_definition>* definition_of(event& what) {
  if (auto* const prepare = std::get_if<prepare_requested>(&what)) return &prepare->definition;
  if (auto* const submit = std::get_if<submit_requested>(&what)) return &submit->definition;
  return nullptr;
}

void expect_none(const std::vector<std::string>& violations) {
  FUZZ_CHECK(violations.empty(), violations.front());
}

template <class Value, class Decode>
void expect_same(const Value& value, const std::string& bytes, Decode decode) {
  const auto read = decode(bytes);
  FUZZ_CHECK(read, read.error().detail);
  FUZZ_CHECK(*read == value);
}

}  // namespace

void check_record(const txn_record& record) {
  std::string bytes;
  codec::encode_definition(*record.definition, bytes);
  expect_same(*record.definition, bytes, codec::decode_definition);
  codec::encode_progress(record.progress, record.definition->type, bytes);
  txn_progress kept = record.progress;
  kept.watch.update_time = {};  // nobody is shown it, and it is not stored
  if (kept.revision > 0) expect_same(kept, bytes, codec::decode_progress);
  for (const auto& branch : record.branches) {
    codec::encode_branch(*branch, bytes);
    expect_same(*branch, bytes, codec::decode_branch);
  }
  FUZZ_CHECK(is_json(query_json(record)), query_json(record));
  FUZZ_CHECK(is_json(progresses_json(record)));
  listing_text listed;
  listed.add(record);
  FUZZ_CHECK(is_json(std::move(listed).finish("00")));
}

struct world::transaction {
  driver machine;
  std::optional<txn_record> stored;
  std::optional<write_set> under_way;
  std::deque<event> answers;  // of participants, on their way
  std::map<client_token, std::shared_ptr<answer_sink>> waiting;
};

world::world(std::uint64_t seed) : dice_{seed}, now_{start_time}, store_{make_memory_store()} {}
world::~world() = default;

void world::offer(gid id, event what, std::size_t, std::shared_ptr<answer_sink> to) {
  ++touched_;
  FUZZ_CHECK(to != nullptr);
  FUZZ_CHECK(!id.empty() && id.value.size() <= gid_length_max, "a gid that cannot be stored came through the door");
  auto* const definition = definition_of(what);
  if (definition != nullptr) {
    FUZZ_CHECK(*definition != nullptr && (*definition)->gid == id, "a definition of another gid");
  }
  if (definition != nullptr && names_topic(**definition)) {
    auto expanded = expand_topics(**definition, topics_);
    if (!expanded && !store_->load(id)) {
      FUZZ_CHECK(!expanded.error().detail.empty());
      return to->answer({answer_kind::internal, expanded.error().detail});
    }
    if (expanded) *definition = *std::move(expanded);
  }
  deliver(id, std::move(what), std::move(to));
}

void world::deliver(const gid& id, event what, std::shared_ptr<answer_sink> to) {
  auto& place = transactions_[id];
  if (place == nullptr) {
    place = std::unique_ptr<transaction>{
        new transaction{driver{id, store_->next_row(), server_policy{}, progress_delay}, {}, {}, {}, {}}};
  }
  transaction& one = *place;
  if (to != nullptr) {
    set_token(what, ++last_token_);
    one.waiting.emplace(last_token_, std::move(to));
  }
  carry_out(one, one.machine.offer(what, now_));
  work(one, steps_at_once);
}

void world::carry_out(transaction& one, output&& out) {
  if (out.write) {
    FUZZ_CHECK(!one.under_way, "two writes at a time");
    one.under_way = std::move(out.write);
  }
  for (const effect& ordered : out.now) perform(one, ordered);
  if (one.machine.state().exists()) expect_none(violations(one.machine.record()));
}

void world::perform(transaction& one, const effect& ordered) {
  if (const auto* told = std::get_if<reply>(&ordered)) {
    const auto found = one.waiting.extract(told->to);
    FUZZ_CHECK(found, "an answer to nobody");
    FUZZ_CHECK(told->what.kind == answer_kind::ok || !told->what.message.empty(), "refused without a word");
    return found.mapped()->answer(told->what);
  }
  FUZZ_CHECK(one.stored, "something is done before anything is durable");
  const std::string detail = calm_ ? std::string{} : "said so " + std::to_string(dice_() % 100);
  if (const auto* ordered_call = std::get_if<call_leg>(&ordered)) {
    FUZZ_CHECK(!view_leg(one.machine.record(), ordered_call->leg).url.empty(), "an empty URL is called");
    one.answers.emplace_back(answered{ordered_call->leg, next_outcome(), detail});
  } else if (std::holds_alternative<call_watch>(ordered)) {
    one.answers.emplace_back(watch_answered{next_outcome(), detail});
  }
}

call_outcome world::next_outcome() {
  if (calm_) return call_outcome::success;
  static constexpr std::array outcomes{call_outcome::success, call_outcome::success, call_outcome::success,
                                       call_outcome::failure, call_outcome::ongoing, call_outcome::unknown};
  return outcomes[dice_() % outcomes.size()];
}

void world::store_it(transaction& one, const write_set& write) {
  const auto done = store_->commit({&write, 1}, durability::synced);
  FUZZ_CHECK(done.front(), done.front().error().detail);
  auto loaded = store_->load(write.gid);
  FUZZ_CHECK(loaded);
  expect_none(violations(*loaded));
  if (one.stored) expect_none(violations_between(*one.stored, *loaded));
  FUZZ_CHECK(is_set(loaded->progress.due) != is_final(loaded->progress.status), "stored with a wrong due entry");
  check_record(*loaded);
  std::string page;
  codec::encode_history(write.history, page);
  const auto same_slot = [&](std::string_view bytes) { return codec::decode_history(bytes, write.history.slot); };
  if (!write.history.entries.empty()) expect_same(write.history, page, same_slot);
  one.stored = *std::move(loaded);
}

void world::work(transaction& one, std::size_t steps) {
  while (steps > 0 && step(one)) --steps;
}

/// Returns whether there was something to do.
bool world::step(transaction& one) {
  if (one.under_way) {
    const write_set write = *std::exchange(one.under_way, std::nullopt);
    store_it(one, write);
    carry_out(one, one.machine.durable(write.progress.revision, now_));
    return true;
  }
  if (!one.answers.empty()) {
    const event next = std::move(one.answers.front());
    one.answers.pop_front();
    carry_out(one, one.machine.offer(next, now_));
    return true;
  }
  if (calm_ && one.waiting.empty() && one.stored && one.stored->progress.status == txn_status::prepared) return false;
  const auto moment = one.machine.next_moment();
  if (!moment || *moment > (calm_ ? last_time : now_ + progress_delay)) return false;
  now_ = std::max(now_, *moment);
  carry_out(one, one.machine.offer(timer_fired{}, now_));
  return true;
}

void world::query(gid id, on_result<txn_record> done) {
  ++touched_;
  FUZZ_CHECK(!id.empty() && id.value.size() <= gid_length_max);
  done(store_->load(id));
}

void world::history(gid id, on_result<txn_history> done) {
  ++touched_;
  auto record = store_->load(id);
  if (!record) return done(record.error());
  auto pages = store_->load_history(id);
  FUZZ_CHECK(pages);
  done(txn_history{*std::move(record), *std::move(pages)});
}

void world::wait_end(gid id, std::chrono::milliseconds, on_result<txn_record> done) {
  query(std::move(id), std::move(done));
}

void world::list(list_request asked, on_result<listing> done) {
  ++touched_;
  FUZZ_CHECK(asked.limit > 0);
  list_query wanted;
  wanted.status = asked.status;
  wanted.type = asked.type;
  wanted.created_from = asked.created_from;
  wanted.created_to = asked.created_to;
  wanted.gid_prefix = asked.gid_prefix;
  wanted.stuck = asked.stuck;
  wanted.destination = asked.destination;
  wanted.after = asked.position;
  wanted.limit = asked.limit;
  auto page = store_->list(wanted);
  if (!page) return done(page.error());
  done(listing{std::move(page->records), std::move(page->next)});
}

void world::reset_cron(std::chrono::seconds later_than, std::size_t limit, on_result<cron_reset> done) {
  ++touched_;
  FUZZ_CHECK(later_than.count() >= 0 && limit > 0);
  const time_point after = now_ + later_than;  // must not overflow
  std::size_t count = 0;
  for (auto& [id, one] : transactions_) {
    if (count == limit || !one->stored || one->stored->progress.due <= after) continue;
    deliver(id, retry_requested{}, nullptr);
    ++count;
  }
  done(cron_reset{count, false});
}

void world::change_topic(topic_change asked, std::shared_ptr<answer_sink> to) {
  ++touched_;
  to->answer(change(asked));
}

answer world::change(const topic_change& what) {
  const auto known = topics_.find(what.topic);
  auto becomes = decide(known == topics_.end() ? nullptr : &known->second, what);
  if (!becomes) {
    FUZZ_CHECK(!becomes.error().detail.empty(), "refused without a word");
    return {answer_kind::error, becomes.error().detail};
  }
  const std::string category{topics_category};
  const auto stored = store_->load_kv(category, what.topic);
  if (!*becomes) {
    FUZZ_CHECK(store_->delete_kv(category, what.topic));
    topics_.erase(what.topic);
    return {};
  }
  const std::uint64_t version = stored ? stored->version : 0;
  const kv_record next{category, what.topic, topic_text(**becomes), version + 1, now_, now_};
  const auto put = store_->put_kv(next, version);
  FUZZ_CHECK(put, put.error().detail);
  expect_same(**becomes, next.value, parse_topic_text);
  topics_.insert_or_assign(what.topic, **std::move(becomes));
  return {};
}

void world::query_kv(std::string category, std::string key, on_result<kv_record> done) {
  ++touched_;
  done(store_->load_kv(category, key));
}

void world::list_kv(kv_request asked, on_result<kv_listing> done) {
  ++touched_;
  FUZZ_CHECK(asked.limit > 0);
  auto page = store_->list_kv({asked.category, asked.position, asked.limit});
  if (!page) return done(page.error());
  done(kv_listing{std::move(page->records), std::move(page->next)});
}

void world::calm_down() {
  calm_ = true;
  for (auto& [id, place] : transactions_) {
    transaction& one = *place;
    work(one, calm_steps);
    const bool came_to_rest = !one.under_way && one.answers.empty();
    FUZZ_CHECK(one.waiting.empty() || !came_to_rest, "a request is never answered");
    if (!one.stored || !came_to_rest || one.machine.write_under_way()) continue;
    // What is stored can be taken up again by another process.
    one.machine = driver{*one.stored, server_policy{}, progress_delay};
    one.answers.clear();
    carry_out(one, one.machine.offer(timer_fired{}, now_));
    work(one, steps_at_once);
  }
}

}  // namespace treaty::fuzz
