#pragma once

#include <coroutine>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/coordinator.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/engine.hpp"
#include "tests/sim/judge.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/sim_store.hpp"
#include "tests/sim/task.hpp"

namespace treaty::sim {

/// What a client makes of a request.
enum class heard { ok, refused, unclear /* no answer, or come again */, gone /* the client went away */ };

/// One life of the coordinator: between its start and the crash that ends it.
struct life;

/// A few transactions, their clients, operators and participants, one disk, and a coordinator that dies again and
/// again. The seed decides everything.
class world {
public:
  world(std::uint64_t seed, bool is_traced);
  ~world();
  /// Until everything has ended, or for too long. Returns what was violated.
  const std::vector<std::string>& run();

  std::uint64_t trace_hash() const { return all_.trace_hash(); }
  std::uint64_t steps() const { return all_.steps(); }
  unsigned lives() const { return lives_; }
  /// How many transactions have reached an end.
  std::size_t ends() const;

private:
  struct exchange;
  struct asking;
  struct sleeping;
  class sink;

  // Lives.
  void start_life();
  void end_life();
  void crash();
  void restart();
  void crash_perhaps(duration within);
  void repeat_perhaps(file& one);
  void calm_down();
  bool is_over() const;
  coordinator_options choose_options();

  // What people do. Scripts wait in `scripts_`.
  void begin(task<heard> script);
  void begin_scripts(file& one);
  task<heard> persist(file& one, request what, std::size_t part = 0);
  task<heard> speak(file& one);
  task<heard> speak_two_phase(file& one);
  task<heard> speak_msg(file& one);
  task<heard> run_application(file& one);
  task<heard> cross(file& one);
  task<heard> operate(file& one);
  task<heard> repeat(file& one);
  task<heard> watch(file& one);
  task<heard> try_part(file& one, std::size_t part);
  asking ask(file& one, request what, std::size_t part = 0);
  asking ask_soon(file& one, request what);
  sleeping nap(duration most);
  void send(std::shared_ptr<exchange> to);
  void hear(exchange& of, heard what);
  bool walks_away(const file& one);

  dice chance_;
  engine all_;
  disk disk_;
  judge judge_;
  network network_;
  std::map<std::string, std::unique_ptr<file>, std::less<>> files_;
  std::deque<task<heard>> scripts_;
  std::unique_ptr<life> life_;
  unsigned lives_ = 0;
  bool is_calm_ = false;
  disk_faults how_bad_;
  std::size_t lanes_ = 1;
  std::size_t sharp_crashes_ = 0;
  bool has_operators_ = false;
  bool is_restarted_ = false;  // by its operators, instead of by crashes at random moments
  bool is_stopping_ = false;
  coordinator_options options_;
};

}  // namespace treaty::sim
