#pragma once

#include <memory>
#include <vector>

#include "net/grpc/grpc_server.hpp"
#include "net/grpc/rpc.hpp"

namespace treaty {

/// grpc.health.v1.Health: tells of "" (the process) and "dtmgimp.Dtm", which are the same here. Threads: the lane's
/// own.
class health_service {
public:
  void add_to(rpc_table& methods);
  /// Whoever watches hears of a change.
  void set(serving_state state);
  /// Nobody may watch any longer: it would keep its connection from ending.
  void end();

private:
  struct watcher {
    std::shared_ptr<rpc> to;
    bool knows_service;
  };
  void check(std::string_view message, rpc& to) const;
  void watch(std::string_view message, std::shared_ptr<rpc> to);
  void forget_those_who_left();

  serving_state state_ = serving_state::not_serving;
  std::vector<watcher> watchers_;
  std::size_t look_at_ = 64;  // how many watchers make it worth while to look who has left
};

}  // namespace treaty
