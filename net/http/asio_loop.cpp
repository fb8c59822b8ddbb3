#include "net/http/asio_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <thread>
#include <utility>

#include "net/http/name_resolver.hpp"

namespace treaty {
namespace {

namespace asio = boost::asio;
using lane_executor = asio::io_context::executor_type;
using lane_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, lane_executor>;

}  // namespace

class asio_loop::state {
public:
  explicit state(name_look_up look_up) : names{io, std::move(look_up.ask)} {}

  asio::io_context io{1};  // one thread runs it
  name_resolver names;
  asio::executor_work_guard<lane_executor> alive{io.get_executor()};
  lane_timer alarm{io};
  std::thread thread;
  std::uint64_t alarms_set = 0;  // a wait that was replaced after it had fired must not run
};

asio_loop::asio_loop() : asio_loop{name_look_up{}} {}
asio_loop::asio_loop(name_look_up names) : state_{std::make_unique<state>(std::move(names))} {}
asio_loop::~asio_loop() = default;

boost::asio::io_context& asio_loop::io() {
  return state_->io;
}

name_resolver& asio_loop::names() {
  return state_->names;
}

void asio_loop::post(std::function<void()> work) {
  asio::post(state_->io.get_executor(), std::move(work));
}

void asio_loop::wake_at(time_point when, std::function<void()> work) {
  state_->alarm.expires_after(when - now());  // cancels the wait before
  const std::uint64_t mine = ++state_->alarms_set;
  state_->alarm.async_wait([this, mine, work = std::move(work)](const boost::system::error_code& error) {
    if (!error && mine == state_->alarms_set) work();
  });
}

bool asio_loop::on_thread() const {
  return state_->io.get_executor().running_in_this_thread();
}

void asio_loop::start(std::function<void()> begin, std::function<void()> end) {
  state_->thread = std::thread{[this, begin = std::move(begin), end = std::move(end)] {
    begin();
    run();
    end();
  }};
}

void asio_loop::join() {
  if (state_->thread.joinable()) state_->thread.join();
}

void asio_loop::pause(std::chrono::milliseconds span) {
  std::this_thread::sleep_for(span);
}

void asio_loop::run() {
  state_->io.run();
}

void asio_loop::stop() {
  state_->io.stop();
}

}  // namespace treaty
