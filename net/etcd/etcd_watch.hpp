#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "net/etcd/etcd_client.hpp"

namespace treaty {

/// What stands under a key, or under all keys with a prefix, and every change of it: read once, then told by etcd, and
/// read again whenever etcd could not tell (it was away, or it had forgotten the changes in between).
/// Threads: the loop's own.
class etcd_watch : public std::enable_shared_from_this<etcd_watch> {
public:
  using contents = std::map<std::string, std::string>;
  struct hearers {
    /// It is this now, as far as one can know: after each change, and each time after it was read.
    std::function<void(const contents&)> is_now;
    /// From now on it may be something else. `is_now` follows when etcd is back.
    std::function<void(const std::string& why)> is_out_of_sight;
  };

  /// An empty `range_end`: `key` alone.
  etcd_watch(std::shared_ptr<etcd_client> client, std::string key, std::string range_end, hearers tell);
  void start();
  /// Nothing is heard any more.
  void stop();

private:
  void load();
  void loaded(const grpc::Status& status, const etcdserverpb::RangeResponse& found);
  void follow(std::int64_t revision);
  void told(const etcdserverpb::WatchResponse& news);
  void failed(const std::string& why);
  template <class Work>
  auto mine(Work work);

  const std::shared_ptr<etcd_client> client_;
  const std::string key_;
  const std::string range_end_;
  hearers tell_;
  contents contents_;
  std::shared_ptr<etcd_watch_stream> stream_;
  etcd_loop::timer again_;
  std::chrono::milliseconds pause_;
  bool is_stopped_ = false;
};

/// The end of the range of all keys that begin with `prefix`, which is not empty.
std::string end_of_prefix(std::string prefix);

}  // namespace treaty
