#pragma once

#include <map>
#include <memory>

#include "net/branch_client.hpp"
#include "tests/sim/engine.hpp"
#include "tests/sim/judge.hpp"
#include "tests/sim/plan.hpp"

namespace treaty::sim {

/// The participants and the way to them. Their ledgers stand in the files, where no crash of the coordinator reaches
/// them. While it is not calm, requests and answers are lost, late and doubled, and participants say what they like.
class network {
public:
  network(engine& all, dice& chance, judge& over) : all_{all}, chance_{chance}, judge_{over} {}

  std::function<file*(std::string_view)> find;
  /// A workflow's application is called back.
  std::function<void(file&)> resume;
  /// A call was answered in vain: it will be repeated.
  std::function<void(file&)> on_vain;
  /// A call leaves the coordinator.
  std::function<void()> on_call;

  void begin_life(unsigned life) { life_ = life; }
  /// Answers to the life that ended reach nobody; what its calls bring about happens nevertheless.
  void end_life();
  void calm_down() { is_calm_ = true; }
  bool is_calm() const { return is_calm_; }
  /// Requests that are still on their way to a participant.
  std::size_t under_way() const { return executions_; }
  std::size_t unanswered() const { return waiting_.size(); }

  void call(loop& home, const branch_call& what, branch_done done);
  /// A participant does its part, or a word of it is what comes back.
  call_outcome execute(file& one, std::size_t part, std::string_view op);
  /// It has done its part; once, however often it is told to.
  void book(file& one, std::size_t part, std::string_view op);

private:
  struct waiting {
    branch_done done;
    loop* home;
    file* of;
    std::optional<std::size_t> call;  // in the file; none: the application was asked
  };
  void carry(std::uint64_t number, file& one, std::size_t part, std::string op, std::chrono::milliseconds limit);
  void ask(std::uint64_t number, file& one, std::chrono::milliseconds limit);
  call_outcome ask_sender(file& one);
  void execute_later(duration wait, file& one, std::size_t part, std::string op, std::uint64_t answers);
  void answer_later(duration wait, std::uint64_t number, call_outcome outcome);
  void answer(std::uint64_t number, call_outcome outcome);

  engine& all_;
  dice& chance_;
  judge& judge_;
  bool is_calm_ = false;
  unsigned life_ = 0;
  std::uint64_t last_number_ = 0;
  std::size_t executions_ = 0;
  std::map<std::uint64_t, waiting> waiting_;
};

/// One lane's way to the network.
class sim_client final : public branch_client {
public:
  sim_client(network& all, loop& home) : all_{all}, home_{home} {}
  void call(branch_call call, branch_done done) override { all_.call(home_, call, std::move(done)); }
  std::size_t pending() const override { return all_.unanswered(); }
  bool is_crowded(branch_protocol, std::string_view, std::size_t) override { return false; }

private:
  network& all_;
  loop& home_;
};

}  // namespace treaty::sim
