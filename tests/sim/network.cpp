#include "tests/sim/network.hpp"

#include <algorithm>
#include <utility>

namespace treaty::sim {
namespace {

using namespace std::chrono_literals;

constexpr duration usual = 200ms;
constexpr duration late = 6s;
constexpr std::uint64_t nobody = 0;

}  // namespace

void network::end_life() {
  life_ = 0;
  waiting_.clear();
}

void network::call(loop& home, const branch_call& what, branch_done done) {
  file* const one = life_ == 0 ? nullptr : find(what.gid);
  if (one == nullptr) return;  // the process is gone
  on_call();
  const std::uint64_t number = ++last_number_;
  waiting& mine = waiting_[number] = {std::move(done), &home, one, std::nullopt};
  if (what.id.value == "00") {
    judge_.asks(*one, what);
    return ask(number, *one, what.timeout);
  }
  mine.call = judge_.call_begins(*one, what, life_);
  carry(number, *one, one->calls[*mine.call].part, std::string{what.op}, what.timeout);
}

void network::carry(std::uint64_t number, file& one, std::size_t part, std::string op,
                    std::chrono::milliseconds limit) {
  const std::size_t fate = is_calm_ ? 0 : chance_.below(100);
  if (fate < 55) return execute_later(chance_.up_to(usual), one, part, std::move(op), number);
  if (fate < 65) return answer_later(chance_.percent(50) ? duration{1ms} : limit, number, call_outcome::unknown);
  answer_later(fate < 75 ? chance_.up_to(limit) : limit, number, call_outcome::unknown);
  const std::uint64_t hears = fate >= 90 ? number : nobody;
  execute_later(chance_.up_to(fate < 75 || fate >= 90 ? usual : limit + late), one, part, op, hears);
  if (fate >= 88) execute_later(chance_.up_to(late), one, part, std::move(op), nobody);  // a second time
}

void network::execute_later(duration wait, file& one, std::size_t part, std::string op, std::uint64_t answers) {
  executions_ += 1;
  all_.after(wait, [this, &one, part, op = std::move(op), answers] {
    executions_ -= 1;
    const call_outcome outcome = execute(one, part, op);
    if (answers == nobody) return;
    if (outcome == call_outcome::success) one.entries[part].vouched.insert(op);
    answer_later(chance_.up_to(usual), answers, outcome);
  });
}

void network::answer_later(duration wait, std::uint64_t number, call_outcome outcome) {
  all_.after(wait, [this, number, outcome] { answer(number, outcome); });
}

void network::answer(std::uint64_t number, call_outcome outcome) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  waiting one = std::move(found->second);
  waiting_.erase(found);
  loop& home = *one.home;
  home.post([this, life = life_, outcome, one = std::move(one)] {
    if (life != life_) return;
    if (one.call) {
      call_made& call = one.of->calls[*one.call];
      call.answered = true;
      call.succeeded = outcome == call_outcome::success;
      all_.trace(one.of->gid, "answer",
                 one.of->parts[call.part].id + ' ' + call.op + ' ' + std::string{to_string(outcome)});
    }
    one.done({outcome, "said so"});
    if (outcome != call_outcome::success) on_vain(*one.of);
  });
}

call_outcome network::execute(file& one, std::size_t part, std::string_view op) {
  const bool may_refuse = one.parts[part].refuses && (op == "action" || op == "try");
  if (may_refuse && !one.entries[part].did) return call_outcome::failure;
  const std::size_t mood = is_calm_ ? 99 : chance_.below(100);
  // An operation whose success was answered may be forgotten or doubted, not refused: that would be no repeated call.
  const bool may_fail = !one.entries[part].vouched.contains(op);
  if (mood < 4 && may_fail) return call_outcome::failure;
  if (mood < 9) return call_outcome::ongoing;
  if (mood < 12) return call_outcome::unknown;
  book(one, part, op);
  if (mood < 16 && may_fail) return call_outcome::failure;  // contradicts what it has done
  if (mood < 20) return call_outcome::ongoing;
  if (mood < 24) return call_outcome::unknown;
  return call_outcome::success;
}

void network::book(file& one, std::size_t part, std::string_view op) {
  entry& mine = one.entries[part];
  all_.trace(one.gid, "books", one.parts[part].id + ' ' + std::string{op});
  if (op == "action") {
    if (std::exchange(mine.did, true)) return;
    if (!mine.undone) mine.applied += 1;
  } else if (op == "compensate") {
    if (std::exchange(mine.undone, true)) return;
    if (mine.did) mine.applied -= 1;
  } else if (op == "try") {
    if (!mine.undone) mine.did = true;
  } else if (op == "confirm" || op == "commit") {
    if (mine.undone) judge_.blame(one, one.parts[part].id + " is asked to confirm what it has cancelled");
    if (!mine.did) judge_.blame(one, one.parts[part].id + " is asked to confirm what it has not tried");
    if (!std::exchange(mine.confirmed, true)) mine.applied += 1;
  } else {
    if (mine.confirmed) judge_.blame(one, one.parts[part].id + " is asked to cancel what it has confirmed");
    mine.undone = true;
  }
}

void network::ask(std::uint64_t number, file& one, std::chrono::milliseconds limit) {
  if (!is_calm_ && chance_.percent(20)) return answer_later(limit, number, call_outcome::unknown);
  executions_ += 1;
  all_.after(chance_.up_to(usual), [this, &one, number] {
    executions_ -= 1;
    call_outcome outcome = call_outcome::success;
    if (one.type == trans_type::workflow) {
      resume(one);
      if (!is_calm_ && chance_.percent(40))
        outcome = chance_.percent(50) ? call_outcome::ongoing : call_outcome::failure;
    } else {
      outcome = ask_sender(one);
    }
    answer_later(chance_.up_to(usual), number, outcome);
  });
}

/// The barrier of a message's sender: whoever is asked before its own transaction began sees to it that it fails.
call_outcome network::ask_sender(file& one) {
  if (!is_calm_ && chance_.percent(15)) return chance_.percent(50) ? call_outcome::ongoing : call_outcome::unknown;
  if (one.decided == own_decision::open) one.local_blocked = true;
  return one.decided == own_decision::committed ? call_outcome::success : call_outcome::failure;
}

}  // namespace treaty::sim
