#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/answer.hpp"
#include "core/base/result.hpp"
#include "core/event.hpp"
#include "core/model/history.hpp"
#include "core/model/kv_record.hpp"
#include "core/topics/topic.hpp"

namespace treaty {

/// Waits for the answer to one request. `answer` is called once, on any lane's thread, possibly before `offer` returns;
/// an implementation hands it to its own thread and never throws.
class answer_sink {
public:
  answer_sink() = default;
  answer_sink(const answer_sink&) = delete;
  answer_sink& operator=(const answer_sink&) = delete;
  virtual ~answer_sink() = default;
  virtual void answer(treaty::answer what) = 0;
};

/// Which transactions are asked for; every field narrows. `position` is a page's `next_position`.
struct list_request {
  std::optional<txn_status> status;
  std::optional<trans_type> type;
  time_point created_from{};
  time_point created_to{};
  std::string gid_prefix{};
  std::optional<bool> stuck{};
  std::string destination{};  // see `calls_destination`
  std::string position{};
  std::size_t limit = 100;
  std::size_t bytes_max = 1u << 20;  // of what is read for one answer; the last record may reach over it
};
/// A transaction and what is kept of its past, oldest page first; pages may be missing between the first and the
/// newest.
struct txn_history {
  txn_record record;
  std::vector<history_page> pages;
};
/// It may hold fewer than were asked for and still lead on: one look-up does bounded work (net/page_filler.hpp).
struct listing {
  std::vector<txn_record> records;
  std::string next_position;
};
struct cron_reset {
  std::size_t succeed_count = 0;
  bool has_remaining = false;
};

/// Of GET /api/dtmsvr/scanKV. `position` is a page's `next_position`; no category: all of them.
struct kv_request {
  std::string category;
  std::string position{};
  std::size_t limit = 100;
};
struct kv_listing {
  std::vector<kv_record> records;
  std::string next_position;
};

template <class T>
using on_result = std::function<void(result<T>)>;

/// The door: what transports call when a client speaks. Threads: any; callbacks run on any thread, once, perhaps
/// inline.
class ingress {
public:
  ingress() = default;
  ingress(const ingress&) = delete;
  ingress& operator=(const ingress&) = delete;
  virtual ~ingress() = default;

  /// Takes one event of transaction `id`, whose `reply_to` is 0: the door sets it. `to` hears the answer, after what
  /// the answer promises is durable. `body_bytes` counts towards admission: over the limit the answer is `overloaded`,
  /// at once, and nothing was stored.
  virtual void offer(gid id, event what, std::size_t body_bytes, std::shared_ptr<answer_sink> to) = 0;

  /// Errors: not_found, corrupt, unavailable.
  virtual void query(gid id, on_result<txn_record> done) = 0;
  /// Errors: as query.
  virtual void history(gid id, on_result<txn_history> done) = 0;
  /// Answers with the record once its status is final, or as it stands when `limit` is over. Errors: as query;
  /// overloaded (too many wait already).
  virtual void wait_end(gid id, std::chrono::milliseconds limit, on_result<txn_record> done) = 0;
  /// Errors: invalid_argument (position), unavailable.
  virtual void list(list_request request, on_result<listing> done) = 0;
  /// Makes due every unfinished transaction whose next moment lies after now + `later_than`, at most `limit` of them.
  virtual void reset_cron(std::chrono::seconds later_than, std::size_t limit, on_result<cron_reset> done) = 0;

  /// Changes a topic; `to` hears the answer when the change is durable and every message that comes later finds it.
  virtual void change_topic(topic_change change, std::shared_ptr<answer_sink> to) = 0;
  /// Errors: not_found, corrupt, unavailable.
  virtual void query_kv(std::string category, std::string key, on_result<kv_record> done) = 0;
  /// Errors: invalid_argument (position), corrupt, unavailable.
  virtual void list_kv(kv_request request, on_result<kv_listing> done) = 0;
};

}  // namespace treaty
