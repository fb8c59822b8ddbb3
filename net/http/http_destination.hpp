#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http/client_metrics.hpp"
#include "net/http/connect_breaker.hpp"
#include "net/http/crowd_gate.hpp"
#include "net/http/host_addresses.hpp"
#include "net/http/http_connection.hpp"
#include "net/http/silence_breaker.hpp"

namespace treaty {

/// One scheme, host and port: its connections, the calls that wait for one, and what is known of its health.
class http_destination final : public connection_owner {
public:
  using clock = std::chrono::steady_clock;

  http_destination(http_transport_core& core, const http_url& url);
  ~http_destination() override;

  /// Starts it, queues it, or fails it.
  void take(exchange_ptr what);
  /// Removes a call whose time is over, wherever it is; closes its connection.
  exchange_ptr abandon(exchange& late);
  /// As `branch_client` has it.
  bool is_crowded(std::size_t coming);
  /// Calls that found no room for a connection may try again.
  void there_is_room();
  void close_idle();
  /// Closes connections that were idle for long. Returns true when nothing is left that is worth keeping.
  bool tidy(clock::time_point now);

  void trying(http_connection& one, std::size_t others) override;
  void missed(const boost::asio::ip::tcp::endpoint& where) override;
  void connected(http_connection& one) override;
  void connect_failed(http_connection& one, std::string_view why) override;
  void answered(http_connection& one, exchange_ptr what, response_parts& answer, bool reusable) override;
  void broke(http_connection& one, exchange_ptr what, break_kind how, std::string_view why) override;
  void left(http_connection& one) override;

private:
  void enqueue(std::list<exchange_ptr>::const_iterator before, exchange_ptr what);
  exchange_ptr dequeue(std::list<exchange_ptr>::iterator which);
  void serve(http_connection& one, clock::time_point now);
  void start(http_connection& on, exchange_ptr what, clock::time_point now);
  void start_waiting(http_connection& on, clock::time_point now);
  void open_connections();
  void open_one();
  bool finds_addresses();
  void addresses_found(std::string_view why_none);
  void note_failure(std::string_view why);
  void note_silence();
  void note_word();
  void show_fullness();
  void fail_all_waiting(std::string_view why);
  void refuse_all_waiting(std::string_view why);
  bool has_to_make_room() const;
  void wait_for_room();
  void forget(http_connection& one);
  bool has_working_connection() const { return connections_.size() > connecting_; }

  http_transport_core& core_;
  const std::string origin_;
  const std::string host_;
  const http_scheme scheme_;
  const std::shared_ptr<host_addresses> addresses_;
  connect_breaker breaker_;
  silence_breaker silence_;
  crowd_gate crowd_;
  destination_metrics shown_;
  std::vector<std::shared_ptr<http_connection>> connections_;
  std::vector<http_connection*> idle_;  // the last one that became idle at the end
  std::list<exchange_ptr> waiting_;
  std::size_t connecting_ = 0;
  bool is_without_room_ = false;
  clock::time_point used_{};
};

}  // namespace treaty
