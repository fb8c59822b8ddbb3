#pragma once

#include <map>
#include <memory>
#include <string>

#include "net/discovery.hpp"
#include "net/http/host_addresses.hpp"

namespace treaty {

/// The addresses of all instances of a service: those of each host that discovery names. Threads: the lane's own.
class service_addresses {
public:
  using clock = host_addresses::clock;
  using list = host_addresses::list;

  /// `changed` hears the answers of the name service.
  service_addresses(name_resolver& names, std::chrono::milliseconds kept, host_addresses::heard changed);
  /// What discovery knows now. Does not call `changed`; what has to be asked for is asked for when `ask` is called.
  void take(const instance_list& now);
  /// Every address that is known, each once.
  list known() const;
  std::size_t instances() const { return hosts_.size(); }
  /// Discovery says that there are none, and why. Empty: there are some, or discovery has not spoken yet.
  const std::string& why_none() const { return why_none_; }
  bool is_fresh(clock::time_point now) const { return now < fresh_until_; }
  void doubt();
  /// Asks for what is not fresh.
  void ask();
  bool is_asking() const;

private:
  void look();

  name_resolver& names_;
  const std::chrono::milliseconds kept_;
  const host_addresses::heard changed_;
  std::map<std::string, std::shared_ptr<host_addresses>, std::less<>> hosts_;  // by host:port
  std::string why_none_;
  clock::time_point fresh_until_ = clock::time_point::max();  // of the first host that is not
};

}  // namespace treaty
