// What do records cost on their way to bytes and back, and their keys?
#include <string>

#include "bench/micro/measure.hpp"
#include "bench/micro/store_load.hpp"
#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "tests/kit/store_kit.hpp"

namespace treaty {
namespace {

/// One value of each kind that a saga stores.
struct saga_values {
  write_set created = micro::make_creation(1, 1);
  write_set finished = micro::make_finish(created, micro::with_history::yes);
};

template <class Encode>
void encode(benchmark::State& bench, Encode to_bytes) {
  const saga_values values;
  std::string bytes;
  {
    const micro::measured_part measured{bench, 1};
    for (auto _ : bench) {
      to_bytes(values, bytes);
      benchmark::DoNotOptimize(bytes.data());
    }
  }
  bench.counters["bytes"] = static_cast<double>(bytes.size());
}

template <class Encode, class Decode>
void decode(benchmark::State& bench, Encode to_bytes, Decode from_bytes) {
  std::string bytes;
  to_bytes(saga_values{}, bytes);
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    auto value = from_bytes(bytes);
    if (!value) bench.SkipWithError("not decoded");
    benchmark::DoNotOptimize(value);
  }
}

void definition_bytes(const saga_values& of, std::string& out) {
  codec::encode_definition(*of.created.definition, out);
}
void progress_bytes(const saga_values& of, std::string& out) {
  codec::encode_progress(of.finished.progress, trans_type::saga, out);
}
void history_bytes(const saga_values& of, std::string& out) {
  codec::encode_history(of.finished.history, out);
}

void encode_definition(benchmark::State& bench) {
  encode(bench, definition_bytes);
}
void decode_definition(benchmark::State& bench) {
  decode(bench, definition_bytes, codec::decode_definition);
}
void encode_progress(benchmark::State& bench) {
  encode(bench, progress_bytes);
}
void decode_progress(benchmark::State& bench) {
  decode(bench, progress_bytes, codec::decode_progress);
}
void encode_history(benchmark::State& bench) {
  encode(bench, history_bytes);
}
void decode_history(benchmark::State& bench) {
  decode(bench, history_bytes, [](const std::string& bytes) { return codec::decode_history(bytes, 0); });
}
BENCHMARK(encode_definition)->Name("codec/encode_definition");
BENCHMARK(decode_definition)->Name("codec/decode_definition");
BENCHMARK(encode_progress)->Name("codec/encode_progress");
BENCHMARK(decode_progress)->Name("codec/decode_progress");
BENCHMARK(encode_history)->Name("codec/encode_history");
BENCHMARK(decode_history)->Name("codec/decode_history");

/// Those of a creation: its row, its moment, its place in the list of the unfinished.
void make_keys(benchmark::State& bench) {
  record_id row = 1;
  const time_point created = kit::moment(0);
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    ++row;
    const auto of_row = keys::make_row(row);
    const auto of_due = keys::make_due(17, created + std::chrono::seconds{1}, row);
    const auto of_list = keys::make_open({.status = txn_status::submitted}, created, row);
    benchmark::DoNotOptimize(of_row);
    benchmark::DoNotOptimize(of_due);
    benchmark::DoNotOptimize(of_list);
  }
}
BENCHMARK(make_keys)->Name("codec/make_keys");

}  // namespace
}  // namespace treaty
