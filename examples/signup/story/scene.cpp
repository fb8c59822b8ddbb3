#include "examples/signup/story/scene.hpp"

#include <fmt/core.h>
#include <hiredis/hiredis.h>
#include <signal.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/tcp.hpp"

namespace signup {
namespace {

namespace tc = treaty::client;
namespace kit = treaty::kit;
using nlohmann::json;

volatile std::sig_atomic_t interrupts = 0;

void check_interrupts() {
  if (scene::is_interrupted()) throw scene::interrupted{};
}

template <class Predicate>
bool eventually(Predicate holds) {
  return kit::eventually(
      [&] {
        check_interrupts();
        return holds();
      },
      std::chrono::seconds{40});
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in{file};
  if (!in) throw std::runtime_error{"cannot read " + file.string()};
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The statements of a file; each ends with a semicolon at the end of a line.
std::vector<std::string> statements(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t from = 0, end = 0; (end = text.find(";\n", from)) != std::string::npos; from = end + 2)
    out.push_back(text.substr(from, end - from));
  return out;
}

/// etcd must be told where the coordinator is before it is there, so it cannot choose a port itself.
std::uint16_t free_port() {
  return kit::refused_port{}.port();
}

std::string coordinator_config(const std::string& etcd, std::uint16_t grpc_port) {
  return fmt::format(
      "RetryInterval: 1\nRetryIntervalMax: 2\nRequestTimeout: 20\n"
      "MicroService:\n  Driver: dtm-driver-gozero\n  Target: etcd://{}/dtmservice\n  EndPoint: 127.0.0.1:{}\n",
      etcd, grpc_port);
}

}  // namespace

void scene::heed_interrupts() {
  struct sigaction remember {};
  remember.sa_handler = [](int) { interrupts = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &remember, nullptr);
}

bool scene::is_interrupted() {
  return interrupts != 0;
}

scene::scene(const programs& of)
    : programs_{of},
      user_{command("user", "--database-port", mariadb_.port()), scratch_.path() / "user.log"},
      tag_{command("tag", "--database-port", mariadb_.port()), scratch_.path() / "tag.log"},
      api_{command("api", "--redis-port", redis_.port()), scratch_.path() / "api.log"} {
  check_interrupts();
  etcd_.start();
  make_tables();
  const std::uint16_t grpc_port = free_port();
  coordinator_ = std::make_unique<kit::treatyd_process>(
      programs_.treatyd, scratch_.path(),
      kit::treatyd_options{.config = coordinator_config(etcd_.endpoint(), grpc_port), .grpc_port = grpc_port});
  start_coordinator();
  start_user();
  start(tag_, "tag.rpc");
  start(api_, "signup.api");
  const std::string address = *instances("signup.api").begin();
  api_port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
}

std::vector<std::string> scene::command(const std::string& role, const std::string& option, std::uint16_t port) const {
  return {programs_.services.string(), "--etcd", etcd_.endpoint(), role, option, std::to_string(port)};
}

void scene::start_coordinator() {
  check_interrupts();
  coordinator_->start();
  if (!eventually([&] { return !instances("dtmservice").empty(); }))
    throw std::runtime_error{"the coordinator is not in etcd"};
}

void scene::start(service& one, const std::string& name) {
  // What was killed is in etcd for some seconds more.
  const auto before = instances(name);
  const auto has_come = [&] {
    if (one.has_ended()) throw std::runtime_error{name + " has ended; its log:\n" + contents(one.log())};
    for (const auto& address : instances(name))
      if (!before.contains(address)) return true;
    return false;
  };
  one.start();
  if (!eventually(has_come)) throw std::runtime_error{name + " is not in etcd; its log:\n" + contents(one.log())};
}

void scene::make_tables() {
  auto session = tc::connect_mysql({.port = mariadb_.port()});
  if (!session) throw std::runtime_error{session.error().detail};
  session_ = *std::move(session);
  const std::filesystem::path source{TREATY_SOURCE_DIR};
  for (const auto* file : {"deploy/compose/mariadb/barrier.sql", "examples/signup/schema.sql"}) {
    for (const auto& statement : statements(contents(source / file))) {
      if (const auto made = session_->execute(statement); !made) throw std::runtime_error{made.error().detail};
    }
  }
}

reply scene::sign_up(const std::string& name, const std::string& tag, bool wait) const {
  check_interrupts();
  const auto answer = kit::request(api_port_, "POST", "/signup",
                                   json{{"name", name}, {"tag", tag}, {"wait", wait}}.dump(), std::chrono::seconds{40});
  const auto body = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) throw std::runtime_error{fmt::format("the API answered {} {}", answer.status, answer.body)};
  return {answer.status, body.value("id", std::int64_t{0}), body.value("gid", ""),
          body.value("outcome", body.value("error", ""))};
}

holdings scene::await(const holdings& wished, const std::string& gid) {
  holdings found;
  static_cast<void>(eventually([&] { return (found = look(gid)) == wished; }));
  return found;
}

holdings scene::look(const std::string& gid) {
  return {rows("select concat(id, ' ', name) from signup_user.users order by id"),
          rows("select concat(user_id, ' ', tag) from signup_tag.tags order by user_id, tag"),
          rows("select concat(branch_id, ' ', op, if(op = reason, '', concat(' by ', reason)))"
               " from dtm_barrier.barrier where gid = ? order by id",
               {gid}),
          last_id(), coordinator_->is_running() ? member_of_saga(gid, "status") : "nobody to ask"};
}

std::string scene::rows(const std::string& sql, const std::vector<std::string>& parameters) {
  const auto found = session_->query(sql, parameters);
  if (!found) throw std::runtime_error{found.error().detail};
  std::string text;
  for (const auto& row : *found) text += (text.empty() ? "" : ", ") + row.front().value_or("null");
  return text;
}

std::string scene::last_id() const {
  struct closer {
    void operator()(redisContext* connection) const { redisFree(connection); }
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
  };
  const std::unique_ptr<redisContext, closer> connection{redisConnect("127.0.0.1", redis_.port())};
  if (connection == nullptr || connection->err != 0) throw std::runtime_error{"Redis is not there"};
  const std::unique_ptr<redisReply, closer> reply{
      static_cast<redisReply*>(redisCommand(connection.get(), "GET signup:user"))};
  return reply != nullptr && reply->type == REDIS_REPLY_STRING ? std::string{reply->str, reply->len} : "";
}

std::string scene::rollback_reason(const std::string& gid) const {
  return member_of_saga(gid, "rollback_reason");
}

std::string scene::member_of_saga(const std::string& gid, const char* member) const {
  const auto answer = kit::get(coordinator_->http_port(), "/api/dtmsvr/query?gid=" + gid);
  const auto body = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !body["transaction"].is_object()) return "unknown to the coordinator";
  return body["transaction"].value(member, "");
}

std::set<std::string> scene::instances(const std::string& name) const {
  std::set<std::string> addresses;
  for (const auto& [key, address] : etcd_.keys(name + "/")) addresses.insert(address);
  return addresses;
}

std::string scene::logs() const {
  std::string text = "--- the coordinator\n" + coordinator_->log_tail();
  for (const auto* one : {&user_, &tag_, &api_})
    text += "--- " + one->log().stem().string() + "\n" + contents(one->log());
  return text;
}

}  // namespace signup
