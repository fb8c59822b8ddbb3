#pragma once

#include <prometheus/collectable.h>

#include <string>
#include <vector>

namespace prometheus {
class Registry;
}

namespace treaty {

/// process_*: CPU seconds, memory, open files and start time of this process, read from /proc when collected.
class process_metrics final : public prometheus::Collectable {
public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

/// Everything in `metrics`, and process_*, in the Prometheus text format 0.0.4. Threads: any.
std::string metrics_text(const prometheus::Registry& metrics);

}  // namespace treaty
