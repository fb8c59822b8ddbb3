#include "bench/load/call_rules.hpp"

#include <bit>
#include <utility>

namespace treaty::load {
namespace {

constexpr std::size_t second_round_at = 32;

}  // namespace

call_set first_call(std::size_t branch) {
  return call_set{1} << branch;
}

call_set second_call(std::size_t branch) {
  return call_set{1} << (branch + second_round_at);
}

call_rules::call_rules(std::string first_op, std::string second_op)
    : first_op_{std::move(first_op)}, second_op_{std::move(second_op)} {}

void call_rules::add(call_set call, call_set before) {
  all_ |= call;
  before_[static_cast<std::size_t>(std::countr_zero(call))] = before;
}

std::optional<call_set> call_rules::call_of(std::string_view op, std::size_t branch) const {
  if (branch >= branches_max || (op != first_op_ && op != second_op_)) return std::nullopt;
  const call_set call = op == first_op_ ? first_call(branch) : second_call(branch);
  return (call & all_) != 0 ? std::optional{call} : std::nullopt;
}

call_set call_rules::required_before(call_set call) const {
  return before_[static_cast<std::size_t>(std::countr_zero(call))];
}

std::size_t call_rules::count() const {
  return static_cast<std::size_t>(std::popcount(all_));
}

}  // namespace treaty::load
