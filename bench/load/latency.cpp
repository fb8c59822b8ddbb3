#include "bench/load/latency.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace treaty::load {

std::size_t latency_histogram::bucket_of(std::uint64_t value) {
  if (value < 2 * linear) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - bits - 1;
  return static_cast<std::size_t>(shift * linear + (value >> shift));
}

std::uint64_t latency_histogram::upper_end(std::size_t bucket) {
  if (bucket < 2 * linear) return bucket;
  const std::uint64_t shift = bucket / linear - 1;
  const std::uint64_t mantissa = bucket - shift * linear;
  return ((mantissa + 1) << shift) - 1;
}

void latency_histogram::add(std::int64_t nanoseconds) {
  const std::int64_t value = std::max<std::int64_t>(nanoseconds, 0);
  ++counts_[bucket_of(static_cast<std::uint64_t>(value))];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

double latency_histogram::mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::int64_t latency_histogram::at(double quantile) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted && seen > 0) return std::min(static_cast<std::int64_t>(upper_end(bucket)), max_);
  }
  return max_;
}

}  // namespace treaty::load
