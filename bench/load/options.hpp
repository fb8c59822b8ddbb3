#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace treaty::load {

enum class profile : std::uint8_t { closed_loop, floor, refuse };
enum class mode : std::uint8_t { saga, message, tcc, workflow };
enum class wire_protocol : std::uint8_t { http, grpc };
enum class branch_order : bool { serial, concurrent };
enum class outcome : bool { commit, rollback };

/// Where requests go.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
};

struct load_options {
  profile what = profile::closed_loop;
  mode of = mode::saga;
  wire_protocol protocol = wire_protocol::http;

  // The coordinator: addresses of one that runs, or a binary to start.
  endpoint target;
  endpoint grpc_target;
  std::string treatyd;                  // path; started on a scratch directory and free ports
  std::string config;                   // further lines of its configuration
  int pid = 0;                          // of the coordinator at `target`, to measure it; 0: not measured
  std::string advertise = "127.0.0.1";  // how the coordinator reaches this machine

  // The load.
  std::size_t branches = 0;
  branch_order order = branch_order::serial;
  load::outcome outcome = load::outcome::commit;
  bool wait_result = false;
  std::size_t payload_bytes = 16;
  std::size_t in_flight = 256;
  std::chrono::milliseconds duration{10'000};
  std::chrono::milliseconds warm_up{2'000};
  std::chrono::milliseconds drain_limit{30'000};
  std::size_t participant_threads = 1;
  std::size_t grpc_channels = 4;

  // Profile refuse.
  std::size_t stuck = 100'000;
  std::chrono::milliseconds settle{10'000};

  std::string json_file;
};

/// Reads the command line; prints help or what is wrong with it and ends the process in those cases.
load_options parse_options(int argc, char** argv);

}  // namespace treaty::load
