#include "app/scheduling.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace treaty {

int raise_priority(int boost) {
  constexpr int nice_least = -20;
  const int before = getpriority(PRIO_PROCESS, 0);
  const int wanted = std::max(before - boost, nice_least);
  return setpriority(PRIO_PROCESS, 0, wanted) == 0 ? wanted : before;
}

}  // namespace treaty
