#include "treaty/client/http.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>
#include <future>
#include <string_view>

#include "tests/client/world.hpp"

namespace treaty::client::test {
namespace {

constexpr std::string_view silent_name = "silent.test";
std::atomic<bool> is_asked = false;
std::atomic<bool> gives_up = false;

}  // namespace
}  // namespace treaty::client::test

/// Stands before the C library's: a name server that does not answer for one name.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  namespace test = treaty::client::test;
  if (name != nullptr && test::silent_name == name) {
    test::is_asked = true;
    test::is_asked.notify_all();
    test::gives_up.wait(false);
    return EAI_AGAIN;
  }
  static const auto real = reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(name, service, hints, found);
}

namespace treaty::client::test {
namespace {

// One branch's name server is silent; the coordinator, which is known by its address, must be reached all the same.
TEST(HttpCoordinator, ThatIsGivenByAddressIsReachedWithoutANameServer) {
  is_asked = gives_up = false;
  const world here;
  const auto where = http_coordinator(here.dtm_url(), {.call_limit = std::chrono::seconds{10}});
  std::promise<errc> tried;
  where.way().call({.url = "http://silent.test/try", .context = {"gid", "tcc", "01", "try"}},
                   [&](const result<std::string>& answer) { tried.set_value(answer.error().code); });
  is_asked.wait(false);
  const auto gid = where.new_gid();
  EXPECT_TRUE(gid) << gid.error().detail;
  gives_up = true;
  gives_up.notify_all();
  EXPECT_EQ(tried.get_future().get(), errc::unknown);
}

TEST(HttpCoordinator, IsReachedByItsNameToo) {
  world here;
  const auto port = std::to_string(here.treatyd().http_port());
  const auto by_name = http_coordinator("http://localhost:" + port + "/api/dtmsvr");
  const auto gid = by_name.new_gid();
  EXPECT_TRUE(gid) << gid.error().detail;
}

TEST(HttpCoordinator, SaysThatAPortIsNone) {
  const auto nowhere = http_coordinator("http://127.0.0.1:70000/api/dtmsvr").new_gid();
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, errc::unknown) << nowhere.error().detail;
}

}  // namespace
}  // namespace treaty::client::test
