#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "examples/signup/etcd.hpp"
#include "treaty/client/coordinator.hpp"

namespace signup {

struct redis_address {
  std::string host;
  std::uint16_t port = 0;
};

/// What somebody wants who signs up.
struct wish {
  std::string name;
  std::string tag;
  bool wait = false;  // for the end
};

enum class outcome : std::uint8_t {
  accepted,   // nobody waited
  done,       // user and tag are there
  refused,    // neither is, nor will be
  under_way,  // a service did not answer: it will be done or refused, and the gid tells which
};

struct sign_up {
  std::int64_t id = 0;
  std::string gid;
  signup::outcome outcome = outcome::accepted;
};

/// Takes an id from Redis and begins a saga over the tag service and the user service. It knows names only: where those
/// and the coordinator are stands in etcd. Any thread; blocks.
class sign_ups {
public:
  sign_ups(etcd& at, redis_address ids) : at_{at}, ids_{std::move(ids)} {}
  /// Errors: unknown, when Redis, etcd or the coordinator did not answer. After that nothing has happened, unless the
  ///         text names a gid: then the saga may go on.
  treaty::client::result<sign_up> begin(const wish& what);

private:
  struct gid_of {
    treaty::client::coordinator coordinator;
    std::string gid;
  };

  treaty::client::result<std::int64_t> new_id() const;
  /// From the coordinator that answered last, or any other that etcd knows.
  treaty::client::result<gid_of> new_gid();
  std::optional<treaty::client::coordinator> known();
  void remember(const treaty::client::coordinator& one);
  /// How the coordinator finds a method of a service.
  std::string url(const std::string& service, const std::string& method) const;

  etcd& at_;
  const redis_address ids_;
  std::mutex mutex_;
  std::optional<treaty::client::coordinator> known_;
};

}  // namespace signup
