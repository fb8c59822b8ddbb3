#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/deadlines.hpp"
#include "net/http/exchange.hpp"
#include "net/http/lane_socket.hpp"
#include "net/http/response_reader.hpp"
#include "net/http/tls_layer.hpp"

namespace treaty {

/// How a connection's exchange ended without a whole answer.
enum class break_kind : std::uint8_t {
  stale = 1,  // reused, and closed by the participant before the first byte of an answer
  broken,     // anything else
};

/// Hears what becomes of a connection; each but the first two is called at most once for one `open` or `start`.
class connection_owner {
public:
  virtual ~connection_owner() = default;
  /// Sets the time that the next step of opening it has, while so many other addresses are left to try.
  virtual void trying(http_connection& one, std::size_t others) = 0;
  /// Nobody was found there.
  virtual void missed(const boost::asio::ip::tcp::endpoint& where) = 0;
  virtual void connected(http_connection& one) = 0;
  virtual void connect_failed(http_connection& one, std::string_view why) = 0;
  /// `reusable`: the connection is idle now, and may be started again; otherwise it is closed.
  virtual void answered(http_connection& one, exchange_ptr what, response_parts& answer, bool reusable) = 0;
  virtual void broke(http_connection& one, exchange_ptr what, break_kind how, std::string_view why) = 0;
  /// The participant closed an idle connection.
  virtual void left(http_connection& one) = 0;
};

struct connection_limits {
  std::size_t body_bytes_max = 4u << 20;
  std::uint32_t header_bytes_max = 64 * 1024;
  unsigned interim_answers_max = 8;                         // 1xx before the real one
  int descriptors_below = std::numeric_limits<int>::max();  // as http_client_options has it
};

/// One connection to one destination: one exchange at a time, always reading, so that a participant's close is seen at
/// once. Threads: the lane's own.
class http_connection final : public std::enable_shared_from_this<http_connection>, public deadline_entry {
public:
  using endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

  http_connection(boost::asio::io_context& io, connection_owner& owner, const connection_limits& limits,
                  std::string_view user_agent);
  /// Connects to the first of `addresses` where somebody is, and shakes hands when `trust` is set. There is one at
  /// least.
  void open(endpoints addresses, std::shared_ptr<tls_trust> trust, const std::string& host);
  /// The address that is tried, or was found.
  const boost::asio::ip::tcp::endpoint& where() const { return addresses_[tried_ - 1]; }
  /// Precondition: connected, and no exchange on it.
  void start(exchange_ptr what);
  /// Ends it; the owner hears nothing more. Returns the exchange that was on it, if any.
  exchange_ptr close();
  /// A step of opening it took too long.
  void expired() override;

  std::chrono::steady_clock::time_point idle_since{};
  std::size_t position = 0;  // in the owner's list

private:
  void try_next();
  void missed(std::string_view why);
  void connected();
  void connect_failed(std::string_view why);
  void read();
  void received(const boost::system::error_code& error, std::size_t bytes);
  void parse();
  void cut();
  void end_of_stream(const boost::system::error_code& error);
  void finish();
  void send();
  void sent(const boost::system::error_code& error);
  void fail(std::string_view why);

  lane_socket socket_;
  std::unique_ptr<tls_layer> tls_;
  connection_owner& owner_;
  const connection_limits& limits_;
  std::string_view user_agent_;
  endpoints addresses_;
  std::size_t tried_ = 0;  // of them
  boost::beast::flat_buffer buffer_;
  response_parts answer_;
  std::optional<response_reader> reader_;
  std::string head_;  // of the request; keeps its memory
  exchange_ptr exchange_;
  std::shared_ptr<const void> body_being_sent_;  // outlives the exchange when the kernel is slow to take it
  std::size_t read_size_ = 2048;
  unsigned interim_answers_ = 0;
  bool is_connected_ = false;  // but perhaps no hands shaken yet
  bool open_ = false;
  bool closed_ = false;
  bool was_used_ = false;
  bool sending_ = false;
};

}  // namespace treaty
