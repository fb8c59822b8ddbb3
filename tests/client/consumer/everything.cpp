// Every public header, and something of every library: what is missing from an installation shows here.
#include <treaty/client/asio.hpp>
#include <treaty/client/grpc.hpp>
#include <treaty/client/http.hpp>
#include <treaty/client/mysql.hpp>
#include <treaty/client/postgresql.hpp>
#include <treaty/client/redis.hpp>
#include <treaty/client/workflow.hpp>

#include <functional>

namespace tc = treaty::client;

int main() {
  const auto over_http = tc::http_coordinator("http://127.0.0.1:1/api/dtmsvr");
  const auto over_grpc = tc::grpc_coordinator("127.0.0.1:1");
  tc::workflow_engine engine{over_grpc, "127.0.0.1:1/workflow.Workflow/Execute"};
  const auto service = tc::make_workflow_service(engine);
  const bool nobody_answers = !over_http.new_gid() && !tc::connect_mysql({.port = 1}) &&
                              !tc::connect_postgresql("host=127.0.0.1 port=1") && service != nullptr;
  const std::function take_number = tc::add_behind_barrier;
  return nobody_answers && take_number ? 0 : 1;
}
