#pragma once

#include "core/transition.hpp"

/// A two-phase message: actions that must all happen, once the sender's own transaction has committed.
///
///   -         --prepare--> prepared     nothing until the client speaks or its time is over
///   -, prepared --submit-> submitted    after the delay, if any: call the actions, in order or side by side
///   prepared  --abort----> failed
///   prepared  --silence--> ask the sender (query_prepared): success -> submitted, failure -> failed,
///                          ongoing, unknown -> ask again later; without a URL: submitted
///   submitted --all actions succeeded--> succeed
///   any unfinished --forceStop--> failed
///
/// A message never rolls back: a refused action is called again. Leg i is step i's action.
namespace treaty::msg {}
