#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace story {

struct coordinator_setup {
  std::filesystem::path binary;
  std::filesystem::path data;     // where it keeps its transactions
  std::filesystem::path scratch;  // for its configuration and its log
  std::uint16_t http_port = 36789;
  std::uint16_t grpc_port = 36790;
};

/// True when somebody listens there already.
bool is_taken(std::uint16_t port);

/// `treatyd` as a child process, from ready to SIGTERM. Throws std::runtime_error, with its log, when it does not
/// become ready within 30 seconds.
class coordinator {
public:
  explicit coordinator(coordinator_setup setup);
  coordinator(const coordinator&) = delete;
  coordinator& operator=(const coordinator&) = delete;
  ~coordinator();

  std::uint16_t http_port() const { return http_port_; }
  std::uint16_t grpc_port() const { return grpc_port_; }
  std::filesystem::path log_file() const { return setup_.scratch / "treatyd.log"; }

private:
  void spawn();
  void await_ready();
  bool read_ports();

  coordinator_setup setup_;
  pid_t pid_ = -1;
  std::uint16_t http_port_ = 0;
  std::uint16_t grpc_port_ = 0;
};

}  // namespace story
