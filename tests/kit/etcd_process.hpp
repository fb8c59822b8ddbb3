#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/kit/scratch_directory.hpp"

namespace treaty::kit {

/// PEM files; empty: without TLS.
struct etcd_files {
  std::filesystem::path authorities;  // those that sign for clients, which must show a certificate then
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// A real etcd of its own, from Debian's package, on free ports and in a scratch directory, gone at the end. Throws
/// std::runtime_error when it is not there or does not come up.
class etcd_process {
public:
  /// Does not start it: nobody listens at `endpoint`.
  explicit etcd_process(etcd_files files = {});
  etcd_process(const etcd_process&) = delete;
  etcd_process& operator=(const etcd_process&) = delete;
  ~etcd_process();

  /// Starts it, with what it held before, and waits until it answers.
  void start();
  /// SIGKILL, and waits for the end.
  void kill();
  /// After a `kill`: what it held is gone.
  void forget();

  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  /// What etcdctl prints; `arguments` use the shell's syntax. `options` are what is said before them.
  std::string control(const std::string& arguments) const;
  std::string options;  // "--user root:word"
  std::map<std::string, std::string> keys(const std::string& prefix) const;
  void put(const std::string& key, const std::string& value) const { control("put '" + key + "' '" + value + "'"); }
  void remove(const std::string& key) const { control("del '" + key + "'"); }

private:
  std::vector<std::string> command() const;

  scratch_directory directory_;
  const etcd_files files_;
  const std::uint16_t port_;
  const std::uint16_t peer_port_;
  pid_t pid_ = -1;
};

}  // namespace treaty::kit
