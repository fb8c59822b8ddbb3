#include "net/etcd/gozero_discovery.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "net/etcd/etcd_metrics.hpp"
#include "net/etcd/etcd_watch.hpp"
#include "net/host_and_port.hpp"
#include "net/service_target.hpp"
#include "obs/log.hpp"

namespace treaty {
namespace {

constexpr std::size_t services_max = 10'000;
constexpr std::size_t instances_max = 1'000;

// What may stand in a host stays; the rest is percent-encoded.
std::string authority_of(std::string_view key) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char byte : key) {
    const auto code = static_cast<unsigned char>(byte);
    const bool stays = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                       byte == '.' || byte == '-' || byte == '_' || byte == '~' || byte == ':';
    if (stays) {
      out += byte;
    } else {
      out += '%';
      out += digits[code >> 4];
      out += digits[code & 15];
    }
  }
  return out;
}

// Several keys may say the same; what is no address, nobody can call.
instance_list instances_in(const etcd_watch::contents& found, const std::string& name) {
  std::set<std::string> addresses;
  std::size_t unusable = 0;
  for (const auto& [key, value] : found) {
    if (!split_host_and_port(value)) {
      ++unusable;
    } else if (addresses.size() < instances_max) {
      addresses.insert(value);
    }
  }
  instance_list out{{addresses.begin(), addresses.end()}, {}};
  if (!out.addresses.empty()) return out;
  out.why_none = "no instance of " + name + " is registered";
  if (unusable > 0) out.why_none += "; " + std::to_string(unusable) + " values are not host:port";
  return out;
}

}  // namespace

/// The services that are followed. Its lock is held for moments only, also while lanes are told.
class gozero_discovery::directory : public std::enable_shared_from_this<directory> {
public:
  directory(std::shared_ptr<etcd_loop> loop, etcd_access trusted, etcd_metrics& metrics)
      : loop_{std::move(loop)}, trusted_{std::move(trusted)}, metrics_{metrics} {}

  result<service_location> follow(const service_target& where, instances_changed changed);

private:
  struct service {
    std::string name;  // in texts: "busi in etcd h1:2379"
    std::map<std::uint64_t, instances_changed> followers;
    std::shared_ptr<const instance_list> known;
    bool is_unseen = false;
    std::shared_ptr<etcd_watch> watch;  // the loop's
  };
  class follower;

  etcd_access access_to(const std::vector<std::string>& endpoints) const;
  std::shared_ptr<etcd_client> client_of(const std::vector<std::string>& endpoints);
  void begin(const std::shared_ptr<service>& what, const service_target& where);
  void found(service& what, const etcd_watch::contents& now);
  void lost(service& what, const std::string& why);
  void tell(service& what, instance_list now);
  void leave(const std::string& id, std::uint64_t number);

  const std::shared_ptr<etcd_loop> loop_;
  const etcd_access trusted_;
  etcd_metrics& metrics_;
  std::map<std::string, std::weak_ptr<etcd_client>> clients_;  // the loop's; by endpoints

  std::mutex guard_;
  std::map<std::string, std::shared_ptr<service>> services_;
  std::uint64_t next_number_ = 0;
};

class gozero_discovery::directory::follower final : public instances_watch {
public:
  follower(std::shared_ptr<directory> home, std::string id, std::uint64_t number)
      : home_{std::move(home)}, id_{std::move(id)}, number_{number} {}
  ~follower() override { home_->leave(id_, number_); }

private:
  const std::shared_ptr<directory> home_;
  const std::string id_;
  const std::uint64_t number_;
};

result<service_location> gozero_discovery::directory::follow(const service_target& where, instances_changed changed) {
  const std::string id = endpoints_text(where.addresses) + "/" + where.key;
  const std::lock_guard lock{guard_};
  auto at = services_.find(id);
  if (at == services_.end()) {
    if (services_.size() >= services_max) return failure{errc::overloaded, "too many services are followed"};
    at = services_.emplace(id, std::make_shared<service>()).first;
    at->second->name = "'" + where.key + "' in etcd " + endpoints_text(where.addresses);
    metrics_.services.Increment();
    loop_->post([self = shared_from_this(), what = at->second, where] { self->begin(what, where); });
  }
  const std::uint64_t number = next_number_++;
  at->second->followers.emplace(number, std::move(changed));
  return service_location{authority_of(where.key), at->second->known,
                          std::make_unique<follower>(shared_from_this(), id, number)};
}

