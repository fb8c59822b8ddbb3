#include <algorithm>

#include "tests/sim/life.hpp"
#include "tests/sim/world.hpp"

namespace treaty::sim {
namespace {

using namespace std::chrono_literals;

constexpr duration client_waits = 15s;  // for an answer
constexpr duration one_way = 40ms;
constexpr duration soon = 2ms;
constexpr std::size_t tries_of_a_try = 4;

workflow_end end_of(const file& one) {
  workflow_end end;
  end.status = one.decided == own_decision::committed ? txn_status::succeed : txn_status::failed;
  return end;
}

/// Of the call that the coordinator is most likely to repeat: the last one that was answered in vain.
skip_requested make_skip(const file& one, std::size_t part) {
  skip_requested skip;
  const auto vain = std::find_if(one.calls.rbegin(), one.calls.rend(),
                                 [](const call_made& call) { return call.answered && !call.succeeded; });
  skip.op = vain == one.calls.rend() ? "action" : vain->op;
  skip.branch = branch_id{one.parts[vain == one.calls.rend() ? part : vain->part].id};
  return skip;
}

event make_event(const file& one, request what, std::size_t part) {
  switch (what) {
    case request::prepare:
      return prepare_requested{one.definition};
    case request::submit: {
      submit_requested submit{one.definition};
      if (one.type == trans_type::workflow) submit.end = end_of(one);
      return submit;
    }
    case request::register_branch:
      return registration(one, part);
    case request::abort:
      return abort_requested{one.type, "the client gives up"};
    case request::stop:
      return force_stop_requested{};
    case request::retry:
      return retry_requested{};
    case request::skip:
      break;
  }
  return make_skip(one, part);
}

heard judge_answer(const answer& said) {
  switch (said.kind) {
    case answer_kind::ok:
      return heard::ok;
    case answer_kind::overloaded:
    case answer_kind::unavailable:
      return heard::unclear;
    case answer_kind::failure:
    case answer_kind::ongoing:
    case answer_kind::error:
    case answer_kind::internal:
    case answer_kind::invalid:
    case answer_kind::unimplemented:
      return heard::refused;
  }
  return heard::refused;
}

}  // namespace

/// One request and who waits for its answer.
struct world::exchange {
  file* of;
  request what;
  std::size_t part;
  duration way = one_way;  // at most, until it arrives
  std::coroutine_handle<> who{};
  heard result = heard::unclear;
  bool is_over = false;
};

struct world::asking {
  world& in;
  std::shared_ptr<exchange> one;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> who) {
    one->who = who;
    in.send(one);
  }
  heard await_resume() const { return one->result; }
};

struct world::sleeping {
  world& in;
  duration span;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> who) {
    in.all_.after(span, [who] { who.resume(); });
  }
  void await_resume() const {}
};

/// Hears the answer to one request as it left the coordinator: that is what counts as told, whoever loses it later.
class world::sink final : public answer_sink {
public:
  sink(world& in, std::shared_ptr<exchange> one) : in_{in}, one_{std::move(one)}, life_{in.lives_} {}
  ~sink() override {
    if (!is_answered_ && is_alive() && !in_.is_stopping_)
      in_.judge_.blame(*one_->of, "a request is dropped without an answer");
  }
  void answer(treaty::answer what) override {
    is_answered_ = true;
    if (!is_alive()) return;
    in_.all_.trace(one_->of->gid, "told", what.kind == answer_kind::ok ? "ok" : what.message);
    in_.judge_.answered(*one_->of, one_->what, one_->part, what);
    heard result = judge_answer(what);
    const bool known = one_->what == request::register_branch && what.message.find("UniqueKey") != std::string::npos;
    if (known) result = heard::ok;                        // by an attempt of which nothing was heard
    if (!in_.is_calm_ && in_.chance_.percent(8)) return;  // the answer is lost
    in_.all_.after(in_.chance_.up_to(one_way), [in = &in_, one = one_, result] { in->hear(*one, result); });
  }

private:
  bool is_alive() const { return in_.life_ != nullptr && in_.life_->number == life_; }

  world& in_;
  std::shared_ptr<exchange> one_;
  unsigned life_;
  bool is_answered_ = false;
};

