#include "treaty/client/asio.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <optional>
#include <stdexcept>
#include <thread>

#include "tests/client/modes_fixture.hpp"
#include "treaty/client/workflow.hpp"

namespace treaty::client::test {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;

class Asio : public modes_fixture {
protected:
  /// Runs one coroutine to its end on this thread.
  template <class T>
  T run(asio::awaitable<T> what) {
    asio::io_context context;
    auto ended = asio::co_spawn(context, std::move(what), asio::use_future);
    context.run();
    return ended.get();
  }
  tcc_branch branch(const std::string& name) { return {url(name), url(name), url(name), "{}"}; }
};
INSTANTIATE_TEST_SUITE_P(OverBothProtocols, Asio, both_doors, door_name);

TEST_P(Asio, AwaitsASagaOnTheThreadOfTheContext) {
  const auto here_thread = std::this_thread::get_id();
  const auto body = [&]() -> asio::awaitable<result<void>> {
    auto gid = co_await async_new_gid(where, use_awaitable);
    EXPECT_EQ(std::this_thread::get_id(), here_thread);
    if (!gid) co_return gid.error();
    saga order{where, *gid, {.wait_result = true}};
    order.add(url("Ok"), url("Ok"), "{}").add(url("Refuse"), url("Refuse"), "{}");
    result<void> submitted = co_await async_submit(order, use_awaitable);
    EXPECT_EQ(std::this_thread::get_id(), here_thread);
    co_return submitted;
  };
  const auto ended = run(body());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, errc::refused);
}

TEST_P(Asio, AwaitsATccTransaction) {
  const std::string gid = new_gid();
  const auto ended = run(await_tcc(where, gid, [&](tcc& transaction) -> asio::awaitable<result<void>> {
    auto tried = co_await async_call(transaction, branch("Ok"), use_awaitable);
    EXPECT_EQ(*tried, "fine");
    co_return result<void>{};
  }));
  EXPECT_TRUE(ended);
  EXPECT_TRUE(here().ends(gid, "succeed"));
  EXPECT_EQ(here().story_of(gid), "try 01, confirm 01");
}

TEST_P(Asio, CancelsATccTransactionWhoseCoroutineThrows) {
  const std::string gid = new_gid();
  const auto business = [&](tcc& transaction) -> asio::awaitable<result<void>> {
    auto tried = co_await async_call(transaction, branch("Ok"), use_awaitable);
    EXPECT_TRUE(tried);
    throw std::runtime_error{"a bug"};
  };
  EXPECT_THROW(static_cast<void>(run(await_tcc(where, gid, business))), std::runtime_error);
  EXPECT_TRUE(here().ends(gid, "failed"));
  EXPECT_EQ(here().story_of(gid), "try 01, cancel 01");
}

TEST_P(Asio, TakesCallbacksAndFutures) {
  asio::io_context context;
  std::optional<result<std::string>> by_callback;
  async_new_gid(where, asio::bind_executor(context, [&](result<std::string> gid) { by_callback = std::move(gid); }));
  auto by_future = async_new_gid(where, asio::use_future);
  context.run();  // has work until the callback was called
  ASSERT_TRUE(by_callback.has_value());
  EXPECT_TRUE(*by_callback);
  EXPECT_TRUE(by_future.get());
}

TEST_P(Asio, SendsAMessage) {
  message news{where, new_gid()};
  news.add(url("Ok"), "{}");
  const auto body = [&]() -> asio::awaitable<result<void>> {
    result<void> prepared = co_await async_prepare(news, url("Ok"), use_awaitable);
    if (!prepared) co_return prepared;
    co_return co_await async_submit(news, use_awaitable);
  };
  EXPECT_TRUE(run(body()));
  EXPECT_TRUE(here().ends(news.gid(), "succeed"));
}

// A workflow blocks while it works; a pool takes that off the thread of the context.
TEST_P(Asio, AwaitsAWorkflowThatRunsOnAPool) {
  asio::thread_pool pool{1};
  workflow_engine engine{where, url("Resume")};
  const auto here_thread = std::this_thread::get_id();
  ASSERT_TRUE(engine.define("trip", [&](workflow& self, const std::string&) {
    EXPECT_NE(std::this_thread::get_id(), here_thread);
    return self.branch()->get().call(url("Ok"), "{}");
  }));
  const auto body = [&]() -> asio::awaitable<result<std::string>> {
    co_return co_await async_run(
        pool.get_executor(), [&] { return engine.execute("trip", new_gid(), ""); }, use_awaitable);
  };
  const auto ended = run(body());
  ASSERT_TRUE(ended) << ended.error().detail;
  EXPECT_EQ(*ended, "fine");
}

// Whoever lets go of everything while a call is under way is told so, and nothing hangs.
TEST_P(Asio, EndsWhatIsUnderWayWhenTheLastHandleGoes) {
  std::promise<result<std::string>> answer;
  auto arrived = answer.get_future();
  {
    const coordinator brief = here().connect(GetParam());
    brief.async_new_gid([&answer](result<std::string> gid) { answer.set_value(std::move(gid)); });
  }
  EXPECT_EQ(arrived.wait_for(std::chrono::seconds{20}), std::future_status::ready);
}

}  // namespace
}  // namespace treaty::client::test
