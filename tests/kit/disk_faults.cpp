#include "tests/kit/disk_faults.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>

namespace treaty::kit::disk {
namespace {

namespace files = std::filesystem;

/// Inode and birth: a file that is renamed stays itself, and a new one that gets a dead one's inode does not become it.
using identity = std::tuple<std::uint64_t, std::int64_t, std::uint32_t>;

struct {
  std::atomic<int> error_number{0};
  std::atomic<int> write_error_number{0};
  std::atomic<bool> remembers{false};
  std::mutex mutex;
  std::map<identity, std::string> synced;
} faults;

std::string read_all(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Nothing for what is not a file. An empty path means the descriptor itself.
std::optional<identity> identify(int descriptor, const char* path) {
  struct statx info {};
  if (statx(descriptor, path, AT_EMPTY_PATH, STATX_TYPE | STATX_INO | STATX_BTIME, &info) != 0) return std::nullopt;
  if (!S_ISREG(info.stx_mode)) return std::nullopt;
  return identity{info.stx_ino, info.stx_btime.tv_sec, info.stx_btime.tv_nsec};
}

int sync_file(long call, int descriptor) {
  if (const int error_number = faults.error_number; error_number != 0) {
    errno = error_number;
    return -1;
  }
  const int answer = static_cast<int>(syscall(call, descriptor));
  if (answer != 0 || !faults.remembers) return answer;
  if (const auto file = identify(descriptor, "")) {
    const std::lock_guard lock{faults.mutex};
    faults.synced[*file] = read_all("/proc/self/fd/" + std::to_string(descriptor));
  }
  return answer;
}

}  // namespace

void fail_syncs(int error_number) {
  faults.error_number = error_number;
}

void fail_writes(int error_number) {
  faults.write_error_number = error_number;
}

void remember_synced_bytes() {
  faults.remembers = true;
}

void copy_as_after_power_failure(const files::path& directory, const files::path& copy) {
  const std::lock_guard lock{faults.mutex};
  files::create_directories(copy);
  for (const auto& entry : files::directory_iterator{directory}) {
    const auto identified = identify(AT_FDCWD, entry.path().c_str());
    if (!identified) continue;
    std::ofstream file{copy / entry.path().filename(), std::ios::binary};
    if (const auto found = faults.synced.find(*identified); found != faults.synced.end()) file << found->second;
  }
}

}  // namespace treaty::kit::disk

extern "C" int fdatasync(int descriptor) {
  return treaty::kit::disk::sync_file(SYS_fdatasync, descriptor);
}

extern "C" int fsync(int descriptor) {
  return treaty::kit::disk::sync_file(SYS_fsync, descriptor);
}

extern "C" ssize_t write(int descriptor, const void* bytes, size_t count) {
  namespace disk = treaty::kit::disk;
  if (const int error_number = disk::faults.write_error_number; error_number != 0 && disk::identify(descriptor, "")) {
    errno = error_number;
    return -1;
  }
  return syscall(SYS_write, descriptor, bytes, count);
}
