#include "tests/crash/points/trigger.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace treaty::crash {
namespace {

// One for the process: system calls have nobody to hand them an object. Written once, before any thread.
std::atomic<int> armed_point{-1};
std::atomic<long> passages_left{0};
const char* mark_file = "";

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "treatyd_crash: %s=%s is not name:count\n", crash_at_variable, what.c_str());
  std::_Exit(2);
}

}  // namespace

void arm_from_environment() {
  const char* const text = std::getenv(crash_at_variable);
  const char* const mark = std::getenv(crash_mark_variable);
  if (text == nullptr) return;
  const std::string what{text};
  const std::string name = what.substr(0, what.find(':'));
  const auto found =
      std::find_if(crash_points.begin(), crash_points.end(), [&](const named_point& one) { return one.name == name; });
  const long count = name.size() < what.size() ? std::strtol(what.c_str() + name.size() + 1, nullptr, 10) : 0;
  if (found == crash_points.end() || count < 1 || mark == nullptr) refuse(what);
  mark_file = mark;
  passages_left = count;
  armed_point = static_cast<int>(found->point);
}

bool is_armed(crash_point point) {
  return armed_point.load(std::memory_order_relaxed) == static_cast<int>(point);
}

bool is_last_passage(crash_point point) {
  return is_armed(point) && passages_left.fetch_sub(1) == 1;
}

void pass(crash_point point) {
  if (is_last_passage(point)) die();
}

void die() {
  ::close(::open(mark_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // the signal is on its way to this thread, too
}

}  // namespace treaty::crash
