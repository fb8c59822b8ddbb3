#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/forms.hpp"

namespace treaty::load {

enum class profile : std::uint8_t { transactions, floor, refuse, overload, soak };
enum class wire_protocol : std::uint8_t { http, grpc };

/// Where requests go.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
};

/// How the business services behave. What they do not carry out has to be called again: that is no fault.
struct participant_habits {
  std::chrono::milliseconds latency{0};  // from the call to its answer
  double trouble_share = 0;              // of the calls: answered with a temporary error
  double ongoing_share = 0;              // of the calls: answered with "ongoing"
};

struct load_options {
  profile what = profile::transactions;
  std::vector<mixed_form> mix;  // one form at least
  wire_protocol protocol = wire_protocol::http;

  // The coordinator: addresses of one that runs, or a binary to start.
  endpoint target;
  endpoint grpc_target;
  std::string treatyd;                  // path; started on a scratch directory and free ports
  std::string config;                   // further lines of its configuration
  std::string store_config;             // and of the part about its store, which they follow
  int pid = 0;                          // of the coordinator at `target`, to measure it; 0: not measured
  std::string advertise = "127.0.0.1";  // how the coordinator reaches this machine

  // The load.
  bool with_floor = false;  // measure the floor first, and give the result as a share of it
  double rate = 0;          // transactions that begin each second, whatever becomes of them; 0: a closed loop
  std::size_t payload_bytes = 16;
  std::size_t in_flight = 0;    // closed loop: always; open loop: at most
  std::size_t connections = 0;  // open loop: of the HTTP clients to the coordinator, at most
  std::chrono::milliseconds duration{10'000};
  std::chrono::milliseconds warm_up{2'000};
  std::chrono::milliseconds drain_limit{30'000};
  std::size_t participant_threads = 1;
  std::size_t grpc_channels = 4;
  participant_habits habits;

  // Profile refuse.
  std::size_t stuck = 100'000;
  std::chrono::milliseconds settle{10'000};

  // Profile overload.
  double overload = 10;  // times the capacity that was measured
  double memory_limit_mb = 384;
  // Profile soak.
  std::chrono::milliseconds expire{60'000};  // how long finished transactions are kept

  std::string json_file;
  std::string html_file;

  bool is_open_loop() const { return rate > 0; }
};

/// Reads the command line; prints help or what is wrong with it and ends the process in those cases.
load_options parse_options(int argc, char** argv);

}  // namespace treaty::load
