// The sign-up's story: starts every server and service, signs people up while things go wrong, and holds what each
// database has after each step against what it should have.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "examples/signup/story/scene.hpp"

namespace signup {
namespace {

constexpr const char* committed = "01 action, 02 action";
constexpr const char* rolled_back = "01 action, 02 action by compensate, 02 compensate, 01 compensate";
constexpr const char* half_done = "01 action";

class teller {
public:
  explicit teller(scene& in) : in_{in} {}

  bool tell() {
    someone_signs_up();
    the_name_is_taken();
    the_user_service_dies();
    the_coordinator_dies();
    fmt::print("\n{}\n", differences_ == 0 ? "All as it should be." : "THIS IS NOT AS IT SHOULD BE.");
    return differences_ == 0;
  }

private:
  void someone_signs_up() {
    fmt::print("\n1. Ann signs up, and waits for the end.\n");
    const reply ann = sign_up("ann", "gardening", true, "done");
    expect({"1 ann", "1 gardening", committed, "1", "succeed"}, ann);
  }

  void the_name_is_taken() {
    fmt::print("\n2. Another Ann signs up. The tag is chosen first; then the name turns out to be taken.\n");
    const reply other = sign_up("ann", "chess", true, "refused");
    expect({"1 ann", "1 gardening", rolled_back, "2", "failed"}, other);
    const std::string reason = in_.rollback_reason(other.gid);
    fmt::print("   because             {}\n", reason);
    expect("the reason", reason.find("the name ann is taken") != std::string::npos);
  }

  void the_user_service_dies() {
    in_.user().kill();
    fmt::print("\n3. The user service is killed. Bob signs up, and waits: nobody can tell him yet.\n");
    const reply bob = sign_up("bob", "chess", true, "under way");
    expect({"1 ann", "1 gardening, 3 chess", half_done, "3", "submitted"}, bob);
    in_.start_user();
    fmt::print("   The user service comes back, at another port.\n");
    expect({"1 ann, 3 bob", "1 gardening, 3 chess", committed, "3", "succeed"}, bob);
  }

  void the_coordinator_dies() {
    in_.user().stop();
    fmt::print("\n4. The user service is stopped. Cid signs up; half-way through the coordinator is killed.\n");
    const reply cid = sign_up("cid", "music", false, "accepted");
    expect({"1 ann, 3 bob", "1 gardening, 3 chess, 4 music", half_done, "4", "submitted"}, cid);
    in_.coordinator().kill();
    in_.start_user();
    fmt::print("   The coordinator is dead; the user service is back, but nobody calls it. Dan cannot begin.\n");
    const reply dan = in_.sign_up("dan", "music", false);
    fmt::print("   the API answered    {}: {}\n", dan.status, dan.outcome);
    expect("the API's answer", dan.status == 503);
    expect({"1 ann, 3 bob", "1 gardening, 3 chess, 4 music", half_done, "5", "nobody to ask"}, cid);
    in_.start_coordinator();
    fmt::print("   The coordinator comes back.\n");
    expect({"1 ann, 3 bob, 4 cid", "1 gardening, 3 chess, 4 music", committed, "5", "succeed"}, cid);
  }

  reply sign_up(const std::string& name, const std::string& tag, bool wait, const std::string& outcome) {
    const reply made = in_.sign_up(name, tag, wait);
    fmt::print("   the API answered    {}: {}, id {}, saga {}\n", made.status, made.outcome, made.id, made.gid);
    expect("the API's answer", made.status == 200 && made.outcome == outcome);
    return made;
  }

  void expect(const holdings& wished, const reply& of) {
    const holdings found = in_.await(wished, of.gid);
    expect("signup_user.users", found.users, wished.users);
    expect("signup_tag.tags", found.tags, wished.tags);
    expect("dtm_barrier.barrier", found.barrier, wished.barrier);
    expect("last id in Redis", found.last_id, wished.last_id);
    expect("the coordinator", found.saga, wished.saga);
  }

  void expect(const char* what, const std::string& found, const std::string& wished) {
    fmt::print("   {:<20}{}\n", what, found.empty() ? "-" : found);
    if (found == wished) return;
    fmt::print("   WRONG, it should be {}\n", wished.empty() ? "-" : wished);
    ++differences_;
  }

  void expect(const char* what, bool holds) {
    if (holds) return;
    fmt::print("   WRONG: {}\n", what);
    ++differences_;
  }

  scene& in_;
  int differences_ = 0;
};

int run(const programs& of) {
  fmt::print("Starting etcd, MariaDB, Redis, the coordinator, and the three services ...\n");
  scene all{of};
  for (const auto* name : {"dtmservice", "user.rpc", "tag.rpc", "signup.api"})
    fmt::print("   {:<20}{}\n", name, fmt::join(all.instances(name), ", "));
  try {
    if (teller{all}.tell()) return 0;
  } catch (const std::exception& error) {
    if (scene::is_interrupted()) throw;
    fmt::print(stderr, "treaty-signup-story: {}\n", error.what());
  }
  fmt::print(stderr, "{}", all.logs());
  return 1;
}

}  // namespace
}  // namespace signup

int main(int argc, char** argv) {
  CLI::App app{"Tells the story of a sign-up, in processes and directories of its own: 0 when all was as it should be"};
  signup::programs programs;
  app.add_option("--treatyd", programs.treatyd, "The coordinator's binary")->required()->check(CLI::ExistingFile);
  app.add_option("--services", programs.services, "The binary of examples/signup")
      ->required()
      ->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  signup::scene::heed_interrupts();
  try {
    return signup::run(programs);
  } catch (const signup::scene::interrupted&) {
  } catch (const std::exception& error) {
    // Ctrl-C reaches the servers, too, and their end may be what is noticed first.
    if (!signup::scene::is_interrupted()) {
      fmt::print(stderr, "treaty-signup-story: {}\n", error.what());
      return 1;
    }
  }
  fmt::print("\ninterrupted; everything is ended\n");
  return 130;
}
