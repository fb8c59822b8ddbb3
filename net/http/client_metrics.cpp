#include "net/http/client_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <utility>

#include "net/outcome.hpp"

namespace treaty {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help,
                         const prometheus::Labels& labels = {}) {
  return BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Counter& refused(prometheus::Registry& registry, const std::string& protocol, const char* reason) {
  return BuildCounter()
      .Name("treaty_destination_calls_refused_total")
      .Help(
          "Branch calls that were not made and failed at once, by protocol and reason: breaker (the destination "
          "refuses connections or answers nothing), queue (too many wait for it already).")
      .Register(registry)
      .Add({{"protocol", protocol}, {"reason", reason}});
}

prometheus::Histogram& pauses(prometheus::Registry& registry, const std::string& protocol) {
  return prometheus::BuildHistogram()
      .Name("treaty_destination_pause_seconds")
      .Help("For how long breakers opened, their random part included, by protocol.")
      .Register(registry)
      .Add({{"protocol", protocol}}, prometheus::Histogram::BucketBoundaries{1, 1.1, 1.2, 2, 2.4, 4, 4.8, 5, 5.5, 6});
}

std::string word(trouble what) {
  switch (what) {
    case trouble::refuses:
      return "refuses";
    case trouble::silent:
      return "silent";
    case trouble::full:
      return "full";
  }
  return "unnamed";
}

std::size_t index(trouble what) {
  return static_cast<std::size_t>(what);
}

}  // namespace

named_troubles::named_troubles(prometheus::Registry& registry)
    : family_{BuildGauge()
                  .Name("treaty_destination_trouble")
                  .Help("Lanes on which a destination is in trouble, by its name and what is wrong, as in "
                        "treaty_destinations_in_trouble. The first 64 that ever were are named, then it is other.")
                  .Register(registry)},
      others_{made("other")} {}

named_troubles::gauges named_troubles::made(const std::string& destination) {
  gauges out{};
  for (const trouble what : all_troubles)
    out[index(what)] = &family_.Add({{"destination", destination}, {"trouble", word(what)}});
  return out;
}

const named_troubles::gauges& named_troubles::of(const std::string& destination) {
  const std::string name = reply_detail(destination);  // one label that is not UTF-8 costs a scrape all of its metrics
  const std::lock_guard lock{mutex_};
  const auto found = known_.find(name);
  if (found != known_.end()) return found->second;
  if (known_.size() >= names_max) return others_;
  return known_.emplace(name, made(name)).first->second;
}

client_protocol_metrics::client_protocol_metrics(prometheus::Registry& registry, const std::string& protocol)
    : calls_waiting{gauge(registry, "treaty_calls_waiting",
                          "Branch calls that wait for a free connection, or for their turn on one, by protocol.",
                          {{"protocol", protocol}})},
      refused_by_breaker{refused(registry, protocol, "breaker")},
      refused_by_queue{refused(registry, protocol, "queue")},
      pause_seconds{pauses(registry, protocol)} {
  auto& now = BuildGauge()
                  .Name("treaty_destinations_in_trouble")
                  .Help(
                      "Destinations, each on each lane, that refuse connections or are silent (no call is answered): "
                      "calls fail at once for a while; or that are full: others wait for the calls under way.")
                  .Register(registry);
  auto& ever = BuildCounter()
                   .Name("treaty_destination_troubles_total")
                   .Help("How often a destination began to refuse connections, fell silent, or became full.")
                   .Register(registry);
  for (const trouble what : all_troubles) {
    const prometheus::Labels labels{{"protocol", protocol}, {"trouble", word(what)}};
    in_trouble[index(what)] = &now.Add(labels);
    troubles[index(what)] = &ever.Add(labels);
  }
}

http_client_metrics::http_client_metrics(prometheus::Registry& registry)
    : connections{gauge(registry, "treaty_http_client_connections",
                        "HTTP connections to participants, opening ones too.")},
      grpc_connections{
          gauge(registry, "treaty_grpc_client_connections", "gRPC connections to participants, opening ones too.")},
      http{registry, "http"},
      grpc{registry, "grpc"},
      named{registry} {}

destination_metrics::~destination_metrics() {
  for (const trouble what : all_troubles) show(what, false);
  waits(-waiting_);
}

void destination_metrics::show(trouble what, bool is_on) {
  const std::size_t at = index(what);
  if (std::exchange(shown_[at], is_on) == is_on) return;
  if (named_ == nullptr) named_ = &all_.named.of(name_);
  const double change = is_on ? 1 : -1;
  own_.in_trouble[at]->Increment(change);
  (*named_)[at]->Increment(change);
  if (is_on) own_.troubles[at]->Increment();
}

void destination_metrics::paused(std::chrono::milliseconds window) {
  own_.pause_seconds.Observe(std::chrono::duration<double>(window).count());
}

void destination_metrics::refused_by_breaker() {
  own_.refused_by_breaker.Increment();
}

void destination_metrics::refused_by_queue() {
  own_.refused_by_queue.Increment();
}

void destination_metrics::waits(int more) {
  waiting_ += more;
  own_.calls_waiting.Increment(more);
}

}  // namespace treaty
