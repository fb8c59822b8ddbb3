#include "core/topics/topic.hpp"

#include <algorithm>

namespace treaty {
namespace {

failure refuse(std::string detail) {
  return {errc::invalid_argument, std::move(detail)};
}

topic::const_iterator find_url(const topic& in, const std::string& url) {
  return std::find_if(in.begin(), in.end(), [&](const subscriber& one) { return one.url == url; });
}

result<void> check_sizes(const topic& stored, const topic_change& change) {
  if (change.topic.size() > topic_name_bytes_max) return refuse("topic is too long");
  if (change.url.size() + change.remark.size() > subscriber_bytes_max) return refuse("url and remark are too long");
  if (stored.size() < subscribers_max) return {};
  return refuse("topic has " + std::to_string(subscribers_max) + " subscribers; more are not possible");
}

result<std::optional<topic>> subscribe(const topic* stored, const topic_change& change) {
  topic changed = stored == nullptr ? topic{} : *stored;
  if (find_url(changed, change.url) != changed.end()) return refuse("this url exists");
  if (auto good = check_sizes(changed, change); !good) return good.error();
  changed.push_back({change.url, change.remark});
  return std::optional{std::move(changed)};
}

result<std::optional<topic>> unsubscribe(const topic* stored, const topic_change& change) {
  if (stored == nullptr) return refuse("no such a topic");
  if (stored->empty()) return refuse("this topic is empty");
  topic changed = *stored;
  const auto found = find_url(changed, change.url);
  if (found == changed.end()) return refuse("no such an url ");  // sic, with the blank
  changed.erase(found);
  return std::optional{std::move(changed)};
}

}  // namespace

result<std::optional<topic>> decide(const topic* stored, const topic_change& change) {
  if (change.topic.empty()) return refuse("empty topic");
  if (change.action != topic_action::remove && change.url.empty()) return refuse("empty url");
  switch (change.action) {
    case topic_action::subscribe:
      return subscribe(stored, change);
    case topic_action::unsubscribe:
      return unsubscribe(stored, change);
    case topic_action::remove:
      if (stored == nullptr) return failure{errc::not_found, "storage: NotFound"};
      return std::optional<topic>{};
  }
  return refuse("unknown action");
}

}  // namespace treaty
