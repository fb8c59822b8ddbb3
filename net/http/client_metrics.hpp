#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
template <class T>
class Family;
}  // namespace prometheus

namespace treaty {

/// What may be wrong with a destination. It stands in labels.
enum class trouble : std::uint8_t {
  refuses,  // connections: calls fail at once for a while
  silent,   // takes calls and answers none: the same
  full,     // as many calls as it may have are under way, and others wait
};
inline constexpr std::array all_troubles{trouble::refuses, trouble::silent, trouble::full};

/// The gauges of the destinations that are or were in trouble, by name. Names are bounded: what comes after the first
/// ones shares the name "other". Threads: any.
class named_troubles {
public:
  static constexpr std::size_t names_max = 64;
  using gauges = std::array<prometheus::Gauge*, all_troubles.size()>;

  explicit named_troubles(prometheus::Registry& registry);
  const gauges& of(const std::string& destination);

private:
  gauges made(const std::string& destination);

  prometheus::Family<prometheus::Gauge>& family_;
  std::mutex mutex_;
  std::map<std::string, gauges> known_;
  const gauges others_;
};

/// Of one of the protocols that participants are called with.
struct client_protocol_metrics {
  client_protocol_metrics(prometheus::Registry& registry, const std::string& protocol);
  prometheus::Gauge& calls_waiting;
  prometheus::Counter& refused_by_breaker;
  prometheus::Counter& refused_by_queue;
  prometheus::Histogram& pause_seconds;
  named_troubles::gauges in_trouble;                               // how many destinations are
  std::array<prometheus::Counter*, all_troubles.size()> troubles;  // how often they got into it
};

/// What the HTTP and gRPC clients of all lanes show together. Lives as long as the registry. Threads: any.
struct http_client_metrics {
  explicit http_client_metrics(prometheus::Registry& registry);
  prometheus::Gauge& connections;
  prometheus::Gauge& grpc_connections;
  client_protocol_metrics http;
  client_protocol_metrics grpc;
  named_troubles named;
};

/// What one lane's destination shows; takes it back at its end. Threads: the lane's own.
class destination_metrics {
public:
  destination_metrics(http_client_metrics& all, client_protocol_metrics& own, std::string name)
      : all_{all}, own_{own}, name_{std::move(name)} {}
  destination_metrics(const destination_metrics&) = delete;
  destination_metrics& operator=(const destination_metrics&) = delete;
  ~destination_metrics();

  void show(trouble what, bool is_on);
  /// A breaker has opened for so long, its random part included.
  void paused(std::chrono::milliseconds window);
  void refused_by_breaker();
  void refused_by_queue();
  void waits(int more);

private:
  http_client_metrics& all_;
  client_protocol_metrics& own_;
  const std::string name_;
  std::array<bool, all_troubles.size()> shown_{};
  const named_troubles::gauges* named_ = nullptr;
  int waiting_ = 0;
};

}  // namespace treaty
