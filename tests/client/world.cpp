#include "tests/client/world.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "treaty/client/grpc.hpp"
#include "treaty/client/http.hpp"

namespace treaty::client::test {
namespace {

nlohmann::json transaction_of(std::uint16_t port, const std::string& gid) {
  const auto answer = kit::get(port, "/api/dtmsvr/query?gid=" + gid);
  return nlohmann::json::parse(answer.body)["transaction"];
}

}  // namespace

world::world(std::string config)
    : coordinator_{treatyd_binary(), scratch_.path(), {.config = std::move(config)}},
      grpc_{[this](const branch_context& context, const std::string& method, const std::string& message) {
        return serve(context, method, message);
      }} {
  coordinator_.start();
}

std::string world::treatyd_binary() {
  const char* const other = std::getenv("TREATYD");
  return other == nullptr ? TREATYD_BINARY : other;
}

void world::on(const std::string& name, handler what) {
  {
    const std::lock_guard lock{mutex_};
    handlers_[name] = std::move(what);
  }
  http_.on("/" + name, [this, name](const kit::seen_call& call) { return serve_http(name, call); });
}

std::string world::url(door at, const std::string& name) const {
  return at == door::http ? http_.url("/" + name) : grpc_.address() + "/test.Branch/" + name;
}

coordinator world::connect(door at) const {
  return at == door::http ? http_coordinator(dtm_url()) : grpc_coordinator(grpc_target());
}

result<std::string> world::serve(const branch_context& context, const std::string& name, const std::string& payload) {
  handler what;
  {
    const std::lock_guard lock{mutex_};
    ledger_.push_back(context);
    what = handlers_[name];
  }
  if (!what) return unknown("there is no branch " + name);
  return what(context, payload);
}

kit::scripted_reply world::serve_http(const std::string& name, const kit::seen_call& call) {
  const std::string& line = call.message.start_line;
  const auto target = line.find(' ') + 1;
  const auto context = context_from_query(std::string_view{line}.substr(target, line.rfind(' ') - target));
  const auto done = context ? serve(*context, name, call.message.body) : result<std::string>{context.error()};
  const auto answer = done ? to_http_answer({}, *done) : to_http_answer(done.error());
  return {answer.status, answer.body};
}

std::string world::story_of(const std::string& gid) const {
  const std::lock_guard lock{mutex_};
  std::string story;
  for (const auto& call : ledger_) {
    if (call.gid == gid) story += (story.empty() ? "" : ", ") + call.op + " " + call.branch_id;
  }
  return story;
}

std::string world::status_of(const std::string& gid) const {
  const auto transaction = transaction_of(coordinator_.http_port(), gid);
  return transaction.is_object() ? transaction.value("status", "") : "";
}

std::string world::reason_of(const std::string& gid) const {
  return transaction_of(coordinator_.http_port(), gid).value("rollback_reason", "");
}

bool world::ends(const std::string& gid, const std::string& status) const {
  return kit::eventually([&] { return status_of(gid) == status; });
}

}  // namespace treaty::client::test
