#pragma once

#include <memory>
#include <string_view>

#include "net/grpc/grpc_metrics.hpp"
#include "net/grpc/rpc.hpp"
#include "net/ingress.hpp"
#include "net/wire/requests.hpp"

namespace treaty {

/// dtmgimp.Dtm over the door (docs/protocol.md, "gRPC API"). Threads: any; nothing blocks.
class dtm_service {
public:
  /// Both outlive it.
  dtm_service(ingress& door, prometheus::Registry& metrics);
  dtm_service(const dtm_service&) = delete;
  dtm_service& operator=(const dtm_service&) = delete;
  /// It outlives the table.
  void add_to(rpc_table& methods);

private:
  using rpc_ptr = std::shared_ptr<rpc>;
  void new_gid(std::string_view message, rpc_ptr to);
  void offer(std::string_view message, rpc_ptr to, make_event make, const method_counters& counters);
  void register_branch(std::string_view message, rpc_ptr to);
  void prepare_workflow(std::string_view message, rpc_ptr to);
  void change(std::string_view message, rpc_ptr to, topic_action action, const method_counters& counters);

  ingress& door_;
  const method_counters new_gid_;
  const method_counters submit_;
  const method_counters prepare_;
  const method_counters abort_;
  const method_counters register_branch_;
  const method_counters prepare_workflow_;
  const method_counters subscribe_;
  const method_counters unsubscribe_;
  const method_counters delete_topic_;
};

}  // namespace treaty
