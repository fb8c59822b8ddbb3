// What does gRPC cost beside the sockets? Our client's side of a connection speaks to our server's side, 64 unary calls
// at a time; one of the two is measured. Headers are packed as they are on a connection that has been open for a while.
#include <array>
#include <map>
#include <memory>
#include <string>

#include "bench/micro/measure.hpp"
#include "bench/micro/requests.hpp"
#include "net/grpc/rpc_session.hpp"
#include "net/http2/call_metadata.hpp"
#include "net/http2/grpc_session.hpp"

namespace treaty {
namespace {

constexpr std::size_t calls = 64;
constexpr std::size_t output_max = 1u << 20;

class connection {
public:
  connection() {
    methods_.add(method_, {rpc_asks::once, {}});
    say_hello();
  }

  /// A branch call as the client makes it, up to the bytes that the socket takes.
  void make_calls() {
    for (std::size_t at = 0; at < calls; ++at) client_.start(one_call(), {});
    to_server_.clear();
    ok_ &= static_cast<bool>(client_.produce(to_server_, output_max));
  }
  /// A request as the server reads it and answers it, without what serves it.
  void serve_calls() {
    ok_ &= static_cast<bool>(server_.receive(to_server_, {}));
    for (const rpc_message& one : server_.take_messages()) server_.finish(one.stream, std::string_view{});
    to_client_.clear();
    ok_ &= static_cast<bool>(server_.produce(to_client_, output_max));
  }
  void hear_answers() {
    ok_ &= static_cast<bool>(client_.receive(to_client_));
    std::size_t answered = 0;
    for (const ended_call& one : client_.take_ended()) answered += one.how.code == 0 ? 1 : 0;
    ok_ &= answered == calls;
  }
  bool is_well() const { return ok_; }

private:
  void say_hello() {
    for (int turn = 0; turn < 2; ++turn) {
      to_server_.clear();
      to_client_.clear();
      ok_ &= client_.produce(to_server_, output_max) && server_.receive(to_server_, {});
      ok_ &= server_.produce(to_client_, output_max) && client_.receive(to_client_);
    }
    ok_ &= client_.capacity() >= calls;
  }

  grpc_exchange_ptr one_call() {
    auto what = std::make_unique<grpc_exchange>(nullptr);
    what->target = {"bank-a.internal:8082", method_};
    what->authority = "bank-a.internal:8082";
    what->call.gid = "cmjz5qujUXwLGqinEj6dqj";
    what->call.id = branch_id{"01"};
    what->call.op = "action";
    what->call.payload = micro::payload;
    what->call.headers = &headers_;
    what->metadata = *call_metadata(what->call);
    what->deadline = grpc_session::clock::time_point{} + std::chrono::seconds{3};
    return what;
  }

  const std::string method_ = "/busi.Busi/TransOut";
  const std::map<std::string, std::string> headers_{{"x-tenant", "t-17"}};
  rpc_table methods_;
  rpc_limits limits_;
  rpc_budget budget_;
  rpc_session server_{methods_, limits_, budget_};
  grpc_session client_{"treaty/1.0"};
  std::string to_server_;
  std::string to_client_;
  bool ok_ = true;
};

enum class side : std::uint8_t { client, server };

void run_calls(benchmark::State& bench, side measured_side) {
  connection between;
  micro::measured_part measured{bench, calls};
  for (auto _ : bench) {
    if (measured_side == side::server) measured.pause();
    between.make_calls();
    measured_side == side::server ? measured.resume() : measured.pause();
    between.serve_calls();
    measured_side == side::server ? measured.pause() : measured.resume();
    between.hear_answers();
    if (measured_side == side::server) measured.resume();
    if (!between.is_well()) bench.SkipWithError("a call was not answered");
  }
}

void branch_calls(benchmark::State& bench) {
  run_calls(bench, side::client);
}
BENCHMARK(branch_calls)->Name("grpc/branch_call");

void served_calls(benchmark::State& bench) {
  run_calls(bench, side::server);
}
BENCHMARK(served_calls)->Name("grpc/serve_call");

}  // namespace
}  // namespace treaty
