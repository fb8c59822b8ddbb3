#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace treaty {

/// A gRPC branch URL, taken apart: what is dialled, and the full method "/package.Service/Method".
struct dial_target {
  std::string target;
  std::string method;
  bool operator==(const dial_target&) const = default;
};

/// The instances behind a target at one moment.
struct instance_list {
  std::vector<std::string> addresses;  // host:port, each once
  std::string why_none;                // when there are none
};
using instances_changed = std::function<void(std::shared_ptr<const instance_list>)>;

/// Once it is destroyed, no call of its `instances_changed` begins or goes on.
class instances_watch {
public:
  instances_watch() = default;
  instances_watch(const instances_watch&) = delete;
  instances_watch& operator=(const instances_watch&) = delete;
  virtual ~instances_watch() = default;
};

/// Where the calls of a target go.
struct service_location {
  std::string authority;                       // what calls say whom they are for
  std::shared_ptr<const instance_list> known;  // null: not known yet; it will be told
  std::unique_ptr<instances_watch> watch;      // null: they never change
};

/// Splits branch URLs as a driver does, and knows the instances behind them. Threads: any. Does not block.
class discovery {
public:
  discovery() = default;
  discovery(const discovery&) = delete;
  discovery& operator=(const discovery&) = delete;
  virtual ~discovery() = default;
  /// For each call, so it looks nothing up. Errors: invalid_argument (`detail` names the URL).
  virtual result<dial_target> locate(std::string_view url) const = 0;
  /// For each target that is called, once for a long time. `changed` hears the instances when they have changed, on any
  /// thread, also before `follow` returns; it must not block. Errors: invalid_argument; overloaded.
  virtual result<service_location> follow(const std::string& target, instances_changed changed) const = 0;
};

/// DTM's driver `default`: "host:port/package.Service/Method" (docs/protocol.md, "gRPC calls").
class default_discovery final : public discovery {
public:
  result<dial_target> locate(std::string_view url) const override;
  result<service_location> follow(const std::string& target, instances_changed changed) const override;
};

/// A target whose instances are given. Errors: invalid_argument.
result<service_location> fixed_location(std::string authority, std::vector<std::string> addresses);

}  // namespace treaty
