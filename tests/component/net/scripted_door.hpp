#pragma once

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "net/ingress.hpp"

namespace treaty {

/// Answers with what the test says, or keeps the sinks when it says nothing.
class scripted_door final : public ingress {
public:
  void offer(gid id, event what, std::size_t body_bytes, std::shared_ptr<answer_sink> to) override {
    const std::lock_guard lock{mutex};
    ids.push_back(std::move(id));
    events.push_back(std::move(what));
    bytes = body_bytes;
    if (says) {
      to->answer(*says);
    } else {
      kept.push_back(std::move(to));
    }
  }
  void query(gid id, on_result<txn_record> done) override {
    if (stored && stored->definition->gid == id) return done(*stored);
    done(failure{errc::not_found, id.value});
  }
  void history(gid, on_result<txn_history>) override {}
  void wait_end(gid, std::chrono::milliseconds, on_result<txn_record>) override {}
  void list(list_request, on_result<listing>) override {}
  void reset_cron(std::chrono::seconds, std::size_t, on_result<cron_reset>) override {}
  void change_topic(topic_change change, std::shared_ptr<answer_sink> to) override {
    const std::lock_guard lock{mutex};
    topic_changes.push_back(std::move(change));
    to->answer(*says);
  }
  void query_kv(std::string, std::string, on_result<kv_record>) override {}
  void list_kv(kv_request, on_result<kv_listing>) override {}
  // What a test asks and says while the server's thread runs. Whoever has asked may look at everything until the next
  // request: the thread sanitizer does not see that a request and its answer order two threads.
  std::size_t offered() {
    const std::lock_guard lock{mutex};
    return events.size();
  }
  std::size_t topics_changed() {
    const std::lock_guard lock{mutex};
    return topic_changes.size();
  }
  std::size_t waiting() {
    const std::lock_guard lock{mutex};
    return kept.size();
  }
  void say(std::optional<answer> next) {
    const std::lock_guard lock{mutex};
    says = std::move(next);
  }

  std::mutex mutex;
  std::optional<answer> says = answer{};
  std::vector<gid> ids;
  std::vector<event> events;
  std::vector<topic_change> topic_changes;
  std::size_t bytes = 0;
  std::vector<std::shared_ptr<answer_sink>> kept;
  std::optional<txn_record> stored;
};

}  // namespace treaty
