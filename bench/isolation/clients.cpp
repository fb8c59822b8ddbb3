#include "bench/isolation/clients.hpp"

#include <fmt/core.h>

#include <chrono>

#include "tests/kit/http_message.hpp"

namespace treaty::isolation {
namespace {

using kit::steady;
constexpr std::chrono::seconds answer_limit{30};

std::string request_of(const client_plan& plan, const std::string& gid) {
  const std::string step = fmt::format(R"({{"action":"{0}","compensate":"{0}"}})", plan.url);
  const std::string body = fmt::format(
      R"({{"gid":"{}","trans_type":"saga","steps":[{},{}],"payloads":["{{}}","{{}}"],"protocol":"{}","wait_result":{}}})",
      gid, step, step, plan.url.starts_with("http") ? "http" : "grpc", plan.what == waits_for::result);
  return fmt::format(
      "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      body.size(), body);
}

/// A connection that is opened anew when it broke.
class connection {
public:
  explicit connection(std::uint16_t port) : port_{port} {}
  int ask(const std::string& request) {
    try {
      if (!stream_.is_open()) stream_ = kit::tcp_stream::connect_to(port_);
    } catch (const std::runtime_error&) {
      return 0;
    }
    const auto deadline = steady::now() + answer_limit;
    if (stream_.write(request, deadline)) {
      if (const auto answer = kit::read_message(stream_, buffered_, kit::message_kind::response, deadline))
        return answer->status();
    }
    stream_.close();
    buffered_.clear();
    return 0;
  }

private:
  const std::uint16_t port_;
  kit::tcp_stream stream_;
  std::string buffered_;
};

}  // namespace

client_group::client_group(client_plan plan) : plan_{std::move(plan)}, latencies_(plan_.clients) {
  for (std::size_t number = 0; number < plan_.clients; ++number) threads_.emplace_back([this, number] { run(number); });
}

void client_group::run(std::size_t number) {
  const auto pause =
      std::chrono::nanoseconds{static_cast<std::int64_t>(1e9 * static_cast<double>(plan_.clients) / plan_.per_second)};
  connection to{plan_.port};
  auto moment = steady::now() + pause * static_cast<std::int64_t>(number) / static_cast<std::int64_t>(plan_.clients);
  for (std::uint64_t saga = 0; !stopping_; ++saga, moment += pause) {
    std::this_thread::sleep_until(moment);
    const bool counts = measuring_;
    const int status = to.ask(request_of(plan_, fmt::format("{}-{}-{}", plan_.name, number, saga)));
    if (status != 200) ++failures_;
    if (counts) latencies_[number].push_back(std::chrono::nanoseconds{steady::now() - moment}.count());
  }
}

void client_group::stop() {
  stopping_ = true;
  for (std::thread& one : threads_)
    if (one.joinable()) one.join();
}

load::latency_histogram client_group::latency() const {
  load::latency_histogram all;
  for (const auto& one : latencies_)
    for (const std::int64_t each : one) all.add(each);
  return all;
}

}  // namespace treaty::isolation
