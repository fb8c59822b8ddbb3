#include "examples/story/bank.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace story {
namespace {

const answer success{200, R"({"dtm_result":"SUCCESS"})"};

/// The business refuses, for good: the saga is to be rolled back.
answer refusal(const std::string& why) {
  return {409, nlohmann::json{{"error", why}}.dump()};
}

/// Which step of which saga this is, whether called to act or to undo.
std::string step_of(const request& in) {
  return parameter(in.query, "gid") + "/" + parameter(in.query, "branch_id");
}

}  // namespace

bank::bank(std::map<std::string, int> balances)
    : balances_{std::move(balances)}, server_{[this](const request& in) { return handle(in); }} {}

std::string bank::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(server_.port()) + path;
}

std::map<std::string, int> bank::balances() const {
  const std::scoped_lock lock{mutex_};
  return balances_;
}

std::vector<entry> bank::entries(const std::string& gid) const {
  const std::scoped_lock lock{mutex_};
  std::vector<entry> some;
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(some), [&](const auto& e) { return e.gid == gid; });
  return some;
}

answer bank::handle(const request& in) {
  const auto at = std::chrono::steady_clock::now();
  const std::scoped_lock lock{mutex_};
  answer out{404, R"({"error":"no such operation"})"};
  if (in.path == "/transfer-out") out = transfer(in, -1);
  if (in.path == "/transfer-in") out = transfer(in, +1);
  if (in.path == "/transfer-out-undo") out = undo(in, +1);
  if (in.path == "/transfer-in-undo") out = undo(in, -1);
  entries_.push_back(
      {parameter(in.query, "gid"), parameter(in.query, "branch_id"), parameter(in.query, "op"), out.status, at});
  return out;
}

answer bank::transfer(const request& in, int sign) {
  const auto order = nlohmann::json::parse(in.body);
  const auto account = balances_.find(order.at("account").get<std::string>());
  if (account == balances_.end()) return refusal("the account is closed");
  const int change = sign * order.at("amount").get<int>();
  if (account->second + change < 0) return refusal("the balance is too low");
  const std::string step = step_of(in);
  if (undone_.contains(step)) return refusal("this step was undone before it came");
  if (done_.insert(step).second) account->second += change;
  return success;
}

answer bank::undo(const request& in, int sign) {
  const auto order = nlohmann::json::parse(in.body);
  const std::string step = step_of(in);
  undone_.insert(step);
  if (done_.erase(step) > 0)
    balances_.at(order.at("account").get<std::string>()) += sign * order.at("amount").get<int>();
  return success;
}

}  // namespace story
