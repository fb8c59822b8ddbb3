#include "net/http/name_resolver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "tests/kit/eventually.hpp"

namespace treaty {
namespace {

using boost::asio::ip::tcp;

name_resolver::answer found(std::uint16_t port) {
  return {{tcp::endpoint{boost::asio::ip::address_v4::loopback(), port}}, ""};
}

class NameResolver : public testing::Test {
protected:
  void until(const std::function<bool()>& done) {
    EXPECT_TRUE(kit::eventually([&] {
      io.poll();
      return done();
    }));
  }

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive{io.get_executor()};
};

TEST_F(NameResolver, KnowsWhatTheSystemKnows) {
  name_resolver names{io};
  name_resolver::endpoints heard;
  names.ask("localhost", 7, [&](name_resolver::endpoints where, std::string_view) { heard = std::move(where); });
  until([&] { return !heard.empty(); });
  for (const tcp::endpoint& one : heard) {
    EXPECT_TRUE(one.address().is_loopback());
    EXPECT_EQ(one.port(), 7);
  }
}

TEST_F(NameResolver, SaysWhyThereIsNone) {
  name_resolver names{io};
  std::string why;
  names.ask("no such name", 7, [&](const name_resolver::endpoints& where, std::string_view why_none) {
    EXPECT_TRUE(where.empty());
    why = why_none;
  });
  until([&] { return !why.empty(); });
}

// A name server that says nothing of one name is asked for ten seconds.
TEST_F(NameResolver, IsNotHeldUpByANameThatNobodyAnswersFor) {
  std::latch released{1};
  name_resolver names{io, [&](const std::string& host, std::uint16_t port) {
                        if (host == "silent") released.wait();
                        return found(port);
                      }};
  std::string order;
  names.ask("silent", 1, [&](const name_resolver::endpoints&, std::string_view) { order += "silent"; });
  for (int i = 0; i < 3; ++i)
    names.ask("fine", 2, [&](const name_resolver::endpoints&, std::string_view) { order += "fine "; });
  until([&] { return order.size() == 15; });
  released.count_down();
  until([&] { return order.size() == 21; });
  EXPECT_EQ(order, "fine fine fine silent");
}

TEST_F(NameResolver, AsksForManyNamesOneAfterTheOtherWhenItsThreadsAreBusy) {
  std::atomic<std::size_t> at_once{0};
  std::atomic<std::size_t> most{0};
  name_resolver names{io, [&](const std::string&, std::uint16_t port) {
                        most = std::max(most.load(), ++at_once);
                        std::this_thread::yield();
                        --at_once;
                        return found(port);
                      }};
  std::size_t heard = 0;
  for (int i = 0; i < 200; ++i)
    names.ask("name", 1, [&](const name_resolver::endpoints&, std::string_view) { ++heard; });
  until([&] { return heard == 200; });
  EXPECT_LE(most.load(), name_resolver::at_once_max);
}

TEST_F(NameResolver, WaitsForNobodyWhenItEnds) {
  const auto released = std::make_shared<std::latch>(1);
  const auto begun = std::make_shared<std::latch>(1);
  {
    name_resolver names{io, [released, begun](const std::string&, std::uint16_t port) {
                          begun->count_down();
                          released->wait();
                          return found(port);
                        }};
    names.ask("silent", 1, [](const name_resolver::endpoints&, std::string_view) { FAIL() << "it has ended"; });
    begun->wait();
  }
  released->count_down();
  io.poll();
}

}  // namespace
}  // namespace treaty
