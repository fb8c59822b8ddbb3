#include "app/usable_cores.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <thread>

namespace treaty {
namespace {

namespace files = std::filesystem;

std::optional<double> number_in(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;  // "max", and -1 of the older groups, are no limit
}

double limit_of(const std::string& quota, const std::string& period) {
  const auto share = number_in(quota);
  const auto whole = number_in(period);
  return share && whole ? *share / *whole : std::numeric_limits<double>::infinity();
}

std::string word_in(const files::path& file) {
  std::ifstream stream{file};
  std::string word;
  stream >> word;
  return word;
}

/// Control groups of version 2: "quota period" in each group from the process's own up to the root.
double limit_of_groups(const files::path& root) {
  std::ifstream stream{root / "proc/self/cgroup"};
  std::string line;
  double least = std::numeric_limits<double>::infinity();
  while (std::getline(stream, line)) {
    if (!line.starts_with("0::/")) continue;
    for (files::path group = line.substr(3);; group = group.parent_path()) {
      std::ifstream limit{root / "sys/fs/cgroup" / group.relative_path() / "cpu.max"};
      std::string quota;
      std::string period;
      if (limit >> quota >> period) least = std::min(least, limit_of(quota, period));
      if (!group.has_relative_path()) break;
    }
  }
  return least;
}

/// Of version 1, as a container sees its own.
double limit_of_older_group(const files::path& root) {
  const files::path group = root / "sys/fs/cgroup/cpu";
  return limit_of(word_in(group / "cpu.cfs_quota_us"), word_in(group / "cpu.cfs_period_us"));
}

}  // namespace

std::size_t usable_cores(const files::path& root) {
  const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  const double limit = std::ceil(std::min(limit_of_groups(root), limit_of_older_group(root)));
  return limit < static_cast<double>(cores) ? static_cast<std::size_t>(std::max(limit, 1.0)) : cores;
}

}  // namespace treaty