world::asking world::ask(file& one, request what, std::size_t part) {
  return asking{*this, std::make_shared<exchange>(exchange{&one, what, part, one_way, {}})};
}

world::asking world::ask_soon(file& one, request what) {
  return asking{*this, std::make_shared<exchange>(exchange{&one, what, 0, soon, {}})};
}

world::sleeping world::nap(duration most) {
  return sleeping{*this, chance_.up_to(most)};
}

void world::hear(exchange& of, heard what) {
  if (std::exchange(of.is_over, true)) return;
  of.result = what;
  of.who.resume();
}

void world::send(std::shared_ptr<exchange> one) {
  all_.after(client_waits, [this, one] { hear(*one, heard::unclear); });
  const auto deliver = [this, one] {
    file& of = *one->of;
    if (life_ == nullptr) return hear(*one, heard::unclear);  // the connection is refused
    if (one->what == request::submit && !std::exchange(of.asked_submit, true)) of.first_asked = all_.clock();
    if (one->what == request::stop) of.asked_stop = true;
    event what = make_event(of, one->what, one->part);
    if (const auto* const skip = std::get_if<skip_requested>(&what)) {
      of.asked_skips.insert(skip->branch.value + ' ' + skip->op);
    }
    all_.trace(of.gid, "asks", std::to_string(static_cast<int>(one->what)));
    life_->runs->offer(gid{of.gid}, std::move(what), 100, std::make_shared<sink>(*this, one));
  };
  const bool is_lost = !is_calm_ && chance_.percent(6);
  if (!is_lost) all_.after(chance_.up_to(one->way), deliver);
  if (!is_calm_ && chance_.percent(6)) all_.after(chance_.up_to(3s), deliver);  // once more, by the network
}

bool world::walks_away(const file& one) {
  return one.abandons && !is_calm_ && chance_.percent(20);
}

void world::begin(task<heard> script) {
  scripts_.push_back(std::move(script));
  scripts_.back().start();
}

void world::begin_scripts(file& one) {
  begin(speak(one));
  if (one.crosses) begin(cross(one));
  if (has_operators_ && chance_.percent(60)) begin(operate(one));
  begin(watch(one));
}

task<heard> world::persist(file& one, request what, std::size_t part) {
  for (;;) {
    const heard said = co_await ask(one, what, part);
    if (said != heard::unclear) co_return said;
    if (walks_away(one)) co_return heard::gone;
    co_await nap(1500ms);
  }
}

task<heard> world::speak(file& one) {
  one.scripts_under_way += 1;
  co_await nap(4s);
  heard said = heard::ok;
  if (one.prepares) said = co_await persist(one, request::prepare);
  if (said == heard::ok && !walks_away(one)) {
    if (one.type == trans_type::saga) said = co_await persist(one, request::submit);
    if (one.type == trans_type::msg) said = co_await speak_msg(one);
    if (one.type == trans_type::tcc || one.type == trans_type::xa) said = co_await speak_two_phase(one);
    if (one.type == trans_type::workflow && !one.application_runs) said = co_await run_application(one);
  }
  one.scripts_under_way -= 1;
  co_return said;
}

task<heard> world::try_part(file& one, std::size_t part) {
  for (std::size_t left = tries_of_a_try; left > 0; --left) {
    co_await nap(100ms);
    if (!is_calm_ && chance_.percent(10)) continue;
    const call_outcome said = network_.execute(one, part, "try");
    if (said == call_outcome::success) co_return heard::ok;
    if (said == call_outcome::failure) co_return heard::refused;
  }
  co_return heard::unclear;
}

task<heard> world::speak_two_phase(file& one) {
  bool is_good = !one.gives_up;
  for (std::size_t part = 0; part < one.parts.size(); ++part) {
    if (chance_.percent(15)) co_await nap(8s);
    heard said = co_await persist(one, request::register_branch, part);
    if (said == heard::gone) co_return said;
    if (said == heard::ok) said = co_await try_part(one, part);
    if (said != heard::ok) is_good = false;
    if (!is_good && chance_.percent(60)) break;
    if (walks_away(one)) co_return heard::gone;
  }
  const request last = is_good ? request::submit : request::abort;
  co_return co_await persist(one, last);
}

