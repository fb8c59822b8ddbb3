#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/tally.hpp"

namespace treaty::load {

/// Whether something that is read again and again stays where it is. The first quarter of the readings is left out:
/// caches and buffers fill up to their limits then. Of the rest the middle of the first third is compared with that of
/// the last, so that what goes up and down all the time (a write buffer, a log) is no growth, and a pause none either.
struct flatness {
  double first = 0;  // median
  double last = 0;
  double highest = 0;
  double growth() const { return last - first; }
};
/// Nothing when there are too few readings to say it.
std::optional<flatness> flatness_of(const std::vector<double>& readings);

/// At most a twentieth more than at first, or `slack`, whichever is more.
bool is_flat(const flatness& one, double slack);

/// Nanoseconds from `load_end` until nothing was refused and the slow ones (p99) were within `p99_limit` for four
/// windows in a row; nothing when that did not happen.
std::optional<std::int64_t> recovery_ns(const std::vector<window>& timeline, std::int64_t load_end,
                                        std::int64_t p99_limit);

}  // namespace treaty::load
