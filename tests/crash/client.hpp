#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/crash/doors.hpp"
#include "tests/crash/lives.hpp"
#include "tests/crash/services.hpp"
#include "tests/crash/story.hpp"

namespace treaty::crash {

/// One application after the other, as fast as the coordinator answers: each begins a transaction of some kind, goes on
/// with it as its kind of application does, repeats what it got no answer to, gives up now and then, and looks at what
/// became of earlier ones. Seeded: the same seed asks for the same transactions.
class client {
public:
  client(std::uint64_t seed, std::size_t number, door_kind through, lives& life, const services& business);

  /// Until the lives end.
  void run();
  /// What it asked for and was told; not while it runs.
  const std::vector<txn_story>& stories() const { return stories_; }
  /// The topic that it adds subscribers to, those that it asked for, and those that were acknowledged.
  const std::string& topic() const { return topic_; }
  const std::set<std::string>& asked_subscribers() const { return asked_subscribers_; }
  const std::set<std::string>& told_subscribers() const { return told_subscribers_; }

private:
  enum class patience : bool { short_, endless };

  void run_saga();
  void run_two_phase(txn_kind kind);
  void run_message();
  void run_workflow();
  void subscribe();
  void look_back();
  bool register_all(txn_story& story);
  void decide(txn_story& story);

  txn_story& begin(txn_kind kind);
  nlohmann::json body_of(const txn_story& story) const;
  nlohmann::json step(const std::string& action, const std::string& compensate);
  nlohmann::json branch_body(const txn_story& story, const std::string& branch);
  std::string place(const std::string& behaviour);
  std::string some_action();
  std::string some_undo();
  /// Asks until there is an answer, or until it gives up.
  said insist(txn_story& story, const std::string& what, const nlohmann::json& body, patience how_long);
  said ask_once(const std::string& what, const nlohmann::json& body, std::uint64_t& life);
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

  std::mt19937_64 random_;
  const std::string name_;
  const std::string topic_;
  const door_kind through_;
  lives& lives_;
  const services& services_;
  std::unique_ptr<door> door_;
  std::uint64_t door_life_ = 0;
  std::vector<txn_story> stories_;
  std::set<std::string> asked_subscribers_;
  std::set<std::string> told_subscribers_;
};

/// The status that the coordinator shows: "absent" for none, empty when it does not answer.
shown_end look_up(std::uint16_t http_port, const std::string& gid);

}  // namespace treaty::crash
