#include "bench/load/process.hpp"

#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "bench/load/sockets.hpp"

namespace treaty::load {
namespace {

double cpu_seconds_of(int pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return 0;
  std::istringstream fields{text.substr(name_end + 2)};
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double disk_bytes_of(int pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/io"};
  std::string key;
  for (double count = 0; file >> key >> count;)
    if (key == "write_bytes:") return count;
  return 0;
}

double open_files_of(int pid) {
  std::error_code gone;
  const std::filesystem::directory_iterator files{"/proc/" + std::to_string(pid) + "/fd", gone};
  return gone ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

/// Reads until the other side closes or is silent for two seconds.
std::string read_to_end(const descriptor& from) {
  std::string text;
  std::array<char, 64 * 1024> scratch;
  pollfd waiting{from.number(), POLLIN, 0};
  while (::poll(&waiting, 1, 2'000) > 0)
    if (read_available(from, scratch, text) == io_end::closed) break;
  return text;
}

}  // namespace

process_usage usage_of(int pid) {
  process_usage usage;
  usage.cpu_seconds = cpu_seconds_of(pid);
  usage.disk_bytes = disk_bytes_of(pid);
  usage.open_files = open_files_of(pid);
  std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string key;
    double kilobytes = 0;
    words >> key >> kilobytes;
    if (key == "VmRSS:") usage.resident_mb = kilobytes / 1024;
    if (key == "VmHWM:") usage.resident_peak_mb = kilobytes / 1024;
  }
  return usage;
}

double directory_mb(const std::string& directory) {
  double bytes = 0;
  std::error_code gone;  // files come and go meanwhile
  for (auto at = std::filesystem::recursive_directory_iterator{directory, gone};
       at != std::filesystem::recursive_directory_iterator{}; at.increment(gone)) {
    struct stat what {};
    if (::lstat(at->path().c_str(), &what) == 0) bytes += 512.0 * static_cast<double>(what.st_blocks);
  }
  return bytes / (1024 * 1024);
}

std::int64_t thread_cpu_ns(std::thread& thread) {
  clockid_t clock{};
  timespec time{};
  if (::pthread_getcpuclockid(thread.native_handle(), &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return nanoseconds(time);
}

std::int64_t own_cpu_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return nanoseconds(time);
}

std::map<std::string, double> read_metrics(const endpoint& from) {
  std::map<std::string, double> sums;
  try {
    const descriptor socket = connect_to(from);
    write_all(socket, "GET /api/metrics HTTP/1.1\r\nHost: coordinator\r\nConnection: close\r\n\r\n");
    std::istringstream lines{read_to_end(socket)};
    for (std::string line; std::getline(lines, line);) {
      const std::size_t name_end = line.find_first_of("{ ");
      const std::size_t value = line.rfind(' ');
      if (line.starts_with('#') || name_end == std::string::npos || value + 1 >= line.size()) continue;
      double number = 0;
      if (!(std::istringstream{line.substr(value + 1)} >> number)) continue;
      sums[line.substr(0, name_end)] += number;
      if (line[name_end] == '{') sums[line.substr(0, value)] = number;
    }
  } catch (const std::runtime_error&) {
    sums.clear();  // one that serves no metrics can be measured all the same
  }
  return sums;
}

bool is_in_memory(const std::string& directory) {
  struct statfs system {};
  return ::statfs(directory.c_str(), &system) == 0 && system.f_type == TMPFS_MAGIC;
}

}  // namespace treaty::load
