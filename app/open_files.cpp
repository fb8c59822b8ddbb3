#include "app/open_files.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <string>

namespace treaty {
namespace {

constexpr std::uint64_t files_most = 1'000'000;  // "infinity" is to be shared, too
constexpr int table_files_least = 32;
constexpr int table_files_most = 512;
constexpr int logs_and_new_files = 64;
constexpr int all_others = 128;  // loops, listeners, look-ups of names, etcd, web-hooks, log

}  // namespace

std::uint64_t raise_open_files_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return open_files_least;
  const rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

result<open_files_shares> share_open_files(std::uint64_t limit) {
  if (limit < open_files_least) {
    return failure{errc::unavailable, "this process may open " + std::to_string(limit) + " files and needs at least " +
                                          std::to_string(open_files_least) + ": raise its limit (ulimit -n)"};
  }
  const int files = static_cast<int>(std::min(limit, files_most));
  open_files_shares out;
  out.store = std::clamp(files / 8, table_files_least, table_files_most);
  out.descriptors_below = files - out.store - logs_and_new_files;
  const auto rest = static_cast<std::size_t>(out.descriptors_below - all_others);
  out.calls = rest / 2;
  out.clients = rest * 7 / 8;
  out.refused = rest / 16;
  return out;
}

}  // namespace treaty
