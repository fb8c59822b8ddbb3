#include "net/etcd/etcd_watch.hpp"

#include <algorithm>
#include <utility>

namespace treaty {
namespace {

constexpr std::chrono::milliseconds pause_first{100};
constexpr std::chrono::milliseconds pause_max{2'000};
constexpr std::int64_t keys_max = 10'000;

}  // namespace

std::string end_of_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

etcd_watch::etcd_watch(std::shared_ptr<etcd_client> client, std::string key, std::string range_end, hearers tell)
    : client_{std::move(client)},
      key_{std::move(key)},
      range_end_{std::move(range_end)},
      tell_{std::move(tell)},
      pause_{pause_first} {}

// What is heard after `stop` is for nobody.
template <class Work>
auto etcd_watch::mine(Work work) {
  return [alive = weak_from_this(), work = std::move(work)](const auto&... heard) {
    const auto self = alive.lock();
    if (self && !self->is_stopped_) work(*self, heard...);
  };
}

void etcd_watch::start() {
  load();
}

void etcd_watch::stop() {
  is_stopped_ = true;
  again_.reset();
  if (const auto stream = std::exchange(stream_, nullptr); stream) stream->cancel();
}

void etcd_watch::load() {
  etcdserverpb::RangeRequest what;
  what.set_key(key_);
  what.set_range_end(range_end_);
  what.set_limit(keys_max);
  client_->range(std::move(what), mine([](etcd_watch& self, const grpc::Status& status,
                                          const etcdserverpb::RangeResponse& found) { self.loaded(status, found); }));
}

void etcd_watch::loaded(const grpc::Status& status, const etcdserverpb::RangeResponse& found) {
  if (!status.ok()) return failed(text_of(status));
  contents_.clear();
  for (const auto& one : found.kvs()) contents_[one.key()] = one.value();
  follow(found.header().revision() + 1);
  tell_.is_now(contents_);
}

void etcd_watch::follow(std::int64_t revision) {
  etcdserverpb::WatchCreateRequest what;
  what.set_key(key_);
  what.set_range_end(range_end_);
  what.set_start_revision(revision);
  stream_ = client_->watch(std::move(what),
                           mine([](etcd_watch& self, const etcdserverpb::WatchResponse& news) { self.told(news); }),
                           mine([](etcd_watch& self, const grpc::Status& status) {
                             self.failed(status.ok() ? "etcd ended the watch" : text_of(status));
                           }));
}

void etcd_watch::told(const etcdserverpb::WatchResponse& news) {
  if (news.canceled()) {
    stream_->cancel();
    return failed(news.compact_revision() > 0 ? "etcd has compacted what was to be told" : news.cancel_reason());
  }
  pause_ = pause_first;
  if (news.events().empty()) return;
  for (const auto& one : news.events()) {
    if (one.type() == etcdserverpb::Event::DELETE) {
      contents_.erase(one.kv().key());
    } else if (contents_.size() < static_cast<std::size_t>(keys_max)) {
      contents_[one.kv().key()] = one.kv().value();
    }
  }
  tell_.is_now(contents_);
}

void etcd_watch::failed(const std::string& why) {
  stream_ = nullptr;
  const auto pause = std::exchange(pause_, std::min(pause_ * 2, pause_max));
  again_ = client_->loop().after(pause, [this] { load(); });
  tell_.is_out_of_sight(why);
}

}  // namespace treaty
