#pragma once

#include <cstddef>
#include <filesystem>

namespace treaty {

/// How many cores the process may use at once: those of its affinity, at most as many as its control group may have
/// (a container's or a service's limit, rounded up). At least 1. `root` is where /proc and /sys are found: a test's.
std::size_t usable_cores(const std::filesystem::path& root = "/");

}  // namespace treaty
