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
#include <set>
#include <string>
#include <system_error>
#include <tuple>

namespace treaty::kit::disk {
namespace {

namespace files = std::filesystem;

/// Inode and birth: a file that is renamed stays itself, and a new one that gets a dead one's inode does not become it.
using identity = std::tuple<std::uint64_t, std::int64_t, std::uint32_t>;

struct {
  std::atomic<int> error_number{0};
  std::atomic<int> write_error_number{0};
  std::atomic<std::size_t> failed_writes{0};
  std::atomic<bool> remembers{false};
  std::mutex mutex;
  std::map<identity, std::string> synced;
  std::string ending;  // of the files that writes fail to
  std::size_t left_to_spare = 0;
  std::set<identity> spared;
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

/// What a write to the file must fail with; 0: nothing.
int write_error(int descriptor) {
  const int error_number = faults.write_error_number;
  if (error_number == 0) return 0;
  const auto file = identify(descriptor, "");
  if (!file) return 0;
  const std::lock_guard lock{faults.mutex};
  std::error_code unnamed;
  const auto name = files::read_symlink("/proc/self/fd/" + std::to_string(descriptor), unnamed).string();
  if (!name.ends_with(faults.ending) || faults.spared.contains(*file)) return 0;
  if (faults.left_to_spare > 0) {
    --faults.left_to_spare;
    faults.spared.insert(*file);
    return 0;
  }
  ++faults.failed_writes;
  return error_number;
}

}  // namespace

void fail_syncs(int error_number) {
  faults.error_number = error_number;
}

void fail_writes(int error_number, std::string_view ending, std::size_t spared) {
  const std::lock_guard lock{faults.mutex};
  faults.ending = ending;
  faults.left_to_spare = spared;
  faults.spared.clear();
  faults.write_error_number = error_number;
}

std::size_t failed_writes() {
  return faults.failed_writes;
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
  if (const int error_number = treaty::kit::disk::write_error(descriptor); error_number != 0) {
    errno = error_number;
    return -1;
  }
  return syscall(SYS_write, descriptor, bytes, count);
}
