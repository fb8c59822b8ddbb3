#include "tests/crash/client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "tests/kit/http_client.hpp"

namespace treaty::crash {
namespace {

using nlohmann::json;

constexpr std::size_t branches_max = 3;
constexpr std::size_t steps_max = 4;

std::string wire_name(txn_kind kind) {
  switch (kind) {
    case txn_kind::saga:
      return "saga";
    case txn_kind::tcc:
      return "tcc";
    case txn_kind::xa:
      return "xa";
    case txn_kind::msg:
      return "msg";
    case txn_kind::workflow:
      return "workflow";
  }
  return {};
}

}  // namespace

client::client(std::uint64_t seed, std::size_t number, door_kind through, lives& life, const services& business)
    : random_{seed * 1'000 + number},
      name_{"crash-" + std::to_string(seed) + "-" + std::to_string(number)},
      topic_{"topic-" + std::to_string(number)},
      through_{through},
      lives_{life},
      services_{business} {}

void client::run() {
  while (lives_.await_after(0)) {
    const std::size_t dice = below(16);
    if (dice < 6) {
      run_saga();
    } else if (dice < 9) {
      run_two_phase(txn_kind::tcc);
    } else if (dice < 10) {
      run_two_phase(txn_kind::xa);
    } else if (dice < 13) {
      run_message();
    } else if (dice < 15) {
      run_workflow();
    } else {
      subscribe();
    }
    if (below(3) == 0) look_back();
    // A think time: the point is many moments to be killed in, not throughput.
    lives_.rest(std::chrono::milliseconds{below(6)});
  }
}

txn_story& client::begin(txn_kind kind) {
  txn_story& story = stories_.emplace_back();
  story.gid = name_ + "-" + std::to_string(stories_.size()) + wire_name(kind);
  story.kind = kind;
  return story;
}

json client::body_of(const txn_story& story) const {
  return {{"gid", story.gid}, {"trans_type", wire_name(story.kind)}, {"request_timeout", 1}};
}

/// A branch of a transaction that came over gRPC may be served over either.
std::string client::place(const std::string& behaviour) {
  const bool over_grpc = through_ == door_kind::grpc && below(2) == 0;
  return services_.url(over_grpc ? branch_transport::grpc : branch_transport::http, behaviour);
}

std::string client::some_action() {
  static constexpr std::array all{"ok", "ok", "ok", "ok", "ok", "slow", "broken", "ongoing", "hangs", "resets"};
  return below(40) == 0 ? "late" : all[below(all.size())];
}

std::string client::some_undo() {
  static constexpr std::array all{"ok", "ok", "ok", "slow", "broken", "resets"};
  return below(60) == 0 ? "late" : all[below(all.size())];
}

json client::step(const std::string& action, const std::string& compensate) {
  json out{{"action", place(action)}};
  if (!compensate.empty()) out["compensate"] = place(compensate);
  return out;
}

said client::ask_once(const std::string& what, const json& body, std::uint64_t& life) {
  life = lives_.now();
  if (!door_ || door_life_ != life) {
    door_ = open_door(through_, lives_.at());
    door_life_ = life;
  }
  return door_->ask(what, body);
}

said client::insist(txn_story& story, const std::string& what, const json& body, patience how_long) {
  for (;;) {
    std::uint64_t life = 0;
    const said heard = ask_once(what, body, life);
    if (heard == said::ok || heard == said::refused) story.told_exists = true;
    if (heard != said::nothing || !lives_.await_after(life)) return heard;
    if (how_long == patience::short_ && below(4) == 0) return heard;
  }
}

void client::run_saga() {
  txn_story& story = begin(txn_kind::saga);
  story.steps = 1 + below(steps_max);
  story.concurrent = below(4) == 0;
  const std::size_t refused = below(2) == 0 ? below(story.steps) : story.steps;
  json body = body_of(story);
  for (std::size_t at = 0; at < story.steps; ++at) {
    body["steps"].push_back(step(at == refused ? "refuse" : some_action(), some_undo()));
    body["payloads"].push_back(R"({"amount":30})");
  }
  const bool waits = below(8) == 0;
  body["wait_result"] = waits;
  if (story.concurrent) body["custom_data"] = R"({"concurrent":true,"orders":{}})";
  story.asked_submit = true;
  const said heard = insist(story, "submit", body, patience::short_);
  if (heard == said::ok) story.told_submitted = true;
  if (heard == said::ok && waits) story.told_success = true;
}

json client::branch_body(const txn_story& story, const std::string& branch) {
  json body{{"gid", story.gid}, {"trans_type", wire_name(story.kind)}, {"branch_id", branch}};
  if (story.kind == txn_kind::tcc) {
    body["data"] = R"({"amount":30})";
    body["confirm"] = place(some_undo());
    body["cancel"] = place(some_undo());
  } else if (story.kind == txn_kind::xa) {
    body["url"] = place(some_undo());
  } else {
    body["op"] = "action";
    body["status"] = "succeed";
    body["data"] = "done";
  }
  return body;
}

/// False when the transaction takes no more branches.
bool client::register_all(txn_story& story) {
  const std::size_t count = 1 + below(branches_max);
  for (std::size_t at = 1; at <= count; ++at) {
    const std::string branch = "0" + std::to_string(at);
    story.asked_branches.push_back(branch);
    const said heard = insist(story, "registerBranch", branch_body(story, branch), patience::endless);
    if (heard == said::ok) story.told_branches.push_back(branch);
    if (heard == said::refused || heard == said::nothing) return false;
  }
  return true;
}

void client::run_two_phase(txn_kind kind) {
  txn_story& story = begin(kind);
  story.commits = below(5) < 3;
  json body = body_of(story);
  body["timeout_to_fail"] = 2;
  body["wait_result"] = below(8) == 0;
  story.asked_prepare = true;
  if (insist(story, "prepare", body, patience::short_) != said::ok) return;
  story.commits = register_all(story) && story.commits;
  if (below(8) == 0) return;  // goes away: its time limit ends the transaction
  if (story.commits) {
    story.asked_submit = true;
    story.told_submitted = insist(story, "submit", body, patience::short_) == said::ok;
    story.told_success = story.told_submitted;
  } else {
    story.asked_abort = true;
    story.told_aborted = insist(story, "abort", body, patience::short_) == said::ok;
  }
}

void client::run_message() {
  txn_story& story = begin(txn_kind::msg);
  story.steps = 1 + below(steps_max);
  story.concurrent = through_ != door_kind::grpc && below(4) == 0;
  const bool prepares = below(4) != 0;
  story.commits = !prepares || below(5) < 3;
  json body = body_of(story);
  for (std::size_t at = 0; at < story.steps; ++at) {
    body["steps"].push_back(step(some_action(), ""));
    body["payloads"].push_back(R"({"amount":30})");
  }
  body["concurrent"] = story.concurrent;
  body["timeout_to_fail"] = 1;
  body["query_prepared"] = place(story.commits ? "ask-yes" : "ask-no");
  if (prepares) {
    story.asked_prepare = true;
    if (insist(story, "prepare", body, patience::short_) != said::ok) return;
    if (below(4) == 0) return;  // goes away: its application is asked
  }
  if (story.commits) {
    story.asked_submit = true;
    story.told_submitted = insist(story, "submit", body, patience::short_) == said::ok;
  } else {
    story.asked_abort = true;
    story.told_aborted = insist(story, "abort", body, patience::short_) == said::ok;
  }
}

void client::run_workflow() {
  txn_story& story = begin(txn_kind::workflow);
  story.commits = below(4) != 0;
  json body = body_of(story);
  body["custom_data"] = R"({"name":"flow","data":"eyJhIjoxfQ=="})";
  body["query_prepared"] = place(story.commits ? "run-yes" : "run-no");
  story.asked_prepare = true;
  if (insist(story, "prepareWorkflow", body, patience::short_) != said::ok) return;
  if (!register_all(story) || below(4) == 0) return;  // goes away: its application is called back
  body["req_extra"] = {{"status", story.commits ? "succeed" : "failed"}, {"rollback_reason", ""}, {"result", "cmVz"}};
  story.asked_submit = true;
  story.told_submitted = insist(story, "submit", body, patience::short_) == said::ok;
}

void client::subscribe() {
  const std::string url = "http://subscriber-" + std::to_string(asked_subscribers_.size());
  asked_subscribers_.insert(url);
  const auto answer = kit::get(lives_.at().http, "/api/dtmsvr/subscribe?topic=" + topic_ + "&url=" + url + "&remark=r");
  if (answer.status == 200) told_subscribers_.insert(url);
}

void client::look_back() {
  if (stories_.empty()) return;
  const std::size_t recent = std::min<std::size_t>(stories_.size(), 50);
  txn_story& story = stories_[stories_.size() - 1 - below(recent)];
  const std::string status = look_up(lives_.at().http, story.gid).status;
  if (status == "succeed" || status == "failed") story.seen_ends.insert(status);
}

shown_end look_up(std::uint16_t http_port, const std::string& gid) {
  const auto answer = kit::get(http_port, "/api/dtmsvr/query?gid=" + gid);
  const json found = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (answer.status != 200 || !found.is_object()) return {};
  shown_end end;
  end.status = found["transaction"].is_null() ? "absent" : found["transaction"].value("status", "");
  for (const json& row : found["branches"]) {
    const std::string branch = row.value("branch_id", "");
    if (std::find(end.branches.begin(), end.branches.end(), branch) == end.branches.end())
      end.branches.push_back(branch);
  }
  return end;
}

}  // namespace treaty::crash
