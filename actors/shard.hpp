#pragma once

#include <caf/all.hpp>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>

#include "actors/lane.hpp"
#include "actors/transaction.hpp"

namespace treaty {

/// Owns the transactions of a lane's part of the virtual shards: knows which are in memory and when the parked ones are
/// due; admits new ones or sheds load; lets parked ones back in, a bounded number at a time.
class shard_state {
public:
  static inline const char* name = "shard";

  explicit shard_state(caf::event_based_actor* self) : self_{self}, ticker_{*this} {}
  void begin(lane& home);

  void accept(envelope&& in);
  void let_retire(retire& what);
  void note_weight(const weighed& what);
  void let_rest();
  void take_over(const recovered& found);
  void became_due(parked_due& what);
  void tick();
  void let_go();

private:
  struct live_one {
    caf::actor who;
    std::uint64_t sent = 0;  // envelopes; a transaction that has not heard all of them may not retire
    std::size_t bytes = 0;
    time_point since{};  // when it was created, as far as that is known
    bool by_due = false;
    bool is_weighed = false;  // `bytes` has all that it holds
  };
  struct parked final : timer_node {
    void fire() override;
    const std::string* gid = nullptr;  // the key it is kept under
    shard_state* owner = nullptr;
    time_point create_time{};
  };
  struct ticker final : timer_node {
    explicit ticker(shard_state& owner) : owner_{owner} {}
    void fire() override;
    shard_state& owner_;
  };

  /// Ok, or why what is not in memory is not let in; `begins`: it is new.
  answer admit(const envelope& in, bool begins) const;
  bool would_wait_too_long(const txn_definition& begun) const;
  bool adds_too_much(const envelope& in) const;
  live_one& awaken(const gid& id, awakening why, time_point since);
  void keep_back(envelope&& in);
  void park(const std::string& id, time_point due, time_point create_time);
  /// Takes it out of the parked ones; returns when it was created, if it was there.
  std::optional<time_point> unpark(const std::string& id);
  void start_due();
  bool has_room_for_due() const;
  bool has_room_to_resume() const;
  void forget_age(time_point create_time);
  double oldest_age_seconds() const;

  caf::event_based_actor* self_;
  lane* home_ = nullptr;
  std::unordered_map<std::string, live_one> live_;
  std::unordered_map<std::string, parked> parked_;
  std::map<std::chrono::sys_seconds, std::size_t> parked_ages_;  // how many of them were created in each second
  std::deque<std::string> due_;                                  // their moment has come; they wait for a place
  std::size_t resuming_ = 0;
  std::size_t unweighed_ = 0;  // are being read
  std::size_t live_bytes_ = 0;
  bool is_recovering_ = true;
  std::vector<envelope> kept_back_;  // came before it was over
  ticker ticker_;
};

caf::behavior shard(caf::stateful_actor<shard_state>* self, lane* home);

}  // namespace treaty
