#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "treaty/client/result.hpp"

namespace signup {

/// The little of etcd that go-zero's registration needs: an instance of a service is a key <service>/<lease> whose
/// value is host:port, and the lease takes the key away when the instance dies. Any thread; blocks for at most 3 s a
/// call. Errors: unknown, when etcd does not answer.
class etcd {
public:
  /// Connects with the first call. `endpoint` is host:port.
  explicit etcd(const std::string& endpoint);
  ~etcd();

  const std::string& endpoint() const { return endpoint_; }

  /// Where the instances of a service are, in the order in which they came.
  treaty::client::result<std::vector<std::string>> find(const std::string& service);

  /// Puts `address` under a new lease, and returns the lease.
  treaty::client::result<std::int64_t> put(const std::string& service, const std::string& address,
                                           std::chrono::seconds lifetime);
  /// How long the lease lives from now; nothing left when it is gone.
  treaty::client::result<std::chrono::seconds> renew(std::int64_t lease);
  /// Ends the lease, and takes its key away.
  void revoke(std::int64_t lease);

private:
  struct stubs;
  std::string endpoint_;
  std::unique_ptr<stubs> stubs_;
};

/// Has an address found as an instance of a service for as long as this object lives, whatever becomes of etcd: it
/// tries each second until etcd is there, and takes a new lease when the old one is gone.
class registration {
public:
  registration(etcd& at, std::string service, std::string address);
  ~registration();
  registration(const registration&) = delete;
  registration& operator=(const registration&) = delete;

private:
  void keep(std::stop_token stop);
  /// Returns when to look again.
  std::chrono::milliseconds renew_or_put();

  etcd& at_;
  const std::string service_;
  const std::string address_;
  std::int64_t lease_ = 0;  // none yet
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace signup
