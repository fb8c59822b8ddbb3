#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "obs/process_metrics.hpp"
#include "obs/version.hpp"

namespace treaty {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(MetricsText, HoldsTheRegistryAndThisProcess) {
  prometheus::Registry registry;
  prometheus::BuildCounter()
      .Name("treaty_things_total")
      .Help("Things.")
      .Register(registry)
      .Add({{"kind", "a"}})
      .Increment();
  const std::string text = metrics_text(registry);
  EXPECT_THAT(text, HasSubstr("# TYPE treaty_things_total counter\n"));
  EXPECT_THAT(text, HasSubstr("treaty_things_total{kind=\"a\"} 1\n"));
  EXPECT_THAT(text, ContainsRegex("process_resident_memory_bytes [1-9]"));
  EXPECT_THAT(text, ContainsRegex("process_open_fds [1-9]"));
  EXPECT_THAT(text, ContainsRegex("process_start_time_seconds 1[0-9]"));
}

TEST(Version, StartsWithAVAndADigit) {
  EXPECT_THAT(std::string{version()}, testing::StartsWith("v0."));
}

}  // namespace
}  // namespace treaty
