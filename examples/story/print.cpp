#include "examples/story/print.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace story {
namespace {

double milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

/// In the order in which things happened; what was never called comes last.
std::vector<branch_row> by_time(std::vector<branch_row> rows) {
  const auto first = [](const branch_row& row) {
    return row.calls.empty() ? std::chrono::steady_clock::time_point::max() : row.calls.front().at;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return first(a) < first(b); });
  return rows;
}

void print_row(const branch_row& row, const transfer_outcome& of) {
  if (row.calls.empty()) {
    fmt::print("  {:<7} {:<11} {:<26} {:<9} {:>5}\n", row.branch, row.op, row.called, row.status, 0);
    return;
  }
  const entry& last = row.calls.back();
  fmt::print("  {:<7} {:<11} {:<26} {:<9} {:>5} {:>9} {:>+10.1f} ms\n", row.branch, row.op, row.called, row.status,
             row.calls.size(), last.status, milliseconds(row.calls.front().at - of.submitted));
}

}  // namespace

void print_outcome(const std::string& title, const transfer_outcome& outcome) {
  fmt::print("\n{}\n  saga {}: {} after {:.1f} ms\n", title, outcome.gid, outcome.status, milliseconds(outcome.took));
  if (!outcome.reason.empty()) fmt::print("  because {}\n", outcome.reason);
  fmt::print("\n  {:<7} {:<11} {:<26} {:<9} {:>5} {:>9} {:>13}\n", "branch", "operation", "called", "status", "calls",
             "answered", "called at");
  for (const branch_row& row : by_time(outcome.rows)) print_row(row, outcome);
  fmt::print("\n");
}

void print_balances(const std::string& title, const std::map<std::string, int>& before,
                    const std::map<std::string, int>& after) {
  for (const auto& [account, balance] : after)
    fmt::print("  {:<9} {:<7} {:>4} -> {}\n", title, account, before.at(account), balance);
}

}  // namespace story
