#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace treaty::kit {

struct treatyd_options {
  std::string config{};         // lines of YAML besides the ports and the store's path
  std::uint16_t http_port = 0;  // 0: a free one
  std::uint16_t grpc_port = 0;  // 0: a free one
  std::chrono::seconds start_limit{30};
  std::uint64_t open_files_max = 0;        // 0: what the test itself may open
  std::vector<std::string> environment{};  // "NAME=value", besides what the test itself runs with
};

/// What TREATYD names, else `built`: tests can be held against another binary.
std::filesystem::path chosen_binary(std::filesystem::path built);

/// The real coordinator as a child process, with its store in `directory`/data: what a test starts, kills and starts
/// again. The child dies with the thread that started it.
/// Throws std::runtime_error, with the end of the child's log, when it does not become ready.
class treatyd_process {
public:
  treatyd_process(std::filesystem::path binary, std::filesystem::path directory, treatyd_options options = {});
  treatyd_process(const treatyd_process&) = delete;
  treatyd_process& operator=(const treatyd_process&) = delete;
  ~treatyd_process();

  /// Starts the child and waits until it serves.
  void start();
  /// Starts the child and waits for nothing.
  void launch();
  /// SIGKILL, and waits for the end: what it had not made durable is lost.
  void kill();
  /// Waits for the child to end by itself. Returns the exit code, or minus the signal that ended it; nothing when it
  /// still runs after `limit`.
  std::optional<int> await_end(std::chrono::milliseconds limit);
  /// SIGTERM, and waits for the end. Returns the exit code, or minus the signal that ended it; a child that does not
  /// end within `limit` is killed and counts as -9.
  int stop(std::chrono::seconds limit = std::chrono::seconds{30});

  /// What the next start runs.
  void become(std::filesystem::path binary, std::vector<std::string> environment);

  bool is_running();
  pid_t pid() const { return pid_; }
  /// Mebibytes that the kernel counts for it: now, and at most so far. 0 when there is no such process.
  double resident_mib() const;
  double resident_peak_mib() const;
  std::uint16_t http_port() const { return http_port_; }
  std::uint16_t grpc_port() const { return grpc_port_; }
  std::filesystem::path log_file() const { return directory_ / "treatyd.log"; }
  /// The last `bytes` of what the child wrote, over all its lives.
  std::string log_tail(std::size_t bytes = 4'000) const;

private:
  void write_config() const;
  void await_ready();
  bool read_ports();
  int reap();

  std::filesystem::path binary_;
  std::filesystem::path directory_;
  treatyd_options options_;
  pid_t pid_ = -1;
  int end_ = -1;  // a descriptor that becomes readable when the child has ended
  std::uint16_t http_port_ = 0;
  std::uint16_t grpc_port_ = 0;
};

}  // namespace treaty::kit
