#pragma once

#include <memory>

#include "storage/store.hpp"

namespace treaty {

/// A store that forgets everything with the process: for tests, simulation and trying things out. Never fails.
/// "Durable" means "in memory" here; `figures().syncs` counts the syncs that a device would have been asked for.
std::unique_ptr<store> make_memory_store();

}  // namespace treaty
