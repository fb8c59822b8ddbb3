#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/branch_client.hpp"
#include "net/deadlines.hpp"
#include "net/discovery.hpp"
#include "net/http/silence_breaker.hpp"
#include "net/http2/grpc_answer.hpp"

namespace treaty {

class grpc_client_core;
class grpc_connection;
class grpc_destination;

/// One branch call over gRPC on its way: waiting for its turn, or on a connection. Expires when its time-out has
/// passed.
class grpc_exchange final : public deadline_entry {
public:
  explicit grpc_exchange(grpc_client_core* home) : home_{home} {}
  void expired() override;

  branch_call call;
  branch_done done;
  dial_target target;
  std::string_view authority;  // the destination's
  std::vector<std::pair<std::string, std::string>> metadata;
  std::chrono::steady_clock::time_point deadline;

  grpc_destination* destination = nullptr;
  grpc_connection* connection = nullptr;                      // null while it waits
  std::list<std::unique_ptr<grpc_exchange>>::iterator place;  // in the destination's queue, while it waits
  silence_probe probe;                                        // as in `exchange`
  unsigned refusals = 0;                                      // by peers that did not process it

  std::int32_t stream = 0;                          // while it is on a connection
  std::chrono::steady_clock::time_point started{};  // when it got there
  std::size_t bytes_sent = 0;
  grpc_answer answer;

private:
  grpc_client_core* const home_;
};

using grpc_exchange_ptr = std::unique_ptr<grpc_exchange>;

}  // namespace treaty
