#include "app/usable_cores.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "tests/kit/scratch_directory.hpp"

namespace treaty {
namespace {

class UsableCores : public testing::Test {
protected:
  void write(const std::filesystem::path& file, const std::string& text) const {
    std::filesystem::create_directories((root.path() / file).parent_path());
    std::ofstream{root.path() / file} << text;
  }
  std::size_t cores() const { return usable_cores(root.path()); }

  const kit::scratch_directory root;
  const std::size_t all = std::thread::hardware_concurrency();
};

TEST_F(UsableCores, WithoutALimitAreThoseOfTheMachine) {
  EXPECT_EQ(cores(), all);
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(cores(), all);
  write("sys/fs/cgroup/cpu.max", "garbage");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cores(), all);
}

TEST_F(UsableCores, AreAtMostThoseOfAContainer) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(cores(), 1U);
  write("sys/fs/cgroup/cpu.max", "99900000 100000\n");
  EXPECT_EQ(cores(), all);
}

TEST_F(UsableCores, AreAtMostThoseOfEachGroupAbove) {
  write("proc/self/cgroup", "12:cpu:/elsewhere\n0::/system.slice/treatyd.service\n");
  write("sys/fs/cgroup/system.slice/treatyd.service/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/system.slice/cpu.max", "100000 100000\n");
  EXPECT_EQ(cores(), 1U);
}

TEST_F(UsableCores, AreAtMostThoseOfAGroupOfTheOlderKind) {
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cores(), 1U);
}

}  // namespace
}  // namespace treaty
