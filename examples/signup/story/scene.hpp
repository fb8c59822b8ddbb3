#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "examples/signup/story/service.hpp"
#include "tests/kit/database_process.hpp"
#include "tests/kit/etcd_process.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"
#include "treaty/client/mysql.hpp"

namespace signup {

struct programs {
  std::filesystem::path treatyd;
  std::filesystem::path services;
};

/// What the API answered.
struct reply {
  int status = 0;
  std::int64_t id = 0;
  std::string gid;
  std::string outcome;  // or why there is none
};

/// What everybody knows after a step; rows are separated by commas.
struct holdings {
  std::string users;    // signup_user.users: id and name
  std::string tags;     // signup_tag.tags: user and tag
  std::string barrier;  // dtm_barrier.barrier of one saga: branch, what was called, by whom if not by itself
  std::string last_id;  // Redis
  std::string saga;     // its status at the coordinator
  bool operator==(const holdings&) const = default;
};

/// Every server and service of the sign-up, each a process of its own on free ports, all in scratch directories that
/// are gone at the end. The story plays in it. Throws std::runtime_error when something does not come to pass in time,
/// `interrupted` after SIGINT or SIGTERM.
class scene {
public:
  explicit scene(const programs& of);

  struct interrupted {};
  /// From now on those signals are remembered only, and end the next wait.
  static void heed_interrupts();
  static bool is_interrupted();

  /// Starts a service, and waits until etcd knows where.
  void start_user() { start(user_, "user.rpc"); }
  void start_coordinator();
  service& user() { return user_; }
  treaty::kit::treatyd_process& coordinator() { return *coordinator_; }

  reply sign_up(const std::string& name, const std::string& tag, bool wait) const;
  /// Waits until things are as wished, and returns how they are, in time or not.
  holdings await(const holdings& wished, const std::string& gid);
  /// Why the coordinator rolled a saga back.
  std::string rollback_reason(const std::string& gid) const;
  /// The addresses under a name in etcd.
  std::set<std::string> instances(const std::string& name) const;
  /// The ends of all logs of services and of the coordinator.
  std::string logs() const;

private:
  std::vector<std::string> command(const std::string& role, const std::string& option, std::uint16_t port) const;
  void start(service& one, const std::string& name);
  void make_tables();
  holdings look(const std::string& gid);
  std::string rows(const std::string& sql, const std::vector<std::string>& parameters = {});
  std::string last_id() const;
  std::string member_of_saga(const std::string& gid, const char* member) const;

  const programs programs_;
  treaty::kit::scratch_directory scratch_;
  treaty::kit::etcd_process etcd_;
  treaty::kit::database_process mariadb_{treaty::kit::database_kind::mariadb};
  treaty::kit::database_process redis_{treaty::kit::database_kind::redis};
  std::unique_ptr<treaty::client::mysql_session> session_;
  std::unique_ptr<treaty::kit::treatyd_process> coordinator_;
  service user_, tag_, api_;
  std::uint16_t api_port_ = 0;
};

}  // namespace signup
