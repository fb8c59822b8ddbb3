#include "examples/signup/story/service.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "tests/kit/eventually.hpp"

namespace signup {

service::service(std::vector<std::string> command, std::filesystem::path log)
    : command_{std::move(command)}, log_{std::move(log)} {}

void service::start() {
  std::vector<char*> arguments;
  for (auto& word : command_) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
  }
  ::close(log);
  if (pid_ < 0) throw std::runtime_error{"cannot start a process"};
}

void service::stop() {
  end_by(SIGTERM);
}

void service::kill() {
  end_by(SIGKILL);
}

bool service::has_ended() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
  return pid_ <= 0;
}

void service::end_by(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  if (treaty::kit::eventually([&] { return has_ended(); })) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace signup
