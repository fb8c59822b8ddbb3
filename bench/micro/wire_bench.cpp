// What does text cost: a submit read into a definition, records written for those who ask, a new gid?
#include <string>
#include <vector>

#include "bench/micro/measure.hpp"
#include "bench/micro/requests.hpp"
#include "net/wire/new_gid.hpp"
#include "net/wire/record_json.hpp"
#include "net/wire/resource_json.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {
namespace {

void read_submit(benchmark::State& bench) {
  const std::string body = micro::submit_body();
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    auto read = parse_trans_body(body);
    auto definition = make_definition(*std::move(read));
    if (!definition) bench.SkipWithError("the body was refused");
    benchmark::DoNotOptimize(definition);
  }
}
BENCHMARK(read_submit)->Name("wire/read_submit");

txn_record ended_saga() {
  txn_record record;
  record.definition = *make_definition(*parse_trans_body(micro::submit_body()));
  record.progress.status = txn_status::succeed;
  record.progress.legs.resize(initial_leg_count(*record.definition));
  return record;
}

template <class Write>
void write(benchmark::State& bench, std::size_t bytes_least, Write to_text) {
  std::size_t bytes = 0;
  {
    const micro::measured_part measured{bench, 1};
    for (auto _ : bench) {
      const std::string json = to_text();
      bytes = json.size();
      benchmark::DoNotOptimize(json.data());
    }
  }
  if (bytes < bytes_least) bench.SkipWithError("the text is too short");
  bench.counters["bytes"] = static_cast<double>(bytes);
}

void write_query_answer(benchmark::State& bench) {
  write(bench, 1'000, [record = ended_saga()] { return query_json(record); });
}
BENCHMARK(write_query_answer)->Name("wire/write_query_answer");

void write_page(benchmark::State& bench) {
  write(bench, 10'000, [records = std::vector<txn_record>(100, ended_saga())] {
    page_text page;
    for (const txn_record& one : records) page.add(one);
    return std::move(page).finish("00112233445566778899aabbccddeeff");
  });
}
BENCHMARK(write_page)->Name("wire/write_page_of_100");

void make_new_gid(benchmark::State& bench) {
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    const std::string id = new_gid();
    benchmark::DoNotOptimize(id.data());
  }
}
BENCHMARK(make_new_gid)->Name("wire/new_gid");

}  // namespace
}  // namespace treaty
