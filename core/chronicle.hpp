#pragma once

#include "core/event.hpp"
#include "core/model/history.hpp"
#include "core/transition.hpp"

namespace treaty {

/// Writes down what happens to one transaction, for its history: what was done to it, and what was decided. Looks at
/// each event beside the machine, so that the machines need not know of it. Its entries cause no write: they wait for
/// the next one, and are lost with what that would have told.
class chronicle {
public:
  /// What must be known from before the machine decides.
  struct before {
    txn_status status = txn_status::prepared;
    std::size_t leg_count = 0;
    bool existed = false;
    bool awaited = false;  // the event is an answer to a call that is in flight
  };

  explicit chronicle(std::uint32_t pages_max) : pages_max_{pages_max} {}

  static before look(const txn_state& state, const event& e);
  void note(const before& was, const event& e, const transition& decided, time_point now);
  /// Hands out what waits as page `number`, and counts it there; no entries: nothing waits.
  history_page take_page(std::uint32_t& number);

private:
  void add(history_entry entry);
  void note_status(const before& was, const txn_state& is, time_point now);
  void note_operator(operator_action action, const operator_note& by, std::uint32_t leg, time_point now);

  std::uint32_t pages_max_;  // 0: nothing is kept
  std::uint32_t left_out_ = 0;
  std::vector<history_entry> waiting_;
};

}  // namespace treaty
