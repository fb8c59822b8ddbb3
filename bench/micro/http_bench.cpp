// What does HTTP cost beside the sockets: requests of clients read, routed and answered, calls of branches written, and
// their answers read?
#include <prometheus/registry.h>

#include <boost/asio/buffer.hpp>
#include <map>
#include <memory>
#include <string>

#include "bench/micro/measure.hpp"
#include "bench/micro/requests.hpp"
#include "net/http/careful_put.hpp"
#include "net/http/reply_head.hpp"
#include "net/http/request_reader.hpp"
#include "net/http/request_text.hpp"
#include "net/http/response_reader.hpp"
#include "net/http/router.hpp"

namespace treaty {
namespace {

/// As a connection does with what it has read. False: the bytes are not one whole message.
template <class Reader>
bool read_whole(Reader& reader, std::string_view bytes) {
  boost::beast::error_code error;
  while (!error && !reader.is_done() && !bytes.empty()) {
    bytes.remove_prefix(careful_put(reader, boost::asio::const_buffer{bytes.data(), bytes.size()}, error));
  }
  return !error && reader.is_done() && bytes.empty();
}

void read_request(benchmark::State& bench) {
  const std::string bytes = micro::http_submit();
  received_request request;
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    request.clear();
    request_reader reader{request, 64u << 10, 1u << 20};
    if (!read_whole(reader, bytes)) bench.SkipWithError("the request was not read");
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(read_request)->Name("http/read_request");

class silent_responder final : public http_responder {
public:
  void reply(http_reply what) override { benchmark::DoNotOptimize(what.status); }
};

/// With the request's metrics, and a handler that answers at once.
void route_request(benchmark::State& bench) {
  prometheus::Registry registry;
  http_router router{registry};
  for (const char* path : {"/api/dtmsvr/newGid", "/api/dtmsvr/prepare", "/api/dtmsvr/submit", "/api/dtmsvr/abort"}) {
    router.add("POST", path, [](const http_request&, std::shared_ptr<http_responder> to) {
      to->reply({.status = 200, .body = R"({"dtm_result":"SUCCESS"})", .headers = {}});
    });
  }
  const auto responder = std::make_shared<silent_responder>();
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) router.handle({"POST", "/api/dtmsvr/submit", {}, {}}, responder);
}
BENCHMARK(route_request)->Name("http/route_request");

void write_reply(benchmark::State& bench) {
  const http_reply reply{.status = 200, .body = R"({"dtm_result":"SUCCESS"})", .headers = {}};
  std::string out;
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    out.clear();
    append_reply_head(out, reply, reply.body.size(), connection_end::keep);
    out += reply.body;
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_reply)->Name("http/write_reply");

void write_branch_request(benchmark::State& bench) {
  const std::map<std::string, std::string> headers{{"x-tenant", "t-17"},
                                                   {"x-trace", "4bf92f3577b34da6a3ce929d0e0e4736"}};
  outgoing_request request;
  request.url.authority = "bank-a.internal:8081";
  request.target = "/api/busi/TransOut?branch_id=01&gid=cmjz5qujUXwLGqinEj6dqj&op=action&trans_type=saga";
  request.method = "POST";
  request.body = micro::payload;
  request.headers = &headers;
  std::string out;
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    out.clear();
    append_request_head(out, request, "treaty/1.0", identifying_headers::sent);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_branch_request)->Name("http/write_branch_request");

void read_branch_answer(benchmark::State& bench) {
  constexpr std::string_view bytes =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
      "Content-Length: 25\r\n\r\n{\"dtm_result\":\"SUCCESS\"}\n";
  response_parts answer;
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    response_reader reader{answer, 1u << 20, 64u << 10};
    if (!read_whole(reader, bytes)) bench.SkipWithError("the answer was not read");
    benchmark::DoNotOptimize(answer);
    answer.clear();
  }
}
BENCHMARK(read_branch_answer)->Name("http/read_branch_answer");

}  // namespace
}  // namespace treaty
