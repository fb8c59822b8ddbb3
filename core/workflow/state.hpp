#pragma once

#include "core/transition.hpp"

/// A workflow: the application decides; we keep what it has done, and call it back when it falls silent.
///
///   -         --prepare--> prepared     the application registers what it has done, with its results
///   prepared  --submit---> succeed, failed      as the application says, with its result or reason
///   prepared  --silence--> call back (query_prepared): whatever is answered, again later, waiting longer each time
///   any unfinished --forceStop--> failed
///
/// Legs are the registered branches: (branch, operation) with its status and result; none is called by us.
namespace treaty::workflow {}
