#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "examples/story/bank.hpp"

namespace story {

/// Money from an account of one bank to an account of the other, as one saga of two steps.
struct transfer_order {
  std::string from;
  std::string to;
  int amount = 0;
};

/// One row of the coordinator's record, and what the bank saw of it.
struct branch_row {
  std::string branch;
  std::string op;
  std::string called;  // "bank A /transfer-out"
  std::string status;
  std::vector<entry> calls;
};

struct transfer_outcome {
  std::string gid;
  std::string status;
  std::string reason;  // why it was rolled back
  std::vector<branch_row> rows;
  std::chrono::steady_clock::time_point submitted;
  std::chrono::steady_clock::duration took{};
};

/// Submits the saga through the coordinator's HTTP API and asks until it has ended. Throws std::runtime_error when it
/// is refused, or has not ended after 30 seconds.
transfer_outcome run_transfer(std::uint16_t coordinator, const bank& from, const bank& to, const transfer_order& order);

}  // namespace story
