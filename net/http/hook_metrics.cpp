#include "net/http/hook_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>

namespace treaty {
namespace {

constexpr std::array kinds{hook_kind::alert, hook_kind::completion};
constexpr std::array outcomes{hook_outcome::delivered, hook_outcome::failed, hook_outcome::dropped};

std::string text(hook_kind kind) {
  switch (kind) {
    case hook_kind::alert:
      return "alert";
    case hook_kind::completion:
      return "completion";
  }
  return {};
}

std::string text(hook_outcome outcome) {
  switch (outcome) {
    case hook_outcome::delivered:
      return "delivered";
    case hook_outcome::failed:
      return "failed";
    case hook_outcome::dropped:
      return "dropped";
  }
  return {};
}

template <class Enum>
std::size_t index(Enum one) {
  return static_cast<std::size_t>(one) - 1;
}

}  // namespace

hook_metrics::hook_metrics(prometheus::Registry& registry)
    : queue_{prometheus::BuildGauge()
                 .Name("treaty_web_hook_queue")
                 .Help("Notices for web-hooks that are not delivered yet, those between two tries too.")
                 .Register(registry)
                 .Add({})} {
  auto& family = prometheus::BuildCounter()
                     .Name("treaty_web_hook_posts_total")
                     .Help(
                         "Notices for web-hooks, by what became of them: delivered (a 2xx answer), failed (given up "
                         "after the last try), dropped (no room in the queue).")
                     .Register(registry);
  for (const hook_kind kind : kinds)
    for (const hook_outcome outcome : outcomes)
      posts_[index(kind)][index(outcome)] = &family.Add({{"hook", text(kind)}, {"outcome", text(outcome)}});
}

void hook_metrics::count(hook_kind kind, hook_outcome outcome) {
  posts_[index(kind)][index(outcome)]->Increment();
}

void hook_metrics::kept(std::size_t notices) {
  queue_.Set(static_cast<double>(notices));
}

}  // namespace treaty
