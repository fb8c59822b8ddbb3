#include "tests/crash/services.hpp"

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "tests/kit/grpc_participant.hpp"
#include "tests/kit/http_client.hpp"

namespace treaty::crash {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::array behaviours{"ok",     "slow", "refuse",  "broken", "ongoing", "hangs",
                                "resets", "late", "ask-yes", "ask-no", "run-yes", "run-no"};
constexpr std::chrono::milliseconds slow_takes{40};
constexpr std::chrono::milliseconds late_takes{1'200};  // the calls' own limit is a second
constexpr int no_answer = 0;

bool is_one_of(const std::string& word, std::initializer_list<const char*> all) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

std::string last_word(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string first_value(const kit::seen_rpc& seen, const char* name) {
  const auto found = seen.metadata.find(name);
  return found == seen.metadata.end() ? std::string{} : found->second;
}

grpc::Status status_of(int answered) {
  switch (answered) {
    case 200:
      return grpc::Status::OK;
    case 409:
      return {grpc::StatusCode::ABORTED, "no money"};
    case 425:
      return {grpc::StatusCode::FAILED_PRECONDITION, "wait"};
  }
  return {grpc::StatusCode::UNAVAILABLE, "broken"};
}

}  // namespace

services::services(endpoints coordinator) : coordinator_{coordinator} {
  over_http_ = std::make_unique<kit::participant>();
  script_http();
  over_grpc_ = std::make_unique<kit::grpc_participant>([this](const kit::seen_rpc& seen) {
    int answered = no_answer;
    bool never = false;
    answer_rpc(seen, answered, never);
    return kit::grpc_participant::reply{.status = status_of(answered), .never = never, .message = {}};
  });
}

services::~services() = default;

std::string services::url(branch_transport over, const std::string& behaviour) const {
  if (over == branch_transport::http) return over_http_->url("/" + behaviour);
  return over_grpc_->address() + "/busi.Busi/" + behaviour;
}

std::vector<kit::seen_call> services::ledger() const {
  const std::scoped_lock lock{mutex_};
  return ledger_;
}

std::map<std::string, std::set<std::string>> services::told_ends() const {
  const std::scoped_lock lock{mutex_};
  return told_ends_;
}

bool services::first_time(const kit::seen_call& call) {
  const std::scoped_lock lock{mutex_};
  return seen_once_.insert(call.gid + call.branch + call.op).second;
}

void services::note(kit::seen_call call, int answered) {
  call.answered = answered;
  call.message = {};
  const std::scoped_lock lock{mutex_};
  ledger_.push_back(std::move(call));
}

/// The HTTP status that a behaviour means; `no_answer` when it gives none.
int services::answer_of(const std::string& behaviour, const kit::seen_call& call) {
  if (behaviour == "refuse") return 409;
  if (behaviour == "run-yes" || behaviour == "run-no") return run_workflow(call.gid, behaviour == "run-yes");
  if (is_one_of(behaviour, {"ok", "slow"}) || !first_time(call)) return behaviour == "ask-no" ? 409 : 200;
  if (behaviour == "broken") return 500;
  if (is_one_of(behaviour, {"hangs", "resets", "late"})) return no_answer;
  return 425;  // ongoing, and whoever is asked about a message for the first time
}

/// What a workflow's application does when it is called back: it goes on, and submits the end that it decides.
int services::run_workflow(const std::string& gid, bool good) const {
  const json body{
      {"gid", gid},
      {"trans_type", "workflow"},
      {"req_extra", {{"status", good ? "succeed" : "failed"}, {"rollback_reason", ""}, {"result", "cmVz"}}}};
  const auto answer = kit::request(coordinator_.http, "POST", "/api/dtmsvr/submit", body.dump(), 2s);
  return answer.status == 200 ? 200 : 425;
}

void services::script_http() {
  for (const std::string behaviour : behaviours) {
    over_http_->on("/" + behaviour, [this, behaviour](const kit::seen_call& call) {
      const int answered = answer_of(behaviour, call);
      // A late answer is a success to a coordinator that was itself too late to stop waiting.
      note(call, behaviour == "late" ? 200 : answered);
      kit::scripted_reply reply;
      if (answered != no_answer) reply.status = answered;
      if (answered != 200) reply.body = "no";
      if (behaviour == "slow") reply.delay = slow_takes;
      if (answered == no_answer) {
        reply.hang_up = behaviour == "hangs";
        reply.reset = behaviour == "resets";
        if (behaviour == "late") reply.delay = late_takes;
      }
      return reply;
    });
  }
  over_http_->on("/ends", [this](const kit::seen_call& call) {
    take_notice(call);
    return kit::scripted_reply{};
  });
  over_http_->on("/alerts", kit::scripted_reply{});
}

void services::take_notice(const kit::seen_call& call) {
  const json notice = json::parse(call.message.body, nullptr, /*allow_exceptions=*/false);
  const std::scoped_lock lock{mutex_};
  if (notice.is_object()) told_ends_[notice.value("gid", "")].insert(notice.value("status", ""));
}

void services::answer_rpc(const kit::seen_rpc& seen, int& answered, bool& never) {
  kit::seen_call call;
  call.gid = first_value(seen, "dtm-gid");
  call.branch = first_value(seen, "dtm-branch_id");
  call.op = first_value(seen, "dtm-op");
  call.path = seen.method;
  const std::string behaviour = last_word(seen.method);
  answered = answer_of(behaviour, call);
  never = answered == no_answer && behaviour == "late";
  note(std::move(call), answered);
}

}  // namespace treaty::crash
