#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "tests/client/world.hpp"

namespace treaty::client::test {

/// The modes over both protocols, in one world for all tests of a suite.
class modes_fixture : public testing::TestWithParam<door> {
protected:
  static void SetUpTestSuite() { shared = new world{"RetryInterval: 1\n"}; }
  static void TearDownTestSuite() { delete std::exchange(shared, nullptr); }

  modes_fixture() {
    here().on("Ok", [](const auto&, const auto&) { return result<std::string>{"fine"}; });
    here().on("Refuse", [](const branch_context& context, const auto&) -> result<std::string> {
      if (context.op == "compensate" || context.op == "cancel") return std::string{};
      return refused("no room");
    });
  }
  world& here() { return *shared; }
  std::string url(const std::string& name) { return shared->url(GetParam(), name); }
  std::string new_gid() { return *where.new_gid(); }
  coordinator where = shared->connect(GetParam());

  static inline world* shared = nullptr;
};

inline const auto both_doors = testing::Values(door::http, door::grpc);
inline const auto door_name = [](const testing::TestParamInfo<door>& tested) { return name_of(tested.param); };

}  // namespace treaty::client::test
