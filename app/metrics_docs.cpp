#include "app/metrics_docs.hpp"

#include <prometheus/registry.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "actors/metrics.hpp"
#include "app/server_metrics.hpp"
#include "app/store_metrics.hpp"
#include "net/etcd/etcd_metrics.hpp"
#include "net/grpc/dtm_service.hpp"
#include "net/http/client_metrics.hpp"
#include "net/http/dtm_api.hpp"
#include "net/http/hook_metrics.hpp"
#include "net/http/router.hpp"
#include "obs/process_metrics.hpp"

namespace treaty {
namespace {

/// The transports register their metrics for a door; nobody comes through this one.
class closed_door final : public ingress {
public:
  void offer(gid, event, std::size_t, std::shared_ptr<answer_sink> to) override {
    to->answer({answer_kind::unavailable, "closed"});
  }
  void query(gid, on_result<txn_record> done) override { done(failure{errc::unavailable, "closed"}); }
  void history(gid, on_result<txn_history> done) override { done(failure{errc::unavailable, "closed"}); }
  void wait_end(gid, std::chrono::milliseconds, on_result<txn_record> done) override {
    done(failure{errc::unavailable, "closed"});
  }
  void list(list_request, on_result<listing> done) override { done(failure{errc::unavailable, "closed"}); }
  void reset_cron(std::chrono::seconds, std::size_t, on_result<cron_reset> done) override {
    done(failure{errc::unavailable, "closed"});
  }
  void change_topic(topic_change, std::shared_ptr<answer_sink> to) override {
    to->answer({answer_kind::unavailable, "closed"});
  }
  void query_kv(std::string, std::string, on_result<kv_record> done) override {
    done(failure{errc::unavailable, "closed"});
  }
  void list_kv(kv_request, on_result<kv_listing> done) override { done(failure{errc::unavailable, "closed"}); }
};

std::vector<prometheus::MetricFamily> every_family() {
  prometheus::Registry registry;
  closed_door door;
  register_build_info(registry);
  server_metrics http{registry, "HTTP"};
  server_metrics grpc{registry, "gRPC"};
  const store_metrics kept{registry};
  http_client_metrics clients{registry};
  hook_metrics web_hooks{registry};
  etcd_metrics registered{registry};
  coordinator_metrics decisions{registry};
  // Some children are made when they are first counted.
  decisions.branch_answered(trans_type::saga, branch_op::action, 1, call_outcome::success, 0);
  http_router routes{registry};
  add_dtm_routes(routes, door, {});
  const dtm_service dtm{door, registry};
  auto families = registry.Collect();
  auto process = process_metrics{}.Collect();
  families.insert(families.end(), std::make_move_iterator(process.begin()), std::make_move_iterator(process.end()));
  std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return families;
}

std::string_view name_of(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Summary:
      return "summary";
    case prometheus::MetricType::Untyped:
      return "untyped";
    case prometheus::MetricType::Histogram:
      return "histogram";
  }
  return "";
}

std::string labels_of(const prometheus::MetricFamily& family) {
  std::set<std::string> names;
  for (const auto& child : family.metric) {
    for (const auto& label : child.label) names.insert(label.name);
  }
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "`" : ", `") + name + "`";
  return list;
}

void append_table(std::string& page, const std::vector<prometheus::MetricFamily>& families, std::string_view prefix) {
  page += "| name | type | labels | meaning |\n|---|---|---|---|\n";
  for (const auto& each : families) {
    if (!each.name.starts_with(prefix)) continue;
    page += "| `" + each.name + "` | " + std::string{name_of(each.type)} + " | " + labels_of(each) + " | " + each.help +
            " |\n";
  }
}

}  // namespace

std::string metrics_markdown() {
  const auto families = every_family();
  std::string page =
      "# Metrics\n\n"
      "Made by `treaty-docs` from the metrics that the process registers; a test fails when it is stale. Do not "
      "edit.\n\n"
      "`GET /api/metrics`, or `/metrics`, answers in the Prometheus text format. Every label has a bounded set of "
      "values: no gid, no "
      "URL\n"
      "and no error text ever becomes one. Durations are seconds.\n\n"
      "## Treaty's own\n\n";
  append_table(page, families, "treaty_");
  page +=
      "\n## Under DTM's names\n\n"
      "So that dashboards made for DTM go on working. `api` is the route's last word, in lower case, without its "
      "query;\n"
      "`branchid` stays bounded: from `11` on it is `other`.\n\n";
  append_table(page, families, "dtm_");
  page += "\n## Of the process\n\n";
  append_table(page, families, "process_");
  return page;
}

}  // namespace treaty
