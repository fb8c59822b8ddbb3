#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/kit/scratch_directory.hpp"

namespace treaty::kit {

enum class database_kind : std::uint8_t { mariadb, postgresql, redis };

/// A real database server of its own, from Debian's packages, on a free port and in a scratch directory, gone at the
/// end. The user is root in MariaDB and tester in PostgreSQL, both without a password. Throws std::runtime_error,
/// naming the package, when the server is not there or does not come up.
class database_process {
public:
  explicit database_process(database_kind kind);
  database_process(const database_process&) = delete;
  database_process& operator=(const database_process&) = delete;
  ~database_process();

  std::uint16_t port() const { return port_; }

private:
  using command = std::vector<std::string>;
  void start(const command& serve);
  void run(const command& set_up);
  pid_t spawn(const command& what);
  std::string log() const;

  scratch_directory directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  int stop_signal_ = SIGTERM;
};

}  // namespace treaty::kit
