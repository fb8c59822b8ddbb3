#pragma once

#include <functional>
#include <string>

#include "net/http_handler.hpp"

namespace treaty {

/// How the process is, as the probes tell it.
struct process_health {
  std::string state;                      // "starting", "serving", "store_failing", "draining", "stopped"
  std::string detail;                     // what stands behind a state that is not serving
  bool ready = false;                     // new transactions are taken, and those who make them find this process
  bool mendable_by_restart_only = false;  // the store gave up for good: a fresh process may find the disk well again
  std::string registration = {};          // as its registry has it: "registered", "lost"; empty: there is none
};
/// Threads: any. Must not block.
using health_source = std::function<process_health()>;

/// GET /healthz: 200 as long as the process can answer; 503 only for what nothing but a restart can mend.
http_handler make_healthz(health_source source);
/// GET /readyz: 200, or 503 with the reason while new transactions are refused.
http_handler make_readyz(health_source source);
/// GET /api/metrics and /metrics: `text` is called for each scrape, on the connection's thread.
http_handler make_metrics(std::function<std::string()> text);

}  // namespace treaty
