#pragma once

#include <memory>

#include "bench/load/call_board.hpp"
#include "bench/load/clients.hpp"
#include "bench/load/dialect.hpp"
#include "bench/load/kinds/kind.hpp"
#include "bench/load/participants.hpp"
#include "bench/load/sockets.hpp"

namespace treaty::load {

class coordinator_under_load;

/// What stands around the coordinator: the board, the participants, and the clients with their words. Threads: its
/// maker's.
struct world {
  /// Without a coordinator the clients can reach the participants alone.
  world(const load_options& options, const coordinator_under_load* coordinator);
  /// What clients do for each form of the mix.
  work_plan plan(const load_options& options) const;

  poller events;
  const std::vector<call_rules> rules;  // of each form of the mix
  call_board board;
  std::unique_ptr<participants> services;
  std::unique_ptr<dialect> words;
  std::unique_ptr<clients> asking;
};

}  // namespace treaty::load
