#include "obs/process_metrics.hpp"

#include <dirent.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

namespace treaty {
namespace {

void add(std::vector<prometheus::MetricFamily>& to, std::string name, std::string help, prometheus::MetricType type,
         double value) {
  prometheus::ClientMetric sample;
  if (type == prometheus::MetricType::Counter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  family.metric.push_back(std::move(sample));
  to.push_back(std::move(family));
}

struct proc_stat {
  double cpu_ticks = 0;
  double start_ticks = 0;
  double virtual_bytes = 0;
  double resident_pages = 0;
};

/// The fields of /proc/self/stat after the program's name, which may hold blanks: proc(5) numbers them from 3.
std::optional<proc_stat> read_stat() {
  std::ifstream file{"/proc/self/stat"};
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream words{line.substr(name_end + 1)};
  proc_stat read;
  std::string word;
  for (int field = 3; field <= 24 && words >> word; ++field) {
    const double number = field == 3 ? 0 : std::stod(word);  // 3 is a letter
    if (field == 14 || field == 15) read.cpu_ticks += number;
    if (field == 22) read.start_ticks = number;
    if (field == 23) read.virtual_bytes = number;
    if (field == 24) read.resident_pages = number;
  }
  return read;
}

double boot_time() {
  std::ifstream file{"/proc/stat"};
  std::string word;
  double value = 0;
  while (file >> word) {
    if (word == "btime" && file >> value) break;
  }
  return value;
}

double open_files() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder{opendir("/proc/self/fd"), &closedir};
  if (folder == nullptr) return 0;
  int entries = 0;
  while (readdir(folder.get()) != nullptr) ++entries;
  return entries - 3;  // ".", ".." and this one
}

double open_files_max() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

}  // namespace

std::vector<prometheus::MetricFamily> process_metrics::Collect() const {
  using enum prometheus::MetricType;
  std::vector<prometheus::MetricFamily> all;
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  if (const auto stat = read_stat()) {
    add(all, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", Counter,
        stat->cpu_ticks / ticks_per_second);
    add(all, "process_resident_memory_bytes", "Resident memory size in bytes.", Gauge,
        stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
    add(all, "process_virtual_memory_bytes", "Virtual memory size in bytes.", Gauge, stat->virtual_bytes);
    static const double booted = boot_time();  // does not change, and /proc/stat is slow to make
    add(all, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", Gauge,
        booted + stat->start_ticks / ticks_per_second);
  }
  add(all, "process_open_fds", "Number of open file descriptors.", Gauge, open_files());
  add(all, "process_max_fds", "Maximum number of open file descriptors.", Gauge, open_files_max());
  return all;
}

std::string metrics_text(const prometheus::Registry& metrics) {
  auto families = metrics.Collect();
  auto ours = process_metrics{}.Collect();
  families.insert(families.end(), std::make_move_iterator(ours.begin()), std::make_move_iterator(ours.end()));
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace treaty