task<heard> world::speak_msg(file& one) {
  if (!one.prepares) co_return co_await persist(one, request::submit);
  co_await nap(chance_.percent(80) ? 500ms : 12s);
  one.decided = one.local_blocked || one.gives_up ? own_decision::rolled_back : own_decision::committed;
  co_await nap(200ms);
  if (walks_away(one)) co_return heard::gone;
  const request last = one.decided == own_decision::committed ? request::submit : request::abort;
  co_return co_await persist(one, last);
}

/// The application behind a workflow: begins, and goes on when it is called back. What it has decided stays.
task<heard> world::run_application(file& one) {
  one.application_runs = true;
  one.scripts_under_way += 1;
  heard said = heard::ok;
  for (std::size_t part = 0; part < one.parts.size() && one.decided == own_decision::open; ++part) {
    co_await nap(300ms);
    if (one.parts[part].refuses) {
      one.decided = own_decision::rolled_back;
      break;
    }
    network_.book(one, part, "action");
    if (walks_away(one)) said = heard::gone;
    if (said != heard::gone) said = co_await persist(one, request::register_branch, part);
    if (said == heard::gone) break;
  }
  if (said != heard::gone) {
    if (one.decided == own_decision::open) {
      one.decided = one.gives_up ? own_decision::rolled_back : own_decision::committed;
    }
    if (one.decided == own_decision::rolled_back) {
      for (std::size_t part = one.parts.size(); part-- > 0;) network_.book(one, part, "compensate");
    }
    said = co_await persist(one, request::submit);
  }
  one.application_runs = false;
  one.scripts_under_way -= 1;
  co_return said;
}

/// Another part of the client that does not know of the first.
task<heard> world::cross(file& one) {
  one.scripts_under_way += 1;
  co_await nap(9s);
  heard said = heard::ok;
  const bool may_abort = one.type == trans_type::tcc || one.type == trans_type::xa || one.type == trans_type::saga;
  for (std::size_t left = 1 + chance_.below(3); left > 0; --left) {
    if (may_abort && chance_.percent(50)) {
      said = co_await ask(one, request::abort);
    } else if (one.asked_submit && one.type != trans_type::workflow) {
      said = co_await ask(one, request::submit);
    } else if (one.prepares && one.told_prepared) {
      said = co_await ask(one, request::prepare);
    }
    co_await nap(4s);
  }
  one.scripts_under_way -= 1;
  co_return said;
}

/// What was said already, once more and at once; or an operator's word.
task<heard> world::repeat(file& one) {
  one.scripts_under_way += 1;
  const bool may_submit = one.asked_submit && one.type != trans_type::workflow;
  request what = may_submit ? request::submit : request::retry;
  if (has_operators_ && chance_.percent(50)) what = request::skip;
  const heard said = co_await ask_soon(one, what);
  one.scripts_under_way -= 1;
  co_return said;
}

task<heard> world::operate(file& one) {
  one.scripts_under_way += 1;
  co_await nap(20s);
  constexpr request choices[] = {request::stop, request::retry, request::retry, request::skip, request::skip};
  heard said = heard::ok;
  for (std::size_t left = 1 + chance_.below(3); left > 0; --left) {
    said = co_await ask(one, chance_.one_of(choices), chance_.below(one.parts.size()));
    co_await nap(3s);
  }
  one.scripts_under_way -= 1;
  co_return said;
}

/// Looks at it now and then, and waits for its end.
task<heard> world::watch(file& one) {
  one.scripts_under_way += 1;
  const std::size_t looks = chance_.below(5);
  for (std::size_t left = looks; left > 0; --left) {
    co_await nap(6s);
    if (life_ == nullptr) continue;
    const auto show = [this, &one, mine = lives_, before = judge::known_of(one)](result<txn_record> found) {
      if (life_ == nullptr || life_->number != mine) return;
      if (found) return judge_.shown(one, &*found, before);
      if (found.error().code == errc::not_found) judge_.shown(one, nullptr, before);
    };
    if (chance_.percent(60)) {
      life_->runs->query(gid{one.gid}, show);
    } else {
      life_->runs->wait_end(gid{one.gid}, std::chrono::milliseconds{chance_.between(10, 8'000)}, show);
    }
  }
  one.scripts_under_way -= 1;
  co_return heard::ok;
}

}  // namespace treaty::sim
