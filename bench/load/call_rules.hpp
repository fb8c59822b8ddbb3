#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace treaty::load {

inline constexpr std::size_t branches_max = 24;

/// The calls of one transaction as a set: one bit for each.
using call_set = std::uint64_t;

/// A branch is called in the first round (action, try) and, where there is one, in the second (compensate, confirm).
call_set first_call(std::size_t branch);
call_set second_call(std::size_t branch);

/// Which calls the participants of each transaction must see, each exactly once, and which of them come before which.
class call_rules {
public:
  /// The `op` that the calls of each round carry.
  call_rules(std::string first_op, std::string second_op);

  /// One more call, which comes after all of `before`.
  void add(call_set call, call_set before);
  /// One more call, which comes after all that were added until now.
  void add_next(call_set call) { add(call, all_); }

  /// Nothing for an `op` or a branch that no call of these transactions has.
  std::optional<call_set> call_of(std::string_view op, std::size_t branch) const;
  call_set required_before(call_set call) const;
  call_set all() const { return all_; }
  std::size_t count() const;

private:
  std::string first_op_;
  std::string second_op_;
  call_set all_ = 0;
  std::array<call_set, 64> before_{};
};

}  // namespace treaty::load
