#include "tests/kit/etcd_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/kit/eventually.hpp"
#include "tests/kit/tcp.hpp"

namespace treaty::kit {
namespace {

constexpr const char* program = "/usr/bin/etcd";

}  // namespace

etcd_process::etcd_process(etcd_files files) : files_{std::move(files)}, port_{free_port()}, peer_port_{free_port()} {
  if (::access(program, X_OK) != 0)
    throw std::runtime_error{std::string{program} +
                             " is missing. On Debian 12: apt-get install etcd-server etcd-client"};
}

etcd_process::~etcd_process() {
  kill();
}

std::vector<std::string> etcd_process::command() const {
  const std::string client = (files_.certificate.empty() ? "http://" : "https://") + endpoint();
  const std::string peer = "http://127.0.0.1:" + std::to_string(peer_port_);
  std::vector<std::string> out{program,
                               "--data-dir=" + (directory_.path() / "data").string(),
                               "--listen-client-urls=" + client,
                               "--advertise-client-urls=" + client,
                               "--listen-peer-urls=" + peer,
                               "--initial-advertise-peer-urls=" + peer,
                               "--initial-cluster=default=" + peer};
  if (files_.certificate.empty()) return out;
  out.push_back("--cert-file=" + files_.certificate.string());
  out.push_back("--key-file=" + files_.key.string());
  if (files_.authorities.empty()) return out;
  out.push_back("--trusted-ca-file=" + files_.authorities.string());
  out.emplace_back("--client-cert-auth");
  return out;
}

void etcd_process::start() {
  std::vector<std::string> words = command();
  std::vector<char*> arguments;
  for (std::string& one : words) arguments.push_back(one.data());
  arguments.push_back(nullptr);
  const int log = ::open((directory_.path() / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(program, arguments.data());
    ::_exit(127);
  }
  ::close(log);
  if (pid_ < 0) throw std::runtime_error{"fork failed"};
  bool ended = false;
  const auto answers = [&] { return control("endpoint health 2>&1").find("is healthy") != std::string::npos; };
  const auto has_ended = [&] { return ::waitpid(pid_, nullptr, WNOHANG) == pid_; };
  const bool settled = eventually([&] { return answers() || (ended = has_ended()); }, std::chrono::seconds{60});
  if (ended) pid_ = -1;
  if (!settled || ended) throw std::runtime_error{"etcd did not come up at " + endpoint()};
}

void etcd_process::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

void etcd_process::forget() {
  std::filesystem::remove_all(directory_.path() / "data");
}

std::string etcd_process::control(const std::string& arguments) const {
  std::string line = "ETCDCTL_API=3 etcdctl --endpoints=" + endpoint() + " " + options;
  if (!files_.certificate.empty())
    line += " --cacert=" + files_.authorities.string() + " --cert=" + files_.certificate.string() +
            " --key=" + files_.key.string();
  FILE* const pipe = ::popen((line + " " + arguments).c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error{"popen failed"};
  std::string out;
  std::array<char, 4096> buffer{};
  while (const std::size_t read = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), read);
  ::pclose(pipe);
  return out;
}

std::map<std::string, std::string> etcd_process::keys(const std::string& prefix) const {
  std::map<std::string, std::string> out;
  std::istringstream lines{control("get --prefix '" + prefix + "'")};
  std::string key;
  std::string value;
  while (std::getline(lines, key) && std::getline(lines, value)) out[key] = value;
  return out;
}

}  // namespace treaty::kit
