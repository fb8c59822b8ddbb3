#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace treaty::crash {

enum class kill_kinds : std::uint8_t { random, points, both };

struct storm_options {
  std::filesystem::path treatyd;        // killed at random moments
  std::filesystem::path treatyd_crash;  // told where to die
  std::uint64_t seed = 1;
  std::uint64_t kills = 25;
  kill_kinds kinds = kill_kinds::both;
  std::chrono::milliseconds life_max{150};
  std::chrono::seconds patience{60};  // for one start, and for everything to end when the killing is over
};

/// What a storm was, and what is wrong.
struct storm_report {
  std::uint64_t random_kills = 0;
  std::map<std::string, std::uint64_t> point_kills;  // by crash point
  std::uint64_t points_missed = 0;                   // armed, not reached in time: counted as random kills
  std::uint64_t transactions = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t calls = 0;
  std::map<std::string, std::uint64_t> ends;  // "tcc succeed"
  std::chrono::milliseconds settled_max{0};   // from the last start of a round until all had ended
  std::vector<std::string> violations;

  std::uint64_t kills() const;
  void add(const storm_report& other);
};

/// Starts the coordinator on an empty store under load from clients of all kinds, over HTTP, JSON-RPC and gRPC, kills
/// it and starts it again on the same store, `kills` times, lets what is left come to its end, and holds every
/// transaction against `check_story`. What the seed cannot fix: how far the coordinator is when it is killed.
storm_report storm_round(const storm_options& options);

}  // namespace treaty::crash
