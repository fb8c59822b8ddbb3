#pragma once

#include <cstdint>
#include <random>

#include "bench/load/options.hpp"

namespace treaty::load {

enum class reaction : std::uint8_t { carry_out, trouble, ongoing };

/// What becomes of each call, by chance but always in the same order. Threads: its owner's.
class reactions {
public:
  explicit reactions(const participant_habits& habits) : habits_{habits} {}

  reaction next() {
    if (habits_.trouble_share + habits_.ongoing_share <= 0) return reaction::carry_out;
    const double at = share_(random_);
    if (at < habits_.trouble_share) return reaction::trouble;
    return at < habits_.trouble_share + habits_.ongoing_share ? reaction::ongoing : reaction::carry_out;
  }

private:
  const participant_habits habits_;
  std::minstd_rand random_{1};
  std::uniform_real_distribution<double> share_{0, 1};
};

}  // namespace treaty::load
