#include "net/http2/service_addresses.hpp"

#include <algorithm>
#include <utility>

#include "net/host_and_port.hpp"

namespace treaty {

service_addresses::service_addresses(name_resolver& names, std::chrono::milliseconds kept,
                                     host_addresses::heard changed)
    : names_{names}, kept_{kept}, changed_{std::move(changed)} {}

void service_addresses::take(const instance_list& now) {
  auto before = std::exchange(hosts_, {});
  for (const std::string& one : now.addresses) {
    const auto parts = split_host_and_port(one);
    if (!parts) continue;  // discovery leaves such texts out
    auto known = before.find(one);
    hosts_[one] = known != before.end() ? std::move(known->second)
                                        : std::make_shared<host_addresses>(names_, parts->host, parts->port, kept_);
  }
  why_none_ = hosts_.empty() ? now.why_none : std::string{};
  look();
}

service_addresses::list service_addresses::known() const {
  list out;
  for (const auto& [name, host] : hosts_) {
    for (const auto& one : host->known())
      if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
  }
  return out;
}

void service_addresses::doubt() {
  for (const auto& [name, host] : hosts_) host->doubt();
  look();
}

void service_addresses::ask() {
  const auto now = clock::now();
  for (const auto& [name, host] : hosts_) {
    if (now < host->fresh_until()) continue;
    host->ask([this](std::string_view why_none) {  // a host that is asking ends with this object, or before
      look();
      changed_(why_none);
    });
  }
}

bool service_addresses::is_asking() const {
  return std::any_of(hosts_.begin(), hosts_.end(), [](const auto& one) { return one.second->is_asking(); });
}

void service_addresses::look() {
  fresh_until_ = clock::time_point::max();
  for (const auto& [name, host] : hosts_) fresh_until_ = std::min(fresh_until_, host->fresh_until());
}

}  // namespace treaty
