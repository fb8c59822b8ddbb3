#pragma once

#include <memory>

#include "app/config.hpp"
#include "core/base/result.hpp"
#include "net/service_driver.hpp"

namespace prometheus {
class Registry;
}

namespace treaty {

/// The driver that the configuration names. Errors: invalid_argument: a file of its TLS options cannot be read.
/// `metrics` outlives it.
result<std::unique_ptr<service_driver>> make_service_driver(const config& values, prometheus::Registry& metrics);

}  // namespace treaty
