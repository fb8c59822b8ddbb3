#include "examples/signup/etcd.hpp"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "proto/etcd.grpc.pb.h"

namespace signup {
namespace {

namespace tc = treaty::client;
using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr seconds lifetime = 10s;  // as go-zero's, and renewed three times in it

void limit(grpc::ClientContext& call) {
  call.set_deadline(std::chrono::system_clock::now() + 3s);
}

tc::failure failure_of(const grpc::Status& status) {
  return tc::unknown("etcd: " + status.error_message());
}

}  // namespace

struct etcd::stubs {
  explicit stubs(const std::shared_ptr<grpc::Channel>& channel) : kv{channel}, lease{channel} {}
  etcdserverpb::KV::Stub kv;
  etcdserverpb::Lease::Stub lease;
};

etcd::etcd(const std::string& endpoint)
    : endpoint_{endpoint},
      stubs_{std::make_unique<stubs>(grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials()))} {}

etcd::~etcd() = default;

tc::result<std::vector<std::string>> etcd::find(const std::string& service) {
  grpc::ClientContext call;
  limit(call);
  etcdserverpb::RangeRequest wanted;
  wanted.set_key(service + "/");
  wanted.set_range_end(service + "0");  // '0' follows '/': all keys that begin with "<service>/"
  etcdserverpb::RangeResponse found;
  if (const auto status = stubs_->kv.Range(&call, wanted, &found); !status.ok()) return failure_of(status);
  auto& pairs = *found.mutable_kvs();
  std::sort(pairs.begin(), pairs.end(),
            [](const auto& a, const auto& b) { return a.mod_revision() < b.mod_revision(); });
  std::vector<std::string> addresses;
  for (const auto& pair : pairs) addresses.push_back(pair.value());
  return addresses;
}

tc::result<std::int64_t> etcd::put(const std::string& service, const std::string& address, seconds lives) {
  etcdserverpb::LeaseGrantRequest wish;
  wish.set_ttl(lives.count());
  etcdserverpb::LeaseGrantResponse granted;
  grpc::ClientContext first;
  limit(first);
  if (const auto status = stubs_->lease.LeaseGrant(&first, wish, &granted); !status.ok()) return failure_of(status);
  etcdserverpb::PutRequest pair;
  pair.set_key(service + "/" + std::to_string(granted.id()));
  pair.set_value(address);
  pair.set_lease(granted.id());
  etcdserverpb::PutResponse done;
  grpc::ClientContext second;
  limit(second);
  if (const auto status = stubs_->kv.Put(&second, pair, &done); !status.ok()) return failure_of(status);
  return granted.id();
}

tc::result<seconds> etcd::renew(std::int64_t lease) {
  grpc::ClientContext call;
  limit(call);
  const auto stream = stubs_->lease.LeaseKeepAlive(&call);
  etcdserverpb::LeaseKeepAliveRequest mine;
  mine.set_id(lease);
  etcdserverpb::LeaseKeepAliveResponse answer;
  const bool answered = stream->Write(mine) && stream->WritesDone() && stream->Read(&answer);
  if (!answered) call.TryCancel();
  etcdserverpb::LeaseKeepAliveResponse end;
  while (stream->Read(&end)) {
  }
  const auto status = stream->Finish();
  if (!answered) return failure_of(status);
  return seconds{answer.ttl()};
}

void etcd::revoke(std::int64_t lease) {
  grpc::ClientContext call;
  limit(call);
  etcdserverpb::LeaseRevokeRequest mine;
  mine.set_id(lease);
  etcdserverpb::LeaseRevokeResponse done;
  // When this fails the key goes with the lease, seconds later.
  static_cast<void>(stubs_->lease.LeaseRevoke(&call, mine, &done));
}

registration::registration(etcd& at, std::string service, std::string address)
    : at_{at}, service_{std::move(service)}, address_{std::move(address)}, thread_{[this](std::stop_token stop) {
        keep(std::move(stop));
      }} {}

registration::~registration() {
  thread_.request_stop();
  thread_.join();
  if (lease_ != 0) at_.revoke(lease_);
}

void registration::keep(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto pause = renew_or_put();
    std::unique_lock lock{mutex_};
    stopped_.wait_for(lock, stop, pause, [] { return false; });
  }
}

std::chrono::milliseconds registration::renew_or_put() {
  if (lease_ != 0) {
    const auto left = at_.renew(lease_);
    if (!left) return 1s;  // etcd is away, the lease may live: it is given up only when etcd says that it is gone
    if (*left > 0s) return lifetime / 3;
    lease_ = 0;
  }
  const auto put = at_.put(service_, address_, lifetime);
  if (!put) return 1s;
  lease_ = *put;
  return lifetime / 3;
}

}  // namespace signup
