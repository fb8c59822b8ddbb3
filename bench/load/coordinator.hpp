#pragma once

#include <memory>

#include "bench/load/options.hpp"

namespace treaty::kit {
class scratch_directory;
class treatyd_process;
}  // namespace treaty::kit

namespace treaty::load {

/// The coordinator under load: one that runs already, or a child that ends with this object.
class coordinator_under_load {
public:
  /// Throws std::runtime_error when the child does not become ready.
  explicit coordinator_under_load(const load_options& options);
  coordinator_under_load(const coordinator_under_load&) = delete;
  coordinator_under_load& operator=(const coordinator_under_load&) = delete;
  ~coordinator_under_load();

  const endpoint& address() const { return address_; }
  const endpoint& grpc_address() const { return grpc_address_; }
  int pid() const { return pid_; }                                         // 0: unknown
  const std::string& store_directory() const { return store_directory_; }  // empty: unknown
  bool store_in_memory() const { return store_in_memory_; }

private:
  std::unique_ptr<kit::scratch_directory> directory_;
  std::unique_ptr<kit::treatyd_process> child_;
  endpoint address_;
  endpoint grpc_address_;
  int pid_ = 0;
  std::string store_directory_;
  bool store_in_memory_ = false;
};

}  // namespace treaty::load
