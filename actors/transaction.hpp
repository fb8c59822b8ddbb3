#pragma once

#include <caf/all.hpp>
#include <deque>
#include <optional>
#include <vector>

#include "actors/lane.hpp"
#include "core/driver.hpp"

namespace treaty {

/// Why a transaction's actor was made.
enum class awakening : std::uint8_t {
  by_creation = 1,  // a client wants it to begin: nothing is read, the store's guard finds out if it exists
  by_word,          // a client speaks of it: what is stored is read first
  by_due,           // its moment has come
};

/// The shell of one transaction: hosts its driver, carries out what the driver orders, decides nothing.
class transaction_state {
public:
  static inline const char* name = "transaction";

  explicit transaction_state(caf::event_based_actor* self) : self_{self}, timer_{*this} {}
  void begin(lane& home, treaty::gid id, awakening why);

  void accept(envelope&& in);
  void step(const event& e);
  void heard(const call_ended& c);
  void released(const written& w);
  void restored(loaded& from);
  void woke();
  void settle_down();

private:
  struct wake_up final : timer_node {
    explicit wake_up(transaction_state& owner) : owner_{owner} {}
    void fire() override;
    transaction_state& owner_;
  };
  struct client {
    client_token token;
    envelope asked;
  };

  void offer(envelope&& in);
  void carry_out(output&& out);
  void perform(effect& one);
  branch_call prepare_call() const;
  void call(std::size_t leg_index);
  void raise(raise_alert& what);
  void tell_end();
  void note_stuck();
  void call_application();
  template <class ToEvent>
  void make_call(branch_call what, branch_op op, std::size_t step, ToEvent to_event);
  void answer(const reply& what);
  void answer_all(const treaty::answer& what);
  void read_again_after(const failure& why);
  void note_corruption(const failure& why);
  void note_jitter(const leg& tried);
  void weigh(std::size_t bytes);
  void reload();
  void forget();
  void retire_until(std::optional<time_point> due);
  void note_end();

  caf::event_based_actor* self_;
  lane* home_ = nullptr;
  treaty::gid id_;
  std::optional<driver> machine_;  // none while what is stored is being read
  std::deque<envelope> unheard_;   // came while it was being read
  std::vector<client> clients_;    // wait for an answer
  client_token last_token_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t readings_ = 0;  // counts how often what is known was thrown away to be read again
  time_point last_heard_{};
  bool reading_ = false;
  bool end_noted_ = false;
  bool submission_noted_ = false;
  std::optional<bool> stuck_noted_;  // as the gauge counts it; none: nothing was read or stored yet
  wake_up timer_;
};

caf::behavior transaction(caf::stateful_actor<transaction_state>* self, lane* home, treaty::gid id, awakening why);

}  // namespace treaty
