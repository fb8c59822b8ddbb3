#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http/client_metrics.hpp"
#include "net/http/connect_breaker.hpp"
#include "net/http/crowd_gate.hpp"
#include "net/http/silence_breaker.hpp"
#include "net/http2/grpc_connection.hpp"
#include "net/http2/service_addresses.hpp"

namespace treaty {

/// One target, a host and port or a service: a connection to each address of each of its instances, which share the
/// calls in turns; more of them when a peer allows few calls on one; and the calls that wait for their turn, first
/// come, first served. An address that refuses connections is left out while others work, and is tried again now and
/// then.
class grpc_destination final : public grpc_connection_owner {
public:
  using clock = std::chrono::steady_clock;

  grpc_destination(grpc_client_core& core, std::string target);
  ~grpc_destination() override;

  /// Finds out where its instances are. To be called once, before the first call.
  result<void> follow(const discovery& where);
  /// Starts it, queues it, or fails it.
  void take(grpc_exchange_ptr what);
  /// Removes a call whose time is over, wherever it is.
  grpc_exchange_ptr abandon(grpc_exchange& late);
  /// As `branch_client` has it.
  bool is_crowded(std::size_t coming);
  /// Closes what was idle for long, opens what is missing, and looks after silent peers.
  void tidy(clock::time_point now);
  /// Nobody waits for it or for its peers.
  bool is_idle() const { return in_flight_ == 0 && waiting_.empty() && !addresses_.is_asking(); }
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
    std::size_t connecting = 0;  // of them
    std::size_t in_flight = 0;
    bool is_listed = true;
    unsigned silent = 0;                // calls in a row that it let go by
    clock::time_point doubted_until{};  // others go first meanwhile
  };
  struct link {
    std::shared_ptr<grpc_connection> connection;
    path* via;
    clock::time_point opened;
    bool has_carried = false;  // a call, to its end
  };

  void enqueue(std::list<grpc_exchange_ptr>::const_iterator before, grpc_exchange_ptr what);
  grpc_exchange_ptr dequeue(std::list<grpc_exchange_ptr>::iterator which);
  grpc_connection* pick();
  bool is_doubted(path& one) const;
  void start(grpc_connection& on, grpc_exchange_ptr what);
  void start_waiting(grpc_connection& on);
  void serve();
  void open_connections();
  void open_missing(clock::time_point now);
  void open_one(path& via, clock::time_point now);
  path* widest_path(clock::time_point now);
  void instances_found(const instance_list& now);
  void addresses_found(std::string_view why_none);
  void list_paths(const service_addresses::list& found);
  std::string name_of(const path& one) const;
  link forget(grpc_connection& one);
  void note_carried(link& one);
  void note_failure(path& via, std::string_view why);
  void again(grpc_exchange_ptr what);
  void fail_all_waiting(std::string_view why);
  void refuse_all_waiting(std::string_view why);
  std::string refusal(clock::time_point now) const;
  void note_silence();
  void show_breaker();
  void show_fullness();

  grpc_client_core& core_;
  const std::string target_;
  service_addresses addresses_;
  service_location location_;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  connect_breaker names_;  // as the name service answers
  std::vector<std::unique_ptr<path>> paths_;
  std::vector<link> links_;
  std::size_t cursor_ = 0;  // of `links_`: whose turn it is
  std::list<grpc_exchange_ptr> waiting_;
  std::size_t in_flight_ = 0;
  std::size_t in_flight_max_;  // the limit of one instance for each of them
  clock::time_point used_{};
  silence_breaker silence_;
  crowd_gate crowd_;
  destination_metrics shown_;
};

}  // namespace treaty
