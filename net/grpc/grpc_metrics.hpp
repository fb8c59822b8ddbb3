#pragma once

#include <chrono>
#include <string>

namespace prometheus {
class Counter;
class Histogram;
class Registry;
}  // namespace prometheus

namespace treaty {

/// One method's children of the request metrics, looked up once (docs/metrics.md).
class method_counters {
public:
  /// `method` in lower case.
  method_counters(prometheus::Registry& registry, const std::string& method);
  void count(bool ok, std::chrono::duration<double> took) const;

private:
  prometheus::Counter& ok_;
  prometheus::Counter& fail_;
  prometheus::Histogram& duration_;
};

}  // namespace treaty
