// What do our APIs cost above the bytes of their transport, from a request that has been read to its answer, with a
// door that answers at once?
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "bench/micro/measure.hpp"
#include "bench/micro/requests.hpp"
#include "net/grpc/request_body.hpp"
#include "net/http/dtm_api.hpp"
#include "net/http/router.hpp"
#include "net/wire/requests.hpp"

namespace treaty {
namespace {

/// Says yes to every event, and knows nothing.
class willing_door final : public ingress {
public:
  void offer(gid, event what, std::size_t, std::shared_ptr<answer_sink> to) override {
    benchmark::DoNotOptimize(what);
    to->answer({});
  }
  void query(gid, on_result<txn_record> done) override { done(nothing()); }
  void history(gid, on_result<txn_history> done) override { done(nothing()); }
  void wait_end(gid, std::chrono::milliseconds, on_result<txn_record> done) override { done(nothing()); }
  void list(list_request, on_result<listing> done) override { done(nothing()); }
  void reset_cron(std::chrono::seconds, std::size_t, on_result<cron_reset> done) override { done(nothing()); }
  void change_topic(topic_change, std::shared_ptr<answer_sink> to) override { to->answer({}); }
  void query_kv(std::string, std::string, on_result<kv_record> done) override { done(nothing()); }
  void list_kv(kv_request, on_result<kv_listing> done) override { done(nothing()); }

private:
  static failure nothing() { return {errc::not_found, "nothing is here"}; }
};

class noted_reply final : public http_responder {
public:
  explicit noted_reply(int& status) : status_{status} {}
  void reply(http_reply what) override { status_ = what.status; }

private:
  int& status_;
};

void serve(benchmark::State& bench, std::string_view path, const std::string& body) {
  prometheus::Registry registry;
  http_router router{registry};
  willing_door door;
  add_dtm_routes(router, door, {.version = "1"});
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    int status = 0;
    router.handle({"POST", path, {}, body}, std::make_shared<noted_reply>(status));
    if (status != 200) bench.SkipWithError("the request was refused");
  }
}

void http_submit(benchmark::State& bench) {
  serve(bench, "/api/dtmsvr/submit", micro::submit_body());
}
BENCHMARK(http_submit)->Name("api/http_submit");

void json_rpc_submit(benchmark::State& bench) {
  serve(bench, "/api/json-rpc", micro::json_rpc_submit());
}
BENCHMARK(json_rpc_submit)->Name("api/json_rpc_submit");

std::string grpc_submit() {
  dtmgimp::DtmRequest request;
  request.set_gid("cmjz5qujUXwLGqinEj6dqj");
  request.set_transtype("saga");
  request.set_steps(R"([{"action":"bank-a.internal:8082/busi.Busi/TransOut",)"
                    R"("compensate":"bank-a.internal:8082/busi.Busi/TransOutRevert"},)"
                    R"({"action":"bank-b.internal:8082/busi.Busi/TransIn",)"
                    R"("compensate":"bank-b.internal:8082/busi.Busi/TransInRevert"}])");
  request.add_binpayloads(std::string{micro::payload});
  request.add_binpayloads(std::string{micro::payload});
  (*request.mutable_transoptions()->mutable_branchheaders())["x-tenant"] = "t-17";
  request.mutable_transoptions()->set_requesttimeout(5);
  return request.SerializeAsString();
}

/// From the message's bytes to the event.
void read_grpc_submit(benchmark::State& bench) {
  const std::string bytes = grpc_submit();
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    dtmgimp::DtmRequest request;
    if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) bench.SkipWithError("not parsed");
    auto body = body_of(std::move(request));
    if (!body) return bench.SkipWithError(body.error().detail.c_str());
    auto what = submit_event(*std::move(body));
    if (!what) return bench.SkipWithError(what.error().detail.c_str());
    benchmark::DoNotOptimize(what);
  }
}
BENCHMARK(read_grpc_submit)->Name("api/read_grpc_submit");

}  // namespace
}  // namespace treaty
