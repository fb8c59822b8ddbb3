#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace signup {

/// One service of the sign-up as a child process that can be ended, killed and started again. What it says goes to a
/// file, over all its lives. It dies with this program.
class service {
public:
  service(std::vector<std::string> command, std::filesystem::path log);
  ~service() { end_by(9); }
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  /// Throws std::runtime_error when there can be no process.
  void start();
  /// SIGTERM, and waits for the end: it leaves etcd first.
  void stop();
  /// SIGKILL, and waits for the end: its address stays in etcd for seconds.
  void kill();
  /// Whether it has ended by itself.
  bool has_ended();

  const std::filesystem::path& log() const { return log_; }

private:
  void end_by(int signal);

  std::vector<std::string> command_;
  const std::filesystem::path log_;
  pid_t pid_ = -1;
};

}  // namespace signup
