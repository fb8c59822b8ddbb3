#pragma once

#include <memory>

#include "net/discovery.hpp"
#include "net/registrar.hpp"

namespace treaty {

/// One of DTM's drivers: how branch URLs are resolved, and how this process is found. Each lives in a folder of its
/// own; app/service_drivers.cpp chooses. Destroyed after everybody who follows a target.
class service_driver {
public:
  service_driver() = default;
  service_driver(const service_driver&) = delete;
  service_driver& operator=(const service_driver&) = delete;
  virtual ~service_driver() = default;

  virtual std::shared_ptr<const discovery> where() const = 0;
  /// What registers this process, once it is told to begin; null when it is not to be registered. Call it once.
  virtual std::unique_ptr<registrar> enrol() = 0;
};

}  // namespace treaty
