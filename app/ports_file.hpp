#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace treaty {

struct bound_ports {
  std::uint16_t http = 0;
  std::uint16_t grpc = 0;
};

/// Writes `{"http":36789,"grpc":36790}` to `name`, whole or not at all: whoever waits for the file reads all of it.
/// Errors: unavailable.
result<void> write_ports_file(const std::string& name, bound_ports ports);

}  // namespace treaty
