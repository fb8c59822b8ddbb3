#include "examples/story/coordinator.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace story {
namespace {

std::string contents(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

bool is_taken(std::uint16_t port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;  // a connection that lingers from the run before is nobody
  ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  const bool taken = ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0;
  ::close(probe);
  return taken;
}

coordinator::coordinator(coordinator_setup setup) : setup_{std::move(setup)} {
  std::ofstream{setup_.scratch / "treatyd.yml"} << "HttpPort: " << setup_.http_port
                                                << "\nGrpcPort: " << setup_.grpc_port
                                                << "\nStore:\n  Path: " << setup_.data.string() << "\n";
  spawn();
  await_ready();
}

coordinator::~coordinator() {
  ::kill(pid_, SIGTERM);  // it drains, within its own limit
  ::waitpid(pid_, nullptr, 0);
}

void coordinator::spawn() {
  const std::string binary = setup_.binary.string();
  const std::string config = (setup_.scratch / "treatyd.yml").string();
  const std::string ports = (setup_.scratch / "ports.json").string();
  const int log = ::open(log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::setpgid(0, 0);  // Ctrl-C is for the story, which then ends its child in order
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execl(binary.c_str(), binary.c_str(), "-c", config.c_str(), "--ports-file", ports.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(log);
  if (pid_ < 0) throw std::runtime_error{"cannot start a process"};
}

void coordinator::await_ready() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!read_ports()) {
    const bool ended = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
    if (!ended && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      continue;
    }
    if (!ended) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    throw std::runtime_error{setup_.binary.string() + " did not become ready. Its log:\n" + contents(log_file())};
  }
}

bool coordinator::read_ports() {
  const auto ports =
      nlohmann::json::parse(contents(setup_.scratch / "ports.json"), nullptr, /*allow_exceptions=*/false);
  if (!ports.is_object()) return false;
  http_port_ = ports.value("http", std::uint16_t{0});
  grpc_port_ = ports.value("grpc", std::uint16_t{0});
  return http_port_ != 0;
}

}  // namespace story