etcd_access gozero_discovery::directory::access_to(const std::vector<std::string>& endpoints) const {
  const auto& known = trusted_.endpoints;
  const bool is_trusted = std::all_of(endpoints.begin(), endpoints.end(), [&](const std::string& one) {
    return std::find(known.begin(), known.end(), one) != known.end();
  });
  etcd_access out;
  if (is_trusted) out = trusted_;
  out.endpoints = endpoints;
  return out;
}

std::shared_ptr<etcd_client> gozero_discovery::directory::client_of(const std::vector<std::string>& endpoints) {
  std::erase_if(clients_, [](const auto& one) { return one.second.expired(); });
  auto& kept = clients_[endpoints_text(endpoints)];
  auto out = kept.lock();
  if (out) return out;
  out = std::make_shared<etcd_client>(*loop_, access_to(endpoints));
  kept = out;
  return out;
}

void gozero_discovery::directory::begin(const std::shared_ptr<service>& what, const service_target& where) {
  const std::string prefix = where.key + "/";
  const std::weak_ptr<service> whose = what;
  const auto self = shared_from_this();
  etcd_watch::hearers tell{[self, whose](const etcd_watch::contents& now) {
                             if (const auto one = whose.lock()) self->found(*one, now);
                           },
                           [self, whose](const std::string& why) {
                             if (const auto one = whose.lock()) self->lost(*one, why);
                           }};
  const auto watch =
      std::make_shared<etcd_watch>(client_of(where.addresses), prefix, end_of_prefix(prefix), std::move(tell));
  {
    const std::lock_guard lock{guard_};
    if (what->followers.empty()) return;  // everybody has left by now
    what->watch = watch;
  }
  watch->start();
}

void gozero_discovery::directory::found(service& what, const etcd_watch::contents& now) {
  const std::lock_guard lock{guard_};
  if (what.followers.empty()) return;  // it is counted nowhere any more
  if (std::exchange(what.is_unseen, false)) {
    metrics_.services_unseen.Decrement();
    log_info("the instances of a service are seen again", {{"service", what.name}});
  }
  tell(what, instances_in(now, what.name));
}

void gozero_discovery::directory::lost(service& what, const std::string& why) {
  const std::lock_guard lock{guard_};
  if (what.followers.empty()) return;
  metrics_.watch_failures.Increment();
  const bool has_instances = what.known && !what.known->addresses.empty();
  if (!std::exchange(what.is_unseen, true)) {
    metrics_.services_unseen.Increment();
    log_warn("the instances of a service cannot be seen", {{"service", what.name}, {"why", why}});
  }
  if (!has_instances) tell(what, {{}, "the instances of " + what.name + " cannot be asked for: " + why});
}

void gozero_discovery::directory::tell(service& what, instance_list now) {
  if (what.known && what.known->addresses == now.addresses && what.known->why_none == now.why_none) return;
  const std::size_t before = what.known ? what.known->addresses.size() : 0;
  metrics_.instances.Increment(static_cast<double>(now.addresses.size()) - static_cast<double>(before));
  what.known = std::make_shared<const instance_list>(std::move(now));
  for (const auto& [number, changed] : what.followers) changed(what.known);
}

void gozero_discovery::directory::leave(const std::string& id, std::uint64_t number) {
  const std::lock_guard lock{guard_};
  const auto at = services_.find(id);
  service& what = *at->second;
  what.followers.erase(number);
  if (!what.followers.empty()) return;
  metrics_.services.Decrement();
  if (what.is_unseen) metrics_.services_unseen.Decrement();
  if (what.known) metrics_.instances.Decrement(static_cast<double>(what.known->addresses.size()));
  loop_->post([gone = std::move(at->second)] {
    if (gone->watch) gone->watch->stop();
  });
  services_.erase(at);
}

gozero_discovery::gozero_discovery(std::shared_ptr<etcd_loop> loop, etcd_access trusted, etcd_metrics& metrics)
    : directory_{std::make_shared<directory>(std::move(loop), std::move(trusted), metrics)} {}

gozero_discovery::~gozero_discovery() = default;

result<dial_target> gozero_discovery::locate(std::string_view url) const {
  return split_service_url(url);
}

result<service_location> gozero_discovery::follow(const std::string& target, instances_changed changed) const {
  TREATY_TRY(const service_target where, parse_service_target(target));
  if (!where.key.empty()) return directory_->follow(where, std::move(changed));
  return fixed_location(where.addresses.front(), where.addresses);
}

}  // namespace treaty
