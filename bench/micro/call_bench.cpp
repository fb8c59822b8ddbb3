// What does one branch call over HTTP cost the coordinator, with kept connections? The participant is a thread of this
// process that answers bytes; `cpu_us` is the lane thread's processor time for each call.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <prometheus/registry.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <ctime>
#include <future>
#include <string>
#include <string_view>
#include <thread>

#include "net/http/branch_http_client.hpp"
#include "net/http/client_metrics.hpp"

namespace treaty {
namespace {

constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
    "Content-Length: 25\r\n\r\n{\"dtm_result\":\"SUCCESS\"}\n";

/// Answers whatever arrives: one request at a time stands on a connection.
class answering_peer {
public:
  answering_peer() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_, 1024);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    poll_ = ::epoll_create1(EPOLL_CLOEXEC);
    watch(listener_);
    thread_ = std::thread{[this] { run(); }};
  }
  ~answering_peer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(poll_);
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/api/busi/TransOut"; }

private:
  void watch(int descriptor) {
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.fd = descriptor;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, descriptor, &interest);
  }
  void run() {
    std::array<epoll_event, 256> ready;
    for (;;) {
      const int count = ::epoll_wait(poll_, ready.data(), static_cast<int>(ready.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int descriptor = ready[static_cast<std::size_t>(i)].data.fd;
        if (descriptor != listener_) {
          serve(descriptor);
        } else if (!accept_one()) {
          return;
        }
      }
    }
  }
  bool accept_one() {
    const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) return false;
    const int on = 1;
    ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(accepted);
    return true;
  }
  static void serve(int descriptor) {
    std::array<char, 4096> request;
    if (::recv(descriptor, request.data(), request.size(), 0) <= 0) {
      ::close(descriptor);
      return;
    }
    ::send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  int listener_ = -1;
  int poll_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// `left` calls, `at_once` of them in flight, all from the lane's thread.
class call_chain {
public:
  call_chain(branch_client& client, const std::string& url) : client_{client}, url_{url} {}
  void start(std::size_t total, std::size_t at_once) {
    left_to_start_ = left_to_end_ = total;
    for (std::size_t i = 0; i < at_once; ++i) next();
  }
  std::future<bool> ended() { return ended_.get_future(); }

private:
  void next() {
    if (left_to_start_ == 0) return;
    --left_to_start_;
    branch_call call;
    call.gid = "cmjz5qujUXwLGqinEj6dqj";
    call.id = branch_id{"01"};
    call.op = "action";
    call.url = url_;
    call.payload = R"({"amount":30,"transInResult":"","transOutResult":""})";
    client_.call(std::move(call), [this](branch_reply reply) {
      failed_ |= reply.outcome != call_outcome::success;
      if (--left_to_end_ == 0) return ended_.set_value(!failed_);
      next();
    });
  }

  branch_client& client_;
  const std::string& url_;
  std::size_t left_to_start_ = 0;
  std::size_t left_to_end_ = 0;
  bool failed_ = false;
  std::promise<bool> ended_;
};

double cpu_seconds(pthread_t thread) {
  clockid_t clock{};
  timespec spent{};
  pthread_getcpuclockid(thread, &clock);
  clock_gettime(clock, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

void BM_HttpBranchCall(benchmark::State& bench) {
  constexpr std::size_t calls = 10'000;
  answering_peer peer;
  const std::string url = peer.url();
  prometheus::Registry registry;
  http_client_metrics metrics{registry};
  const auto loop = std::make_shared<asio_loop>();
  branch_http_client client{std::make_shared<http_transport>(loop, http_client_options{}, metrics)};
  std::thread lane{[&] { loop->run(); }};
  const double before = cpu_seconds(lane.native_handle());
  for (auto _ : bench) {
    call_chain chain{client, url};
    auto ended = chain.ended();
    loop->post([&] { chain.start(calls, static_cast<std::size_t>(bench.range(0))); });
    if (!ended.get()) bench.SkipWithError("a call failed");
  }
  const double spent = cpu_seconds(lane.native_handle()) - before;
  const auto made = bench.iterations() * static_cast<std::int64_t>(calls);
  bench.SetItemsProcessed(made);
  bench.counters["cpu_us"] = spent * 1e6 / static_cast<double>(made);
  loop->stop();
  lane.join();
}
BENCHMARK(BM_HttpBranchCall)->ArgName("in_flight")->Arg(1)->Arg(16)->Arg(64)->Arg(256)->UseRealTime();

}  // namespace
}  // namespace treaty
