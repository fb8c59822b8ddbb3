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
/// Ask the application how a prepared transaction stands, at its query_prepared; the answer comes back as
/// `watch_answered`.
struct call_watch {
  bool operator==(const call_watch&) const = default;
};
/// Answer the request that `to` names; each token is answered once.
struct reply {
  client_token to;
  answer what;
  bool operator==(const reply&) const = default;
};

using effect = std::variant<call_leg, call_watch, reply>;
using effects = std::vector<effect>;

}  // namespace treaty
