#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace treaty::faults {

/// A file system in memory of a given size, mounted over an empty directory as long as this lives. Mounting is for
/// root; `why_not` says what the system said otherwise.
class small_file_system {
public:
  small_file_system(std::filesystem::path where, std::size_t mebibytes);
  small_file_system(const small_file_system&) = delete;
  small_file_system& operator=(const small_file_system&) = delete;
  ~small_file_system();

  bool is_mounted() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }
  bool resize(std::size_t mebibytes);
  bool make_read_only();

private:
  bool mount_again(unsigned long flags, const std::string& options);

  const std::filesystem::path where_;
  std::string why_not_;
};

}  // namespace treaty::faults
