#include "app/signals.hpp"

#include <pthread.h>
#include <signal.h>

#include "obs/log.hpp"

namespace treaty {
namespace {

sigset_t ending_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  return ending;
}

sigset_t held_signals() {
  sigset_t held = ending_signals();
  sigaddset(&held, SIGHUP);
  return held;
}

}  // namespace

void hold_signals() {
  signal(SIGPIPE, SIG_IGN);  // a client that hangs up is an error of one write, not the end of the process
  const sigset_t held = held_signals();
  pthread_sigmask(SIG_BLOCK, &held, nullptr);
}

int wait_for_end(std::chrono::milliseconds every, const std::function<void()>& look) {
  const sigset_t held = held_signals();
  const timespec pause{.tv_sec = every.count() / 1000, .tv_nsec = every.count() % 1000 * 1'000'000};
  for (;;) {
    const int taken = sigtimedwait(&held, nullptr, &pause);
    if (taken == SIGINT || taken == SIGTERM) return taken;
    if (taken == SIGHUP) log_info("SIGHUP has no effect: the configuration is read at start only");
    look();
  }
}

void let_signals_kill() {
  const sigset_t ending = ending_signals();
  pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
}

}  // namespace treaty
