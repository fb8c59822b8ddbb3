#include <chrono>

#include "net/loop.hpp"

namespace treaty {
namespace {

/// Where the wall clock stood when the process first asked: from then on only the steady clock counts.
struct anchor {
  time_point wall = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
  std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();
};

}  // namespace

time_point now() {
  static const anchor start;
  return start.wall + (std::chrono::steady_clock::now() - start.steady);
}

}  // namespace treaty
