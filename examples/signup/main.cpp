// One program with the three roles of a sign-up. Each takes a free port, and is found through etcd.
#include <fmt/core.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "examples/signup/etcd.hpp"
#include "examples/signup/services.hpp"
#include "examples/signup/sign_up.hpp"
#include "examples/story/http.hpp"

namespace signup {
namespace {

constexpr std::size_t text_bytes_max = 64;  // as in schema.sql

/// Blocks the signals that end a service in every thread started later; `await` takes them.
class interrupts {
public:
  interrupts() {
    ::sigemptyset(&signals_);
    ::sigaddset(&signals_, SIGINT);
    ::sigaddset(&signals_, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  void await() const {
    int signal = 0;
    ::sigwait(&signals_, &signal);
  }

private:
  sigset_t signals_{};
};

/// Is found under `name` until a signal comes; then leaves etcd, so that nobody is sent here any more.
void be_found(const interrupts& end, etcd& at, const std::string& name, int port) {
  const std::string address = fmt::format("127.0.0.1:{}", port);
  fmt::print("{} serves at {}\n", name, address);
  std::fflush(stdout);
  const registration found{at, name, address};
  end.await();
}

int serve_branches(const interrupts& end, etcd& at, const std::string& name, grpc::Service& service) {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  be_found(end, at, name, port);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds{5});
  return 0;
}

const char* to_text(outcome of) {
  switch (of) {
    case outcome::accepted:
      return "accepted";
    case outcome::done:
      return "done";
    case outcome::refused:
      return "refused";
    case outcome::under_way:
      return "under way";
  }
  return "";
}

bool is_text(const nlohmann::json& body, const char* member) {
  const auto found = body.find(member);
  if (found == body.end() || !found->is_string()) return false;
  const auto& text = found->get_ref<const std::string&>();
  return !text.empty() && text.size() <= text_bytes_max;
}

story::answer error(int status, const std::string& why) {
  return {status, nlohmann::json{{"error", why}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

/// POST /signup {"name":"ann","tag":"chess","wait":true}
story::answer answer(sign_ups& to, const story::request& in) {
  if (in.path != "/signup") return error(404, "there is POST /signup only");
  const auto body = nlohmann::json::parse(in.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !is_text(body, "name") || !is_text(body, "tag"))
    return error(400, "name and tag are to be texts of at most 64 bytes");
  const auto wait = body.find("wait");
  const auto made = to.begin({body["name"], body["tag"], wait != body.end() && *wait == true});
  if (!made) return error(503, made.error().detail);
  return {200, nlohmann::json{{"id", made->id}, {"gid", made->gid}, {"outcome", to_text(made->outcome)}}.dump()};
}

int serve_api(const interrupts& end, etcd& at, const redis_address& ids) {
  sign_ups to{at, ids};
  const story::http_server server{[&](const story::request& in) { return answer(to, in); }};
  be_found(end, at, "signup.api", server.port());
  return 0;
}

}  // namespace
}  // namespace signup

int main(int argc, char** argv) {
  CLI::App app{"A service of the sign-up: user, tag, or the API in front of them"};
  std::string etcd_endpoint = "127.0.0.1:2379";
  treaty::client::mysql_options database;
  signup::redis_address ids{"127.0.0.1", 6379};
  app.add_option("--etcd", etcd_endpoint, "host:port")->capture_default_str();
  app.require_subcommand(1);
  CLI::App* const user = app.add_subcommand("user", "The gRPC service of the user names, user.rpc in etcd");
  CLI::App* const tag = app.add_subcommand("tag", "The gRPC service of the tags, tag.rpc in etcd");
  CLI::App* const api = app.add_subcommand("api", "The HTTP API, signup.api in etcd");
  for (CLI::App* const branch : {user, tag}) {
    branch->add_option("--database-host", database.host)->capture_default_str();
    branch->add_option("--database-port", database.port)->capture_default_str();
    branch->add_option("--database-user", database.user)->capture_default_str();
    branch->add_option("--database-password", database.password)->envname("SIGNUP_DATABASE_PASSWORD");
  }
  api->add_option("--redis-host", ids.host)->capture_default_str();
  api->add_option("--redis-port", ids.port)->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const signup::interrupts end;  // before any thread
  signup::etcd etcd{etcd_endpoint};
  if (*api) return signup::serve_api(end, etcd, ids);
  if (*user) {
    database.database = "signup_user";
    signup::user_service service{database};
    return signup::serve_branches(end, etcd, "user.rpc", service);
  }
  database.database = "signup_tag";
  signup::tag_service service{database};
  return signup::serve_branches(end, etcd, "tag.rpc", service);
}
