// Stands between another process and its disk (bad_disk.hpp): preloaded, so that the program under test is the one that
// ships.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "tests/faults/bad_disk.hpp"

namespace {

using treaty::faults::disk_plan;

disk_plan* shared_plan() {
  const char* const file = std::getenv("TREATY_DISK_PLAN");
  if (file == nullptr) return nullptr;
  const int descriptor = ::open(file, O_RDWR | O_CLOEXEC);
  void* const mapped = ::mmap(nullptr, sizeof(disk_plan), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  return mapped == MAP_FAILED ? nullptr : static_cast<disk_plan*>(mapped);
}

disk_plan* plan() {
  static disk_plan* const shared = shared_plan();
  return shared;
}

/// The store's, not the log's or a socket.
bool is_data(int descriptor) {
  std::array<char, 32> link{};
  std::array<char, 4096> name{};
  std::string_view prefix{"/proc/self/fd/"};
  prefix.copy(link.data(), prefix.size());
  std::array<char, 12> digits{};
  std::size_t count = 0;
  for (int rest = descriptor; rest > 0 || count == 0; rest /= 10) digits[count++] = static_cast<char>('0' + rest % 10);
  for (std::size_t at = 0; at < count; ++at) link[prefix.size() + at] = digits[count - 1 - at];
  const ssize_t length = ::readlink(link.data(), name.data(), name.size());
  return length > 0 &&
         std::string_view{name.data(), static_cast<std::size_t>(length)}.find("/data/") != std::string_view::npos;
}

int sync_file(long call, int descriptor) {
  disk_plan* const with = plan();
  if (with == nullptr || !is_data(descriptor)) return static_cast<int>(::syscall(call, descriptor));
  if (const int delay = with->sync_delay_ms; delay > 0) ::poll(nullptr, 0, delay);
  if (const int error = with->sync_error; error != 0) {
    ++with->failed_syncs;
    errno = error;
    return -1;
  }
  const int answer = static_cast<int>(::syscall(call, descriptor));
  ++with->syncs;
  return answer;
}

}  // namespace

extern "C" int fdatasync(int descriptor) {
  return sync_file(SYS_fdatasync, descriptor);
}

extern "C" int fsync(int descriptor) {
  return sync_file(SYS_fsync, descriptor);
}

extern "C" ssize_t write(int descriptor, const void* bytes, size_t count) {
  disk_plan* const with = plan();
  const int error = with == nullptr ? 0 : with->write_error.load();
  if (error == 0 || !is_data(descriptor)) return ::syscall(SYS_write, descriptor, bytes, count);
  if (with->tears && count > 1) ::syscall(SYS_write, descriptor, bytes, count / 2);
  ++with->failed_writes;
  errno = error;
  return -1;
}
