#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace treaty {

class name_resolver;

/// The addresses of one host and port: given, or asked of the name service and kept for a while. Threads: the lane's
/// own.
class host_addresses : public std::enable_shared_from_this<host_addresses> {
public:
  using clock = std::chrono::steady_clock;
  using list = std::vector<boost::asio::ip::tcp::endpoint>;
  /// Hears that the name service has answered; `why_none` is for the case that nothing is known.
  using heard = std::function<void(std::string_view why_none)>;

  host_addresses(name_resolver& names, std::string host, std::uint16_t port, std::chrono::milliseconds kept);
  /// What the name service said last, as long as it said something; or the host is an address itself.
  const list& known() const { return known_; }
  /// Asking again can wait until then.
  clock::time_point fresh_until() const { return fresh_until_; }
  /// The host may have moved.
  void doubt();
  /// Does nothing while a question is under way. `then` runs later, never inline, unless this object is gone by then.
  void ask(heard then);
  bool is_asking() const { return asking_; }

private:
  name_resolver& names_;
  const std::string host_;
  const std::uint16_t port_;
  const std::chrono::milliseconds kept_;
  bool is_given_ = false;
  list known_;
  clock::time_point fresh_until_{};
  bool asking_ = false;
};

}  // namespace treaty
