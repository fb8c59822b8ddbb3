#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "actors/lane.hpp"

namespace treaty {

/// Finds the lane of a gid by arithmetic, without a look-up or a lock, and hands reads to the readers. Threads: any.
class dispatcher {
public:
  dispatcher(std::vector<std::unique_ptr<lane>>& lanes, lane_surroundings& around) : lanes_{lanes}, around_{around} {}

  void offer(gid id, event what, std::size_t body_bytes, std::shared_ptr<answer_sink> to);
  void query(gid id, on_result<txn_record> done);
  void history(gid id, on_result<txn_history> done);
  void wait_end(gid id, std::chrono::milliseconds limit, on_result<txn_record> done);
  void list(list_request request, on_result<listing> done);
  void reset_cron(std::chrono::seconds later_than, std::size_t limit, on_result<cron_reset> done);
  void change_topic(topic_change change, std::shared_ptr<answer_sink> to);
  void query_kv(std::string category, std::string key, on_result<kv_record> done);
  void list_kv(kv_request request, on_result<kv_listing> done);
  /// Hands an envelope to the lane of its gid, as it is.
  void deliver(envelope in);

  lane& lane_of(shard_id shard) { return *lanes_[shard % lanes_.size()]; }

private:
  void read(std::function<void(store&)> job);

  std::vector<std::unique_ptr<lane>>& lanes_;
  lane_surroundings& around_;
  std::atomic<std::size_t> next_reader_{0};
};

}  // namespace treaty
