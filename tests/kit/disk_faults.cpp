#include "tests/kit/disk_faults.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>

namespace treaty::kit::disk {
namespace {

namespace files = std::filesystem;

struct {
  std::atomic<int> error_number{0};
  std::atomic<int> write_error_number{0};
  std::atomic<bool> remembers{false};
  std::mutex mutex;
  std::map<ino_t, std::string> synced;  // by inode, because files are renamed
} faults;

std::string read_all(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool is_file(int descriptor) {
  struct stat info {};
  return fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
}

int sync_file(long call, int descriptor) {
  if (const int error_number = faults.error_number; error_number != 0) {
    errno = error_number;
    return -1;
  }
  const int answer = static_cast<int>(syscall(call, descriptor));
  struct stat info {};
  if (answer == 0 && faults.remembers && fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode)) {
    const std::lock_guard lock{faults.mutex};
    faults.synced[info.st_ino] = read_all("/proc/self/fd/" + std::to_string(descriptor));
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
    struct stat info {};
    if (stat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    std::ofstream file{copy / entry.path().filename(), std::ios::binary};
    if (const auto found = faults.synced.find(info.st_ino); found != faults.synced.end()) file << found->second;
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
  if (const int error_number = disk::faults.write_error_number; error_number != 0 && disk::is_file(descriptor)) {
    errno = error_number;
    return -1;
  }
  return syscall(SYS_write, descriptor, bytes, count);
}
