#pragma once

#include <cstdint>

#include "bench/load/generator.hpp"
#include "bench/load/options.hpp"

namespace treaty::load {

/// The submit of a saga as DTM's Go client sends it, whose branches are at `participants_port`.
work_plan saga_plan(const load_options& options, const endpoint& coordinator, std::uint16_t participants_port);
/// A saga of one branch that refuses connections; done when the submit is answered.
work_plan stuck_plan(const load_options& options, const endpoint& coordinator, std::uint16_t refusing_port);
/// The exchanges of a saga, sent straight to the participants: one like the submit, then one like each branch call.
work_plan floor_plan(const load_options& options, std::uint16_t participants_port);

}  // namespace treaty::load
