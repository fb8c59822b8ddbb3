#include "core/topics/expand.hpp"

#include <algorithm>

#include "core/model/record.hpp"

namespace treaty {
namespace {

constexpr std::string_view prefix = "topic://";

bool is_topic(const step& one) {
  return one.action.starts_with(prefix);
}

/// Null: unknown, or nobody has subscribed.
const topic* find_topic(const topic_map& topics, std::string_view action) {
  const auto found = topics.find(action.substr(prefix.size()));
  return found == topics.end() || found->second.empty() ? nullptr : &found->second;
}

result<void> check_size(const txn_definition& definition, const topic_map& topics) {
  std::size_t steps = 0;
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < definition.steps.size(); ++at) {
    const bool several = is_topic(definition.steps[at]);
    const topic* const found = several ? find_topic(topics, definition.steps[at].action) : nullptr;
    if (several && found == nullptr) return failure{errc::not_found, "topic not found"};
    const std::size_t copies = several ? found->size() : 1;
    steps += copies;
    if (at < definition.payloads.size()) bytes += copies * definition.payloads[at].size();
  }
  if (steps > steps_max) {
    return failure{errc::invalid_argument,
                   std::to_string(steps) + " steps with all subscribers; at most " + std::to_string(steps_max)};
  }
  if (bytes > expanded_bytes_max) {
    return failure{errc::invalid_argument, std::to_string(bytes) + " bytes of payloads with all subscribers; at most " +
                                               std::to_string(expanded_bytes_max)};
  }
  return {};
}

/// What a step says of its calls holds for each subscriber's.
void add_subscribers(txn_definition& to, const topic& subscribers, const step& one, std::size_t position,
                     const std::string& payload) {
  for (std::size_t at = 0; at < subscribers.size(); ++at) {
    step own = one;
    own.action = subscribers[at].url;
    own.compensate.clear();
    own.id = step_branch_id(position);
    if (subscribers.size() > 1) own.id.value += "-" + step_branch_id(at).value;
    to.steps.push_back(std::move(own));
    to.payloads.push_back(payload);
  }
}

}  // namespace

bool names_topic(const txn_definition& definition) {
  return definition.type == trans_type::msg && std::any_of(definition.steps.begin(), definition.steps.end(), is_topic);
}

result<std::shared_ptr<const txn_definition>> expand_topics(const txn_definition& definition, const topic_map& topics) {
  if (definition.payloads.size() < definition.steps.size()) {
    return failure{errc::invalid_argument, "index out of range: a step has no payload"};
  }
  if (auto good = check_size(definition, topics); !good) return good.error();
  auto out = std::make_shared<txn_definition>(definition);
  out->steps.clear();
  out->payloads.clear();
  for (std::size_t at = 0; at < definition.steps.size(); ++at) {
    const step& one = definition.steps[at];
    if (is_topic(one)) {
      add_subscribers(*out, *find_topic(topics, one.action), one, at, definition.payloads[at]);
    } else {
      out->steps.push_back(one);
      out->steps.back().id = step_branch_id(at);
      out->payloads.push_back(definition.payloads[at]);
    }
  }
  return std::shared_ptr<const txn_definition>{std::move(out)};
}

}  // namespace treaty
