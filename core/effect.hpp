#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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
/// Tell the alert web-hook that this leg has failed `failures` times in a row.
struct raise_alert {
  std::size_t leg;
  std::uint32_t failures;
  std::string error;
  bool operator==(const raise_alert&) const = default;
};
/// Answer the request that `to` names; each token is answered once.
struct reply {
  client_token to;
  answer what;
  bool operator==(const reply&) const = default;
};

using effect = std::variant<call_leg, call_watch, raise_alert, reply>;
using effects = std::vector<effect>;

}  // namespace treaty
