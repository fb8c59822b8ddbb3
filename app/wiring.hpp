#pragma once

#include <memory>

#include "app/config.hpp"
#include "app/open_files.hpp"
#include "app/port_layers.hpp"
#include "app/ports_file.hpp"
#include "core/base/result.hpp"

namespace treaty {

/// The running coordinator: the one place that knows every part. Threads: the one that started it.
class service {
public:
  /// Opens the store, takes up what it holds, and listens. Errors: what could not be opened or bound, in words for the
  /// operator.
  static result<std::unique_ptr<service>> start(const config& values, const open_files_shares& files,
                                                port_layers& layers);
  service(const service&) = delete;
  service& operator=(const service&) = delete;
  /// Stops what still runs, in the reverse order of the start.
  ~service();

  bound_ports ports() const;

  /// Logs a change of state (the store fails, it serves again) and passes it on to gRPC's health service. Call it about
  /// once a second.
  void look();

  /// Fails readiness, refuses new transactions, waits for what is in flight (at most `limit`), and stops listening.
  /// What was left is durable and goes on after the next start.
  void drain(config::span limit);

private:
  struct parts;
  explicit service(std::unique_ptr<parts> running);
  std::unique_ptr<parts> running_;
};

}  // namespace treaty
