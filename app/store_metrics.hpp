#pragma once

#include <array>

#include "storage/store.hpp"

namespace prometheus {
class Gauge;
class Registry;
}  // namespace prometheus

namespace treaty {

/// Shows the store's state by its name, and what it takes. Lives as long as the registry. Threads: any.
class store_metrics {
public:
  explicit store_metrics(prometheus::Registry& registry);
  void refresh(const store_health& health, const store_footprint& takes);

private:
  std::array<prometheus::Gauge*, 3> states_{};
  prometheus::Gauge* memtables_ = nullptr;
  prometheus::Gauge* block_cache_ = nullptr;
  prometheus::Gauge* table_readers_ = nullptr;
  prometheus::Gauge* files_ = nullptr;
  prometheus::Gauge* held_up_ = nullptr;
};

}  // namespace treaty
