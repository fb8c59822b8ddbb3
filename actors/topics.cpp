#include "actors/topics.hpp"

#include "core/topics/expand.hpp"

namespace treaty {
namespace {

constexpr std::size_t topics_a_page = 1'000;

/// Where an event keeps the definition that a topic expands in; null for events without one.
std::shared_ptr<const txn_definition>* definition_of(event& what) {
  if (auto* const prepare = std::get_if<prepare_requested>(&what)) return &prepare->definition;
  if (auto* const submit = std::get_if<submit_requested>(&what)) return &submit->definition;
  return nullptr;
}

void tell(const std::shared_ptr<answer_sink>& to, answer what) {
  if (to != nullptr) to->answer(std::move(what));
}

/// What a client hears of a change that was not made. Clients know the words of DTM's store.
answer to_answer(const failure& why) {
  switch (why.code) {
    case errc::conflict:
      return {answer_kind::error, "storage: NotFound"};
    case errc::already_exists:
      return {answer_kind::error, "storage: UniqueKeyConflict"};
    case errc::unavailable:
    case errc::outcome_unknown:
      return {answer_kind::unavailable, why.detail};
    case errc::overloaded:
      return {answer_kind::overloaded, why.detail};
    case errc::unsupported:
      return {answer_kind::unimplemented, why.detail};
    case errc::not_found:
    case errc::illegal_transition:
    case errc::invalid_argument:
    case errc::corrupt:
      break;
  }
  return {answer_kind::error, why.detail};
}

class topic_keeper {
public:
  topic_keeper(lane_surroundings& around, std::function<void(envelope)> deliver)
      : around_{around}, deliver_{std::move(deliver)} {}

  void begin_with(topic_map all) { topics_ = std::move(all); }

  void change(const topic_change_request& asked) {
    const auto done = apply(asked.change);
    tell(asked.to, done ? answer{} : to_answer(done.error()));
  }

  void expand(envelope in) {
    auto& definition = *definition_of(in.what);
    auto expanded = expand_topics(*definition, topics_);
    if (expanded) {
      in.body_bytes += grown_by(**expanded, *definition);
      definition = *std::move(expanded);
    } else if (!may_be_stored(in.gid)) {
      const bool unknown = expanded.error().code == errc::not_found;
      return tell(in.to, {unknown ? answer_kind::internal : answer_kind::invalid, expanded.error().detail});
    }
    // A transaction that is stored keeps its steps, whatever has become of the topic since.
    deliver_(std::move(in));
  }

private:
  /// When the store cannot say, the transaction finds out, and answers so.
  bool may_be_stored(const gid& id) const {
    const auto stored = around_.kept.load(id);
    return stored || stored.error().code != errc::not_found;
  }
  static std::size_t payload_bytes(const txn_definition& of) {
    std::size_t bytes = 0;
    for (const std::string& one : of.payloads) bytes += one.size();
    return bytes;
  }
  static std::size_t grown_by(const txn_definition& expanded, const txn_definition& before) {
    const std::size_t bytes = payload_bytes(expanded);
    return bytes - std::min(bytes, payload_bytes(before));
  }

  result<void> apply(const topic_change& change) {
    const auto known = topics_.find(change.topic);
    TREATY_TRY(auto becomes, decide(known == topics_.end() ? nullptr : &known->second, change));
    if (known == topics_.end() && topics_.size() >= topics_max) {
      return failure{errc::overloaded, std::to_string(topics_max) + " topics; more are not possible"};
    }
    const auto stored = becomes ? put(change.topic, *becomes) : around_.kept.delete_kv(category_, change.topic);
    if (!stored) return read_again(change.topic), stored;
    if (becomes) {
      topics_.insert_or_assign(change.topic, *std::move(becomes));
    } else {
      topics_.erase(change.topic);
    }
    return {};
  }

  result<void> put(const std::string& name, const topic& what) {
    const auto stored = around_.kept.load_kv(category_, name);
    if (!stored && stored.error().code != errc::not_found) return stored.error();
    kv_record next{category_, name, topic_text(what), 1, now(), {}};
    next.update_time = next.create_time;
    if (stored) {
      next.create_time = stored->create_time;
      next.version = stored->version + 1;
    }
    return around_.kept.put_kv(next, next.version - 1);
  }

  /// After a write that failed nobody knows what the store holds.
  void read_again(const std::string& name) {
    const auto stored = around_.kept.load_kv(category_, name);
    if (!stored) {
      if (stored.error().code == errc::not_found) topics_.erase(name);
      return;
    }
    if (auto read = parse_topic_text(stored->value)) topics_.insert_or_assign(name, *std::move(read));
  }

  const std::string category_{topics_category};
  lane_surroundings& around_;
  std::function<void(envelope)> deliver_;
  topic_map topics_;
};

}  // namespace

result<topic_map> load_topics(const store& kept) {
  topic_map all;
  kv_query query;
  query.category = topics_category;
  query.limit = topics_a_page;
  do {
    TREATY_TRY(kv_page page, kept.list_kv(query));
    for (kv_record& one : page.records) {
      auto read = parse_topic_text(one.value);
      if (!read) return failure{read.error().code, "topic " + one.key + ' ' + read.error().detail};
      all.emplace(std::move(one.key), *std::move(read));
    }
    query.after = std::move(page.next);
  } while (!query.after.empty());
  return all;
}

caf::behavior topics(caf::event_based_actor* self, blocking_worker*, lane_surroundings* around,
                     std::function<void(envelope)> deliver) {
  const auto keeper = std::make_shared<topic_keeper>(*around, std::move(deliver));
  return {
      [keeper](topics_loaded& all) { keeper->begin_with(std::move(all.topics)); },
      [keeper](const topic_change_request& asked) { keeper->change(asked); },
      [keeper](envelope& in) { keeper->expand(std::move(in)); },
      [self](stop_working) { self->quit(); },
  };
}

}  // namespace treaty
