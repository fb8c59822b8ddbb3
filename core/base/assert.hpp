#pragma once

#include <cstdio>
#include <cstdlib>

/// Stays on in release: a broken invariant ends the process, and the restart's `resume` is the recovery path.
#define TREATY_ASSERT(condition)                                                             \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: invariant broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
