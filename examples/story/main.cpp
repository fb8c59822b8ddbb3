// The story of `make run`: a coordinator, two banks, one transfer that commits and one that is rolled back.
#include <fmt/core.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include "examples/story/coordinator.hpp"
#include "examples/story/print.hpp"

namespace {

using namespace story;

enum class stay : bool { until_interrupted, once };

/// A directory for files that nobody misses afterwards.
class scratch {
public:
  scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "treaty-story-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"cannot make a directory " + pattern};
    path = pattern;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    std::error_code ignored;  // a file that stays behind in the temporary directory harms nobody
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

coordinator_setup choose_setup(const std::string& binary, const std::filesystem::path& scratch_path, stay how) {
  coordinator_setup setup{binary, how == stay::once ? scratch_path / "data" : "treaty-data", scratch_path};
  for (const std::uint16_t port : {setup.http_port, setup.grpc_port}) {
    if (!is_taken(port)) continue;
    if (how == stay::until_interrupted)
      throw std::runtime_error{fmt::format(
          "port {} is taken: another treatyd or a DTM server is running. End that one, or run the story beside it "
          "with `make run ONCE=1`.",
          port)};
    fmt::print("Port {} is taken: this run uses free ports.\n", port);
    setup.http_port = setup.grpc_port = 0;
    break;
  }
  return setup;
}

std::string statuses(const transfer_outcome& outcome) {
  std::string text = outcome.status;
  for (const branch_row& row : outcome.rows) text += " " + row.status;
  return text;
}

/// Returns whether everything came about as it should.
bool tell(const coordinator& treatyd) {
  bank bank_a{{{"alice", 100}}};
  bank bank_b{{{"bob", 100}}};
  const auto a_before = bank_a.balances();
  const auto b_before = bank_b.balances();
  fmt::print("Bank A is at {}, bank B at {}.\n", bank_a.url(""), bank_b.url(""));

  const auto commits = run_transfer(treatyd.http_port(), bank_a, bank_b, {"alice", "bob", 30});
  const auto a_between = bank_a.balances();
  const auto b_between = bank_b.balances();
  print_outcome("1. Alice (bank A) sends 30 to Bob (bank B).", commits);
  print_balances("balances", a_before, a_between);
  print_balances("", b_before, b_between);

  const auto rolls_back = run_transfer(treatyd.http_port(), bank_a, bank_b, {"alice", "carol", 50});
  print_outcome("2. Alice sends 50 to Carol, whose account at bank B is closed: bank B refuses, and all is undone.",
                rolls_back);
  print_balances("balances", a_between, bank_a.balances());
  print_balances("", b_between, bank_b.balances());

  const bool as_expected = statuses(commits) == "succeed prepared succeed prepared succeed" &&
                           statuses(rolls_back) == "failed succeed succeed succeed failed" &&
                           a_between.at("alice") == 70 && b_between.at("bob") == 130 &&
                           bank_a.balances() == a_between && bank_b.balances() == b_between;
  fmt::print("\n{}\n", as_expected ? "All as it should be." : "THIS IS NOT AS IT SHOULD BE.");
  return as_expected;
}

void await_interrupt(const coordinator& treatyd, const sigset_t& interrupts) {
  fmt::print(
      "\nThe coordinator goes on running until Ctrl-C:\n"
      "  HTTP  http://localhost:{0}/api/dtmsvr   (try: curl localhost:{0}/api/dtmsvr/all)\n"
      "  gRPC  localhost:{1}\n"
      "  data  ./treaty-data\n"
      "  log   {2}\n",
      treatyd.http_port(), treatyd.grpc_port(), treatyd.log_file().string());
  std::fflush(stdout);
  int signal = 0;
  ::sigwait(&interrupts, &signal);
  fmt::print("\nEnding the coordinator ...\n");
}

int run(const std::string& binary, stay how) {
  sigset_t interrupts;  // blocked in every thread, so that only `await_interrupt` takes them
  ::sigemptyset(&interrupts);
  ::sigaddset(&interrupts, SIGINT);
  ::sigaddset(&interrupts, SIGTERM);
  if (how == stay::until_interrupted) ::pthread_sigmask(SIG_BLOCK, &interrupts, nullptr);

  const scratch directory;
  const coordinator treatyd{choose_setup(binary, directory.path, how)};
  fmt::print("The coordinator is ready: HTTP http://localhost:{}, gRPC localhost:{}.\n", treatyd.http_port(),
             treatyd.grpc_port());
  const bool as_expected = tell(treatyd);
  if (how == stay::until_interrupted) await_interrupt(treatyd, interrupts);
  return as_expected ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Starts treatyd and two banks, sends one saga that commits and one that is rolled back"};
  std::string binary;
  bool once = false;
  app.add_option("--treatyd", binary, "The coordinator's binary")->required()->check(CLI::ExistingFile);
  app.add_flag("--once", once, "End after the story: 0 when all was as expected, 1 otherwise");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(binary, once ? stay::once : stay::until_interrupted);
  } catch (const std::exception& error) {
    fmt::print(stderr, "treaty-story: {}\n", error.what());
    return 1;
  }
}
