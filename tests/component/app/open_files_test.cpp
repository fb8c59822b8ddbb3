// Few files: clients, however many there are, leave the store those that it needs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/tcp.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::uint64_t files_max = 300;
constexpr int clients = 400;
constexpr double needed_by_the_store = 64;  // and none of those that it has open by now

/// What the server says to one request on a connection of its own, which stays open; empty: it closed it.
std::string ask(kit::tcp_stream& over, const std::string& path) {
  const auto deadline = kit::steady::now() + 10s;
  std::string answer;
  if (!over.write("GET " + path + " HTTP/1.1\r\nHost: here\r\n\r\n", deadline)) return answer;
  while (answer.find("\r\n\r\n") == std::string::npos &&
         over.read_some(answer, deadline) == kit::tcp_stream::read_end::bytes) {
  }
  return answer;
}

double open_files_of(const kit::treatyd_process& process) {
  return static_cast<double>(
      std::distance(std::filesystem::directory_iterator{"/proc/" + std::to_string(process.pid()) + "/fd"}, {}));
}

TEST(FewOpenFiles, AreNotAllTakenByClients) {
  const kit::scratch_directory directory;
  kit::treatyd_process treatyd{TREATYD_BINARY, directory.path(), {.open_files_max = files_max}};
  treatyd.start();
  std::vector<kit::tcp_stream> held;
  int served = 0;
  int refused = 0;
  for (int i = 0; i < clients; ++i) {
    held.push_back(kit::tcp_stream::connect_to(i % 2 == 0 ? treatyd.http_port() : treatyd.grpc_port()));
    if (i % 2 != 0) continue;
    const std::string answer = ask(held.back(), "/api/dtmsvr/newGid");
    served += answer.starts_with("HTTP/1.1 200") ? 1 : 0;
    refused += answer.starts_with("HTTP/1.1 503") ? 1 : 0;
  }
  EXPECT_GT(served, 0);
  EXPECT_GT(refused, 0);
  EXPECT_LT(open_files_of(treatyd), static_cast<double>(files_max) - needed_by_the_store);
  EXPECT_TRUE(ask(held.front(), "/readyz").starts_with("HTTP/1.1 200")) << "who is connected is served";

  held.clear();
  EXPECT_TRUE(kit::eventually([&] {
    kit::tcp_stream again = kit::tcp_stream::connect_to(treatyd.http_port());
    return ask(again, "/readyz").starts_with("HTTP/1.1 200");
  }));
}

TEST(FewOpenFiles, AreRefusedAtTheStart) {
  const kit::scratch_directory directory;
  kit::treatyd_process treatyd{TREATYD_BINARY, directory.path(), {.open_files_max = 100}};
  treatyd.launch();
  EXPECT_EQ(treatyd.await_end(30s), 1);
  EXPECT_THAT(treatyd.log_tail(), HasSubstr("this process may open 100 files and needs at least 256"));
}

}  // namespace
}  // namespace treaty
