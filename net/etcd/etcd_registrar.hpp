#pragma once

#include <memory>
#include <string>

#include "net/etcd/etcd_access.hpp"
#include "net/registrar.hpp"

namespace treaty {

class etcd_loop;
struct etcd_metrics;

struct etcd_registration {
  std::string key;    // "dtmservice": etcd's key is this, a slash and the number of the lease
  std::string value;  // host:port, as others are to call it
};

/// Registers this process as go-zero does (docs/protocol.md, "Registration"), and keeps it so:
///
/// granting --a lease--> putting --the key is there--> registered --renewed every third of its time--> registered
/// any --the lease is gone--> granting; --no answer--> tried again, at the next endpoint; --the key is gone--> putting
/// any --withdraw--> revoking --the lease is gone, and the key with it--> withdrawn
class etcd_registrar final : public registrar {
public:
  /// `metrics` outlives it.
  etcd_registrar(std::shared_ptr<etcd_loop> loop, const etcd_access& access, etcd_registration what,
                 etcd_metrics& metrics);
  ~etcd_registrar() override;
  void begin() override;
  registration_state state() const override;
  bool withdraw(std::chrono::milliseconds limit) override;

private:
  class machine;
  const std::shared_ptr<etcd_loop> loop_;
  const std::shared_ptr<machine> machine_;
};

}  // namespace treaty
