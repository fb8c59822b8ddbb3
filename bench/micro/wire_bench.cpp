// What does one request cost before and after the coordinator: reading a submit, writing a query's answer, a new gid?

#include <benchmark/benchmark.h>

#include <string>

#include "net/wire/new_gid.hpp"
#include "net/wire/record_json.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {
namespace {

/// About 600 bytes: two steps, as clients send them.
std::string submit_body() {
  return R"({"gid":"cmjz5qujUXwLGqinEj6dqj","trans_type":"saga","concurrent":false,"steps":[)"
         R"({"action":"http://bank-a.internal:8081/api/busi/TransOut",)"
         R"("compensate":"http://bank-a.internal:8081/api/busi/TransOutRevert"},)"
         R"({"action":"http://bank-b.internal:8081/api/busi/TransIn",)"
         R"("compensate":"http://bank-b.internal:8081/api/busi/TransInRevert"}],)"
         R"("payloads":["{\"amount\":30,\"from\":\"account-0001\",\"to\":\"account-0002\"}",)"
         R"("{\"amount\":30,\"from\":\"account-0001\",\"to\":\"account-0002\"}"],"protocol":"http",)"
         R"("branch_headers":{"x-tenant":"t-17","x-trace":"4bf92f3577b34da6a3ce929d0e0e4736"},"request_timeout":5})";
}

void BM_ReadSubmit(benchmark::State& bench) {
  const std::string body = submit_body();
  for (auto _ : bench) {
    auto read = parse_trans_body(body);
    auto definition = make_definition(*std::move(read));
    if (!definition) bench.SkipWithError("the body was refused");
    benchmark::DoNotOptimize(definition);
  }
  bench.SetBytesProcessed(bench.iterations() * static_cast<std::int64_t>(body.size()));
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(BM_ReadSubmit);

void BM_WriteQueryAnswer(benchmark::State& bench) {
  txn_record record;
  record.definition = *make_definition(*parse_trans_body(submit_body()));
  record.progress.status = txn_status::succeed;
  record.progress.legs.resize(initial_leg_count(*record.definition));
  std::size_t bytes = 0;
  for (auto _ : bench) {
    const std::string json = query_json(record);
    bytes = json.size();
    benchmark::DoNotOptimize(json.data());
  }
  if (bytes < 1000) bench.SkipWithError("the answer is too short");
  bench.SetBytesProcessed(bench.iterations() * static_cast<std::int64_t>(bytes));
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(BM_WriteQueryAnswer);

void BM_NewGid(benchmark::State& bench) {
  for (auto _ : bench) {
    const std::string id = new_gid();
    benchmark::DoNotOptimize(id.data());
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(BM_NewGid);

}  // namespace
}  // namespace treaty
