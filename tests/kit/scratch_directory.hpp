#pragma once

#include <filesystem>

namespace treaty::kit {

/// A fresh directory of its own, removed with all that is in it at the end; kept for a look when TREATY_KEEP_SCRATCH is
/// set. Throws std::runtime_error when it cannot be made.
class scratch_directory {
public:
  scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory();

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

}  // namespace treaty::kit
