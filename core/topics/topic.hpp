#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace treaty {

// Topics (docs/protocol.md, "Topics"): lists of subscribers, which a message's step names instead of a URL.

struct subscriber {
  std::string url;
  std::string remark;
  bool operator==(const subscriber&) const = default;
};
/// In the order of their subscription.
using topic = std::vector<subscriber>;
using topic_map = std::map<std::string, topic, std::less<>>;

inline constexpr std::string_view topics_category = "topics";
inline constexpr std::size_t topic_name_bytes_max = 512;
inline constexpr std::size_t subscriber_bytes_max = 4096;  // URL and remark together
inline constexpr std::size_t subscribers_max = 200;        // of one topic
inline constexpr std::size_t topics_max = 10'000;

enum class topic_action : std::uint8_t { subscribe = 1, unsubscribe, remove };
struct topic_change {
  topic_action action = topic_action::subscribe;
  std::string topic;
  std::string url{};
  std::string remark{};
};

/// What the topic becomes; nothing: it is removed. `stored` is what it is now, null when there is none.
/// Errors: invalid_argument, not_found; the detail is DTM's text, which clients compare.
result<std::optional<topic>> decide(const topic* stored, const topic_change& change);

/// The topic as the JSON text that clients see: `[{"url":"..","remark":".."}]`. Bytes that are not UTF-8 stay.
std::string topic_text(const topic& what);
/// Reads what `topic_text` wrote. Errors: corrupt.
result<topic> parse_topic_text(std::string_view text);

}  // namespace treaty
