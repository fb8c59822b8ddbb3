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
  in.services = std::make_unique<http_participants>(options.participant_threads, in.board, in.events);
  in.words = std::make_unique<http_dialect>(coordinator, endpoint{options.advertise, in.services->port()},
                                            options.payload_bytes);
  in.asking = std::make_unique<http_clients>(options.in_flight, coordinator, endpoint{"127.0.0.1", in.services->port()},
                                             in.events);
}

void speak_grpc(world& in, const load_options& options, const endpoint& coordinator) {
  in.services = std::make_unique<grpc_participants>(in.board, in.events);
  in.words = std::make_unique<grpc_dialect>(endpoint{options.advertise, in.services->port()}, options.payload_bytes);
  in.asking = std::make_unique<grpc_clients>(options.in_flight, options.grpc_channels, coordinator,
                                             endpoint{"127.0.0.1", in.services->port()}, in.events);
}

}  // namespace

world::world(const load_options& options, const transaction_kind& kind, const coordinator_under_load* coordinator)
    : rules{kind.rules(options)}, board{options.in_flight, rules} {
  const endpoint nobody{"127.0.0.1", 0};
  if (options.protocol == wire_protocol::http) {
    speak_http(*this, options, coordinator != nullptr ? coordinator->address() : nobody);
  } else {
    speak_grpc(*this, options, coordinator != nullptr ? coordinator->grpc_address() : nobody);
  }
}

}  // namespace treaty::load
