#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace treaty::kit::disk {

// Stands between this process and the disk: a test binary that links this has its own fsync, fdatasync and write.

/// From now on each sync fails with this errno; 0: they work again.
void fail_syncs(int error_number);

/// From now on each write to a file whose name ends so fails with this errno; 0: they work again. Those to the first
/// `spared` files that are written to from now on work.
void fail_writes(int error_number, std::string_view ending = "", std::size_t spared = 0);
/// How many have failed so, ever.
std::size_t failed_writes();

/// Keeps, at each sync that works, what the file held then. Costs a copy of the file; for small stores.
void remember_synced_bytes();

/// Writes to `copy` what `directory` would hold after a power failure now: each file as it was when it was last synced.
/// Names count as durable, which is more than a disk promises and all that these tests ask.
void copy_as_after_power_failure(const std::filesystem::path& directory, const std::filesystem::path& copy);

}  // namespace treaty::kit::disk
