#include "tests/kit/treatyd_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace treaty::kit {
namespace {

using steady = std::chrono::steady_clock;

int milliseconds_left(steady::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 1'000'000));
}

/// The child's side of the fork: only calls that are safe there.
[[noreturn]] void run_program(char* const* arguments, char* const* environment, int log, rlim_t open_files_max) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit files{.rlim_cur = open_files_max, .rlim_max = open_files_max};
  if (open_files_max > 0 && ::setrlimit(RLIMIT_NOFILE, &files) != 0) ::_exit(126);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

double status_mib(pid_t process, const std::string& name) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/status"};
  for (std::string word; file >> word;) {
    double kibibytes = 0;
    if (word == name && file >> kibibytes) return kibibytes / 1024;
  }
  return 0;
}

}  // namespace

std::filesystem::path chosen_binary(std::filesystem::path built) {
  const char* const other = std::getenv("TREATYD");
  return other == nullptr ? built : std::filesystem::path{other};
}

treatyd_process::treatyd_process(std::filesystem::path binary, std::filesystem::path directory, treatyd_options options)
    : binary_{std::move(binary)}, directory_{std::move(directory)}, options_{std::move(options)} {}

treatyd_process::~treatyd_process() {
  kill();
}

void treatyd_process::write_config() const {
  std::ofstream file{directory_ / "treatyd.yml"};
  file << "HttpPort: " << options_.http_port << "\nGrpcPort: " << options_.grpc_port << "\n"
       << "Store:\n  Path: " << (directory_ / "data").string() << "\n"
       << options_.config;
}

void treatyd_process::start() {
  launch();
  await_ready();
}

void treatyd_process::launch() {
  write_config();
  std::filesystem::remove(directory_ / "ports.json");
  std::string binary = binary_.string();
  std::string config = (directory_ / "treatyd.yml").string();
  std::string ports = (directory_ / "ports.json").string();
  std::string c_flag = "-c";
  std::string ports_flag = "--ports-file";
  std::array<char*, 6> arguments{binary.data(), c_flag.data(), config.data(), ports_flag.data(), ports.data(), nullptr};
  const int log = ::open(log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  std::vector<char*> environment;
  for (std::string& added : options_.environment) environment.push_back(added.data());  // of two, the first counts
  for (char** inherited = environ; *inherited != nullptr; ++inherited) environment.push_back(*inherited);
  environment.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) run_program(arguments.data(), environment.data(), log, options_.open_files_max);
  ::close(log);
  if (pid_ < 0) throw std::runtime_error{"fork failed"};
  end_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (end_ < 0) throw std::runtime_error{"pidfd_open failed"};
}

void treatyd_process::await_ready() {
  const int changes = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  ::inotify_add_watch(changes, directory_.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO);
  const auto deadline = steady::now() + options_.start_limit;
  bool ready = read_ports();
  bool ended = false;
  while (!ready && !ended && steady::now() < deadline) {
    std::array<pollfd, 2> waiting{pollfd{changes, POLLIN, 0}, pollfd{end_, POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), milliseconds_left(deadline));
    std::array<char, 4096> events;
    while (::read(changes, events.data(), events.size()) > 0) {
    }
    ended = waiting[1].revents != 0;
    ready = read_ports();
  }
  ::close(changes);
  if (ready) return;
  kill();
  throw std::runtime_error{binary_.string() + (ended ? " ended before it was ready" : " did not become ready in time") +
                           "; its log ends:\n" + log_tail()};
}

bool treatyd_process::read_ports() {
  std::ifstream file{directory_ / "ports.json"};
  std::stringstream text;
  text << file.rdbuf();
  const auto ports = nlohmann::json::parse(text.str(), nullptr, /*allow_exceptions=*/false);
  if (!ports.is_object()) return false;
  http_port_ = ports.value("http", std::uint16_t{0});
  grpc_port_ = ports.value("grpc", std::uint16_t{0});
  return http_port_ != 0;
}

void treatyd_process::become(std::filesystem::path binary, std::vector<std::string> environment) {
  binary_ = std::move(binary);
  options_.environment = std::move(environment);
}

std::optional<int> treatyd_process::await_end(std::chrono::milliseconds limit) {
  const auto deadline = steady::now() + limit;
  pollfd waiting{end_, POLLIN, 0};
  while (::poll(&waiting, 1, milliseconds_left(deadline)) < 0 && errno == EINTR) {
  }
  if (waiting.revents == 0) return std::nullopt;
  return reap();
}

bool treatyd_process::is_running() {
  pollfd waiting{end_, POLLIN, 0};
  return pid_ > 0 && ::poll(&waiting, 1, 0) == 0;
}

void treatyd_process::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  reap();
}

int treatyd_process::stop(std::chrono::seconds limit) {
  if (pid_ <= 0) return 0;
  ::kill(pid_, SIGTERM);
  if (const auto code = await_end(limit)) return *code;
  ::kill(pid_, SIGKILL);
  return reap();
}

int treatyd_process::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (end_ >= 0) ::close(std::exchange(end_, -1));
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

std::string treatyd_process::log_tail(std::size_t bytes) const {
  std::ifstream file{log_file(), std::ios::binary};
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  return all.substr(all.size() - std::min(all.size(), bytes));
}

double treatyd_process::resident_mib() const {
  return status_mib(pid_, "VmRSS:");
}

double treatyd_process::resident_peak_mib() const {
  return status_mib(pid_, "VmHWM:");
}

}  // namespace treaty::kit
