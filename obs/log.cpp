#include "obs/log.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <cstdio>

namespace treaty {
namespace {

constexpr std::size_t queued_lines_max = 8192;
constexpr auto flush_from = spdlog::level::trace;  // every line; only the writing thread waits

std::atomic<logging*> active{nullptr};

spdlog::level::level_enum as_spdlog(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warn:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

spdlog::sink_ptr open_file(const std::string& name, const std::optional<log_rotation>& rotation) {
  if (!rotation) return std::make_shared<spdlog::sinks::basic_file_sink_mt>(name);
  return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(name, rotation->bytes, rotation->files);
}

std::shared_ptr<spdlog::logger> make_logger(std::vector<spdlog::sink_ptr> sinks, const char* pattern,
                                            const std::shared_ptr<spdlog::details::thread_pool>& writer) {
  if (sinks.empty()) return nullptr;
  auto logger = std::make_shared<spdlog::async_logger>("treaty", sinks.begin(), sinks.end(), writer,
                                                       spdlog::async_overflow_policy::overrun_oldest);
  logger->set_level(spdlog::level::trace);  // ours is checked before
  logger->set_pattern(pattern, spdlog::pattern_time_type::utc);
  logger->flush_on(flush_from);
  return logger;
}

}  // namespace

struct logging::outputs {
  std::shared_ptr<spdlog::details::thread_pool> writer;
  std::shared_ptr<spdlog::logger> text;
  std::shared_ptr<spdlog::logger> json;
};

logging::logging(std::unique_ptr<outputs> to, log_level least) : to_{std::move(to)}, least_{least} {
  active.store(this, std::memory_order_release);
}

logging::~logging() {
  active.store(nullptr, std::memory_order_release);
}

std::size_t logging::dropped() const {
  return to_->writer->overrun_counter();
}

result<std::unique_ptr<logging>> logging::start(const log_options& options) {
  std::vector<spdlog::sink_ptr> text;
  std::vector<spdlog::sink_ptr> json;
  for (const std::string& output : options.outputs) {
    try {  // spdlog throws when a file cannot be opened
      if (output == "stderr") {
        (isatty(STDERR_FILENO) == 1 ? text : json).push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
      } else if (output == "stdout") {
        (isatty(STDOUT_FILENO) == 1 ? text : json).push_back(std::make_shared<spdlog::sinks::stdout_sink_mt>());
      } else {
        json.push_back(open_file(output, options.rotation));
      }
    } catch (const spdlog::spdlog_ex& why) {
      return failure{errc::invalid_argument, "cannot log to " + output + ": " + why.what()};
    }
  }
  auto to = std::make_unique<outputs>();
  to->writer = std::make_shared<spdlog::details::thread_pool>(queued_lines_max, 1);
  to->text = make_logger(std::move(text), "%Y-%m-%d %H:%M:%S.%e %v", to->writer);
  to->json = make_logger(std::move(json), R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ",%v})", to->writer);
  return std::unique_ptr<logging>{new logging{std::move(to), options.least}};
}

bool log_enabled(log_level level) {
  const logging* const to = active.load(std::memory_order_acquire);
  return level >= (to == nullptr ? log_level::info : to->least_);
}

void log_line(log_level level, std::string_view message, log_fields fields) {
  const logging* const to = active.load(std::memory_order_acquire);
  if (to == nullptr) {
    if (level < log_level::info) return;
    const std::string line = render_text(level, message, fields) + '\n';
    std::fputs(line.c_str(), stderr);
    return;
  }
  if (level < to->least_) return;
  if (to->to_->text) to->to_->text->log(as_spdlog(level), spdlog::string_view_t{render_text(level, message, fields)});
  if (to->to_->json) to->to_->json->log(as_spdlog(level), spdlog::string_view_t{render_json(level, message, fields)});
}

std::optional<std::uint64_t> log_limit::admit(std::chrono::steady_clock::time_point now) {
  const auto at = now.time_since_epoch().count();
  auto next = next_.load(std::memory_order_relaxed);
  if (at < next || !next_.compare_exchange_strong(next, at + every_.count(), std::memory_order_relaxed)) {
    held_back_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return held_back_.exchange(0, std::memory_order_relaxed);
}

}  // namespace treaty
