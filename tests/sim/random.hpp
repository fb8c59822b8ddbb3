#pragma once

#include <cstdint>

#include "core/base/time.hpp"

namespace treaty::sim {

/// The seed's dice: every choice of a world comes from here, so that the seed repeats it.
class dice {
public:
  explicit dice(std::uint64_t seed) : state_{seed * 0x9E3779B97F4A7C15ULL + 1} {}

  std::uint64_t next() {  // splitmix64
    std::uint64_t mixed = (state_ += 0x9E3779B97F4A7C15ULL);
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31);
  }
  /// 0 .. count - 1.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::size_t>(most - least + 1)));
  }
  bool percent(std::size_t share) { return below(100) < share; }
  duration up_to(duration most) { return duration{between(0, most.count())}; }
  template <class T, std::size_t Count>
  const T& one_of(const T (&choices)[Count]) {
    return choices[below(Count)];
  }

private:
  std::uint64_t state_;
};

}  // namespace treaty::sim
