#pragma once

#include <array>

#include "storage/store.hpp"

namespace prometheus {
class Gauge;
class Registry;
}  // namespace prometheus

namespace treaty {

/// Shows the store's state by its name. Lives as long as the registry. Threads: any.
class store_metrics {
public:
  explicit store_metrics(prometheus::Registry& registry);
  void refresh(const store_health& health);

private:
  std::array<prometheus::Gauge*, 3> states_{};
};

}  // namespace treaty
