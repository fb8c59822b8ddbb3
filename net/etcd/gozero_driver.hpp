#pragma once

#include <memory>
#include <string>

#include "net/etcd/etcd_access.hpp"
#include "net/service_driver.hpp"

namespace prometheus {
class Registry;
}

namespace treaty {

struct gozero_options {
  std::string key;      // under which this process registers itself; empty: not at all
  std::string value;    // host:port, as others are to call it
  etcd_access cluster;  // where; no endpoints: none is trusted with an account
};

/// DTM's driver `dtm-driver-gozero`. What speaks to etcd runs on one thread of its own.
/// `metrics` outlives it.
std::unique_ptr<service_driver> make_gozero_driver(gozero_options options, prometheus::Registry& metrics);

}  // namespace treaty
