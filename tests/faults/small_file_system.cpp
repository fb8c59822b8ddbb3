#include "tests/faults/small_file_system.hpp"

#include <sys/mount.h>

#include <cerrno>
#include <system_error>

namespace treaty::faults {
namespace {

std::string size_option(std::size_t mebibytes) {
  return "mode=0755,size=" + std::to_string(mebibytes) + "m";
}

}  // namespace

small_file_system::small_file_system(std::filesystem::path where, std::size_t mebibytes) : where_{std::move(where)} {
  std::filesystem::create_directories(where_);
  if (::mount("tmpfs", where_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, size_option(mebibytes).c_str()) != 0)
    why_not_ = "a tmpfs cannot be mounted here: " + std::generic_category().message(errno);
}

small_file_system::~small_file_system() {
  if (is_mounted()) ::umount2(where_.c_str(), MNT_DETACH);
}

bool small_file_system::mount_again(unsigned long flags, const std::string& options) {
  const char* const data = options.empty() ? nullptr : options.c_str();
  return ::mount("tmpfs", where_.c_str(), "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV | flags, data) == 0;
}

bool small_file_system::resize(std::size_t mebibytes) {
  return mount_again(0, size_option(mebibytes));
}

bool small_file_system::make_read_only() {
  return mount_again(MS_RDONLY, {});
}

}  // namespace treaty::faults
