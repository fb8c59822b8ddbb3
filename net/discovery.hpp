#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace treaty {

/// Where a gRPC branch URL leads: what is dialled, and the full method "/package.Service/Method".
struct dial_target {
  std::string address;
  std::string method;
  bool operator==(const dial_target&) const = default;
};

/// Splits branch URLs as a driver does. Threads: any. Does not block.
class discovery {
public:
  discovery() = default;
  discovery(const discovery&) = delete;
  discovery& operator=(const discovery&) = delete;
  virtual ~discovery() = default;
  /// Errors: invalid_argument (`detail` names the URL); unavailable: no address is known for it.
  virtual result<dial_target> locate(std::string_view url) const = 0;
};

/// DTM's driver `default`: "host:port/package.Service/Method" (docs/protocol.md, "gRPC calls").
class default_discovery final : public discovery {
public:
  result<dial_target> locate(std::string_view url) const override;
};

}  // namespace treaty
