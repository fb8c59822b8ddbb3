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
  /// Those where nobody was found when they were tried last come behind the others.
  const list& known() const { return known_; }
  void missed(const boost::asio::ip::tcp::endpoint& where);
  void found(const boost::asio::ip::tcp::endpoint& where);
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
  void sort();

  bool is_given_ = false;
  list known_;
  list missed_;  // of them, the one that was missed last at the end
  clock::time_point fresh_until_{};
  bool asking_ = false;
};

}  // namespace treaty
