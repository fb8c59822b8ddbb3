#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

namespace treaty::faults {

/// What the disk under another process does; stands in a file that both map.
struct disk_plan {
  std::atomic<int> sync_error{0};   // an errno for every sync; 0: they work
  std::atomic<int> write_error{0};  // the same for writes
  std::atomic<bool> tears{false};   // a write that fails leaves half of its bytes
  std::atomic<int> sync_delay_ms{0};
  std::atomic<int> syncs{0};         // that worked
  std::atomic<int> failed_syncs{0};  // and that did not
  std::atomic<int> failed_writes{0};
};

/// A disk that goes bad under a process which is started with `environment`: a library stands in front of its fsync,
/// fdatasync and write, for the files below a directory called `data`.
class bad_disk {
public:
  /// `library`: the path of treaty_bad_disk.so. Throws std::runtime_error when the plan cannot be shared.
  bad_disk(const std::string& library, const std::filesystem::path& directory);
  bad_disk(const bad_disk&) = delete;
  bad_disk& operator=(const bad_disk&) = delete;
  ~bad_disk();

  std::vector<std::string> environment() const;
  disk_plan* operator->() const { return plan_; }

private:
  const std::string library_;
  const std::string file_;
  disk_plan* plan_ = nullptr;
};

}  // namespace treaty::faults
