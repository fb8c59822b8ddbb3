#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/answer.hpp"
#include "core/model/ids.hpp"

namespace treaty {

// The closed list of what a decision may ask of the shell.

/// Call the participant of this leg; its answer comes back as `answered`.
struct call_leg {
  std::size_t leg;
  bool operator==(const call_leg&) const = default;
};
/// Answer the request that `to` names; each token is answered once.
struct reply {
  client_token to;
  answer what;
  bool operator==(const reply&) const = default;
};

using effect = std::variant<call_leg, reply>;
using effects = std::vector<effect>;

}  // namespace treaty
