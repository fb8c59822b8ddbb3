#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace treaty {

/// Asks the system's name service for a lane, several names at once: with one thread, which is what Asio's resolver
/// has, a name server that says nothing of one name keeps every other name waiting. Threads are started when they are
/// needed. Destroyed with questions under way, it drops them, and waits for nobody. Threads: the lane's own, or any
/// while the loop does not run.
class name_resolver {
public:
  using endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  /// Runs once, on the lane's thread, later, never inline. `why_none` is for the case that nothing was found.
  using heard = std::function<void(endpoints found, std::string_view why_none)>;

  struct answer {
    endpoints found;
    std::string_view why_none;  // static storage
  };
  /// Blocks. Threads: any, several at once.
  using look_up = std::function<answer(const std::string& host, std::uint16_t port)>;

  static constexpr std::size_t at_once_max = 64;

  static answer ask_system(const std::string& host, std::uint16_t port);
  /// `io` outlives it.
  explicit name_resolver(boost::asio::io_context& io, look_up how = ask_system);
  name_resolver(const name_resolver&) = delete;
  name_resolver& operator=(const name_resolver&) = delete;
  ~name_resolver();

  void ask(std::string host, std::uint16_t port, heard then);

private:
  class desk;
  const std::shared_ptr<desk> desk_;
};

/// For who makes a resolver of his own.
struct name_look_up {
  name_resolver::look_up ask = name_resolver::ask_system;
};

}  // namespace treaty
