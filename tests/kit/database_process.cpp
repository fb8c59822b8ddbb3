#include "tests/kit/database_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/kit/eventually.hpp"
#include "tests/kit/tcp.hpp"

namespace treaty::kit {
namespace {

/// The last file that fits: of several versions the newest.
std::string program(const std::string& pattern, const std::string& package) {
  glob_t found{};
  std::string path;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) path = found.gl_pathv[found.gl_pathc - 1];
  ::globfree(&found);
  if (path.empty()) throw std::runtime_error{"this needs " + pattern + ". On Debian 12: apt-get install " + package};
  return path;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool is_open(std::uint16_t port) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool open = ::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(connection);
  return open;
}

/// Database servers refuse to be root: then they are nobody. Null when the tests are not root.
const passwd* unprivileged() {
  return ::getuid() == 0 ? ::getpwnam("nobody") : nullptr;
}

using command = std::vector<std::string>;

/// How a kind of server is set up and run in a directory.
struct recipe {
  command set_up;
  command serve;
  int stop_signal = SIGTERM;
};

recipe mariadb(const std::string& directory, const std::string& port) {
  const std::string package = "mariadb-server-core mariadb-client-core";
  const std::string data = "--datadir=" + directory + "/data";
  return {{program("/usr/bin/mariadb-install-db", package), "--no-defaults", data,
           "--auth-root-authentication-method=normal", "--skip-test-db"},
          {program("/usr/sbin/mariadbd", package), "--no-defaults", data, "--socket=" + directory + "/socket",
           "--pid-file=" + directory + "/pid", "--bind-address=127.0.0.1", "--port=" + port,
           "--innodb-flush-log-at-trx-commit=0"}};
}

recipe postgresql(const std::string& directory, const std::string& port) {
  const std::string folder = "/usr/lib/postgresql/*/bin/";
  const std::string data = directory + "/data";
  return {{program(folder + "initdb", "postgresql-15"), "-D", data, "-U", "tester", "--auth=trust", "--no-sync", "-E",
           "UTF8", "--locale=C"},
          {program(folder + "postgres", "postgresql-15"), "-D", data, "-h", "127.0.0.1", "-p", port, "-c",
           "unix_socket_directories=", "-c", "max_prepared_transactions=50", "-c", "fsync=off"},
          SIGQUIT};  // at once, whoever is still connected
}

recipe redis(const std::string& directory, const std::string& port) {
  return {{},
          {program("/usr/bin/redis-server", "redis-server"), "--port", port, "--bind", "127.0.0.1", "--save", "",
           "--dir", directory}};
}

recipe recipe_of(database_kind kind, const std::string& directory, const std::string& port) {
  switch (kind) {
    case database_kind::mariadb:
      return mariadb(directory, port);
    case database_kind::postgresql:
      return postgresql(directory, port);
    case database_kind::redis:
      return redis(directory, port);
  }
  return {};
}

}  // namespace

database_process::database_process(database_kind kind) : port_{free_port()} {
  if (const passwd* const as = unprivileged()) {
    if (::chown(directory_.path().c_str(), as->pw_uid, as->pw_gid) != 0) throw std::runtime_error{"chown failed"};
  }
  const recipe how = recipe_of(kind, directory_.path().string(), std::to_string(port_));
  stop_signal_ = how.stop_signal;
  if (!how.set_up.empty()) run(how.set_up);
  start(how.serve);
}

database_process::~database_process() {
  if (pid_ <= 0) return;
  ::kill(pid_, stop_signal_);
  // They end within moments, and the scratch directory can only go when nobody writes there any more.
  if (!eventually([&] { return ::waitpid(pid_, nullptr, WNOHANG) == pid_; }, std::chrono::seconds{15})) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void database_process::run(const command& set_up) {
  const pid_t child = spawn(set_up);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) throw std::runtime_error{set_up.front() + " failed; its log:\n" + log()};
}

void database_process::start(const command& serve) {
  pid_ = spawn(serve);
  const auto has_ended = [&] { return ::waitpid(pid_, nullptr, WNOHANG) == pid_; };
  bool ended = false;
  const bool settled = eventually([&] { return is_open(port_) || (ended = has_ended()); }, std::chrono::seconds{60});
  if (settled && !ended) return;
  if (!ended) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  throw std::runtime_error{serve.front() + " did not come up; its log:\n" + log()};
}

pid_t database_process::spawn(const command& what) {
  const int log = ::open((directory_.path() / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  const passwd* const as = unprivileged();
  std::vector<char*> arguments;
  for (const auto& argument : what) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const std::string directory = directory_.path().string();
  const pid_t child = ::fork();
  if (child != 0) {
    ::close(log);
    if (child < 0) throw std::runtime_error{"fork failed"};
    return child;
  }
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  const bool lesser =
      as == nullptr || (::setgroups(0, nullptr) == 0 && ::setgid(as->pw_gid) == 0 && ::setuid(as->pw_uid) == 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after setuid, which forgets it
  if (lesser && ::chdir(directory.c_str()) == 0) ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

std::string database_process::log() const {
  std::ifstream file{directory_.path() / "log"};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace treaty::kit
