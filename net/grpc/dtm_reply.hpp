#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "net/grpc/grpc_metrics.hpp"
#include "net/grpc/rpc.hpp"
#include "net/ingress.hpp"

namespace treaty {

/// One request that waits for its answer: answered and counted once, whoever comes first. Dropped unanswered, it says
/// so. Threads: any.
class dtm_reply final : public answer_sink {
public:
  dtm_reply(std::shared_ptr<rpc> to, const method_counters& counters) : to_{std::move(to)}, counters_{counters} {}
  ~dtm_reply() override;
  void answer(treaty::answer what) override;
  void finish(std::string message);
  void finish(grpc_status how);

private:
  bool count(bool ok);

  const std::shared_ptr<rpc> to_;
  const method_counters counters_;  // a copy: the door may keep a reply longer than the service lives
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<bool> answered_{false};
};

}  // namespace treaty
