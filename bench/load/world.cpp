#include "bench/load/world.hpp"

#include "bench/load/coordinator.hpp"
#include "bench/load/grpc_clients.hpp"
#include "bench/load/grpc_dialect.hpp"
#include "bench/load/grpc_participants.hpp"
#include "bench/load/http_clients.hpp"
#include "bench/load/http_dialect.hpp"
#include "bench/load/http_participants.hpp"

namespace treaty::load {
namespace {

void speak_http(world& in, const load_options& options, const endpoint& coordinator) {
  const std::size_t connections = options.is_open_loop() ? options.connections : options.in_flight;
  in.services = std::make_unique<http_participants>(options.participant_threads, options.habits, in.board, in.events);
  in.words = std::make_unique<http_dialect>(coordinator, endpoint{options.advertise, in.services->port()},
                                            options.payload_bytes);
  in.asking = std::make_unique<http_clients>(options.in_flight, connections, coordinator,
                                             endpoint{"127.0.0.1", in.services->port()}, in.events);
}

void speak_grpc(world& in, const load_options& options, const endpoint& coordinator) {
  in.services = std::make_unique<grpc_participants>(options.habits, in.board, in.events);
  in.words = std::make_unique<grpc_dialect>(endpoint{options.advertise, in.services->port()}, options.payload_bytes);
  in.asking = std::make_unique<grpc_clients>(options.in_flight, options.grpc_channels, coordinator,
                                             endpoint{"127.0.0.1", in.services->port()}, in.events);
}

std::vector<call_rules> rules_of(const load_options& options) {
  std::vector<call_rules> all;
  for (const mixed_form& one : options.mix) all.push_back(kind_of(one.form.of).rules(one.form));
  return all;
}

}  // namespace

work_plan world::plan(const load_options& options) const {
  work_plan plan;
  for (const mixed_form& one : options.mix)
    plan.kinds.push_back(
        {.name = name_of(one.form), .requests = kind_of(one.form.of).requests(one.form, *words), .weight = one.weight});
  return plan;
}

world::world(const load_options& options, const coordinator_under_load* coordinator)
    : rules{rules_of(options)}, board{options.in_flight, rules} {
  const endpoint nobody{"127.0.0.1", 0};
  if (options.protocol == wire_protocol::http) {
    speak_http(*this, options, coordinator != nullptr ? coordinator->address() : nobody);
  } else {
    speak_grpc(*this, options, coordinator != nullptr ? coordinator->grpc_address() : nobody);
  }
}

}  // namespace treaty::load
