#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http/connect_breaker.hpp"
#include "net/http2/grpc_connection.hpp"
#include "net/http2/host_addresses.hpp"

namespace treaty {

/// One host and port: a connection to each of its addresses, which share the calls in turns; more of them when a peer
/// allows few calls on one; and the calls that wait for their turn, first come, first served.
class grpc_destination final : public grpc_connection_owner {
public:
  using clock = std::chrono::steady_clock;

  /// `address` is shown; `host` and `port` are its parts.
  grpc_destination(grpc_client_core& core, std::string address, std::string host, std::uint16_t port);
  ~grpc_destination() override;

  /// Starts it, queues it, or fails it.
  void take(grpc_exchange_ptr what);
  /// Removes a call whose time is over, wherever it is.
  grpc_exchange_ptr abandon(grpc_exchange& late);
  /// Closes what was idle for long, opens what is missing, and looks after silent peers.
  void tidy(clock::time_point now);
  /// Nobody waits for it or for its peers.
  bool is_idle() const { return in_flight_ == 0 && waiting_.empty() && !addresses_->is_asking(); }
  bool is_tripped() const;
  clock::time_point used() const { return used_; }

  void connected(grpc_connection& one) override;
  void connect_failed(grpc_connection& one, std::string_view why) override;
  void progressed(grpc_connection& one, std::vector<ended_call> ended) override;
  void left(grpc_connection& one, std::vector<grpc_exchange_ptr> broken, std::string_view why) override;

private:
  /// One address: what is known of its health, and how many connections lead there.
  struct path {
    path(const grpc_connection::endpoint& to, breaker_options options) : where{to}, breaker{options} {}
    grpc_connection::endpoint where;
    connect_breaker breaker;
    std::size_t connections = 0;
    bool is_listed = true;
  };
  struct link {
    std::shared_ptr<grpc_connection> connection;
    path* via;
  };

  void enqueue(std::list<grpc_exchange_ptr>::const_iterator before, grpc_exchange_ptr what);
  grpc_exchange_ptr dequeue(std::list<grpc_exchange_ptr>::iterator which);
  grpc_connection* pick();
  void start(grpc_connection& on, grpc_exchange_ptr what);
  void serve();
  void open_connections();
  void open_missing(clock::time_point now);
  void open_one(path& via, clock::time_point now);
  path* widest_path(clock::time_point now);
  bool is_connecting() const;
  void ask_for_addresses();
  void addresses_found(const host_addresses::list& found, std::string_view why_none);
  void list_paths(const host_addresses::list& found);
  link forget(grpc_connection& one);
  void again(grpc_exchange_ptr what);
  void fail_all_waiting(std::string_view why);
  std::string refusal(clock::time_point now) const;
  void show_breaker();

  grpc_client_core& core_;
  const std::string address_;
  const std::string host_;
  const std::shared_ptr<host_addresses> addresses_;
  connect_breaker names_;  // as the name service answers
  std::vector<std::unique_ptr<path>> paths_;
  std::vector<link> links_;
  std::size_t cursor_ = 0;  // of `links_`: whose turn it is
  std::list<grpc_exchange_ptr> waiting_;
  std::size_t in_flight_ = 0;
  clock::time_point used_{};
  bool shown_tripped_ = false;
};

}  // namespace treaty
