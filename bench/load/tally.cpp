#include "bench/load/tally.hpp"

namespace treaty::load {

void windows::advance(std::int64_t now, std::size_t in_flight) {
  if (open_.from == 0) open_.from = now;
  if (now - open_.from < length_) return;
  open_.length = now - open_.from;
  open_.in_flight = in_flight;
  open_.p50 = latencies_.at(0.5);
  open_.p99 = latencies_.at(0.99);
  open_.max = latencies_.max();
  closed_.push_back(open_);
  open_ = window{};
  open_.from = now;
  latencies_ = latency_histogram{};
}

void windows::note_finished(std::int64_t latency) {
  ++open_.finished;
  latencies_.add(latency);
}

}  // namespace treaty::load
