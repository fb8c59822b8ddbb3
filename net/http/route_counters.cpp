#include "net/http/route_counters.hpp"

#include <chrono>
#include <utility>

namespace treaty {
namespace {

class counting_responder final : public http_responder {
public:
  counting_responder(const route_counters& counters, std::shared_ptr<http_responder> to)
      : counters_{counters}, to_{std::move(to)} {}

  void reply(http_reply what) override {
    (what.status < 400 ? counters_.ok : counters_.fail)->Increment();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start_;
    counters_.duration->Observe(took.count());
    to_->reply(std::move(what));
  }

private:
  route_counters counters_;
  std::shared_ptr<http_responder> to_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

prometheus::Histogram::BucketBoundaries buckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

}  // namespace

request_metrics::request_metrics(prometheus::Registry& registry)
    : processed_{prometheus::BuildCounter()
                     .Name("dtm_server_process_total")
                     .Help("All request received by dtm")
                     .Register(registry)},
      durations_{prometheus::BuildHistogram()
                     .Name("dtm_server_response_duration")
                     .Help("The request durations of a dtm server api")
                     .Register(registry)} {}

route_counters request_metrics::route(const std::string& api) {
  return {&processed_.Add({{"type", "http"}, {"api", api}, {"status", "ok"}}),
          &processed_.Add({{"type", "http"}, {"api", api}, {"status", "fail"}}),
          &durations_.Add({{"type", "http"}, {"api", api}}, buckets())};
}

std::shared_ptr<http_responder> counting(const route_counters& counters, std::shared_ptr<http_responder> to) {
  return std::make_shared<counting_responder>(counters, std::move(to));
}

}  // namespace treaty
