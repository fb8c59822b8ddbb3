#include "tests/sim/plan.hpp"

namespace treaty::sim {
namespace {

constexpr trans_type all_types[] = {trans_type::saga, trans_type::saga, trans_type::tcc,
                                    trans_type::xa,   trans_type::msg,  trans_type::workflow};

std::string url_of(const part& of, std::string_view what) {
  return of.without_call ? std::string{} : "http://bank" + of.id + "/" + std::string{what};
}

void divide(dice& chance, file& one) {
  const std::size_t count = 1 + chance.below(4);
  long sum = 0;
  for (std::size_t at = 0; at < count; ++at) {
    part next;
    next.id = step_branch_id(at).value;
    next.amount = at + 1 == count ? -sum : static_cast<long>(chance.between(-100, 100));
    sum += next.amount;
    next.refuses = (one.type == trans_type::saga || one.type == trans_type::workflow) && chance.percent(12);
    one.parts.push_back(next);
  }
  if (one.type == trans_type::saga && chance.percent(10)) {
    part empty{"", 0, false, true};
    empty.id = step_branch_id(count).value;
    one.parts.push_back(empty);
  }
  one.entries.resize(one.parts.size());
}

void order_steps(dice& chance, txn_definition& what) {
  what.saga.concurrent = chance.percent(50);
  if (!what.saga.concurrent || what.steps.size() < 2 || chance.percent(40)) return;
  for (std::size_t step = 1; step < what.steps.size(); ++step) {
    if (chance.percent(60))
      what.saga.orders[static_cast<std::uint32_t>(step)] = {static_cast<std::uint32_t>(chance.below(step))};
  }
}

void fill_options(dice& chance, const file& one, txn_definition& what) {
  what.options.wait_result = chance.percent(30);
  if (chance.percent(50)) what.options.retry_interval = std::chrono::seconds{chance.between(1, 3)};
  if (chance.percent(50)) what.options.request_timeout = std::chrono::seconds{chance.between(1, 3)};
  if (one.type == trans_type::saga) {
    if (chance.percent(25)) what.options.timeout_to_fail = std::chrono::seconds{chance.between(1, 10)};
    if (chance.percent(25)) what.options.retry_limit = chance.between(1, 4);
    order_steps(chance, what);
  } else if (chance.percent(50)) {
    what.options.timeout_to_fail = std::chrono::seconds{chance.between(1, 10)};
  }
  if (one.type == trans_type::msg) {
    what.options.concurrent = chance.percent(40);
    if (chance.percent(25)) what.delay = std::chrono::seconds{chance.between(1, 8)};
  }
}

std::shared_ptr<const txn_definition> define(dice& chance, const file& one) {
  auto what = std::make_shared<txn_definition>();
  what->gid = treaty::gid{one.gid};
  what->type = one.type;
  if (one.type == trans_type::saga || one.type == trans_type::msg) {
    for (const part& each : one.parts) {
      step next;
      next.action = url_of(each, "action");
      if (one.type == trans_type::saga) next.compensate = url_of(each, "compensate");
      what->steps.push_back(std::move(next));
      what->payloads.push_back("{}");
    }
  }
  if (one.type == trans_type::msg && one.prepares) what->query_prepared = "http://sender/asked";
  if (one.type == trans_type::workflow) {
    what->query_prepared = "http://application/resume";
    what->workflow = {"transfer", "data of " + one.gid};
  }
  fill_options(chance, one, *what);
  return what;
}

}  // namespace

std::unique_ptr<file> make_file(dice& chance, std::size_t number) {
  auto one = std::make_unique<file>();
  one->gid = "t" + std::to_string(number);
  one->type = chance.one_of(all_types);
  divide(chance, *one);
  const bool may_skip_prepare = one->type == trans_type::saga || one->type == trans_type::msg;
  one->prepares = !may_skip_prepare || chance.percent(one->type == trans_type::saga ? 20 : 80);
  one->abandons = chance.percent(20);
  one->gives_up = chance.percent(25);
  one->crosses = chance.percent(20);
  one->definition = define(chance, *one);
  return one;
}

register_requested registration(const file& of, std::size_t which) {
  const part& one = of.parts[which];
  register_requested request;
  request.type = of.type;
  const auto add = [&](branch_op op, std::string_view what) {
    auto row = std::make_shared<registered_branch>();
    row->id = branch_id{one.id};
    row->op = op;
    row->url = url_of(one, what);
    row->payload = of.type == trans_type::xa ? "" : "{}";
    request.branches.push_back(std::move(row));
  };
  if (of.type == trans_type::tcc) {
    add(branch_op::cancel, "cancel");
    add(branch_op::confirm, "confirm");
  } else if (of.type == trans_type::xa) {
    add(branch_op::rollback, "xa");
    add(branch_op::commit, "xa");
  } else {
    add(branch_op::action, "done");
    request.status = leg_status::succeed;
  }
  return request;
}

bool is_undo(std::string_view op) {
  return op == "compensate" || op == "cancel" || op == "rollback";
}

}  // namespace treaty::sim
