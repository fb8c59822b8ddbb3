#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <thread>

#include "bench/load/options.hpp"

namespace treaty::load {

/// What the system says of a process; zeros when it does not exist.
struct process_usage {
  double cpu_seconds = 0;  // of all its threads, user and system
  double resident_mb = 0;
  double resident_peak_mb = 0;
  double open_files = 0;  // descriptors
  double disk_bytes = 0;  // sent to the disk, or waiting for that, since its start; 0 also when it may not be read
};
process_usage usage_of(int pid);

/// Room that the files below `directory` take on the disk.
double directory_mb(const std::string& directory);

/// CPU of one thread of this process; of all of it.
std::int64_t thread_cpu_ns(std::thread& thread);
std::int64_t own_cpu_ns();

/// The sum over all labels of each metric at /api/metrics, and under its name with labels each; empty when that does
/// not answer.
std::map<std::string, double> read_metrics(const endpoint& from);

/// True when `directory` lies in memory: a sync costs nothing there, so its figures say nothing.
bool is_in_memory(const std::string& directory);

}  // namespace treaty::load
