#include "app/options_for.hpp"

#include <algorithm>
#include <string>

#include "app/options.hpp"
#include "app/usable_cores.hpp"
#include "obs/version.hpp"

namespace treaty {
namespace {

std::size_t count(std::int64_t number) {
  return static_cast<std::size_t>(number);  // ranges are checked when the configuration is read
}

}  // namespace

std::size_t lane_count(const config& values) {
  if (values.lanes > 0) return count(values.lanes);
  return std::clamp<std::size_t>(usable_cores() - 1, 1, count(find_option("Lanes")->most));
}

rocksdb_options store_options(const config& values, const open_files_shares& files) {
  rocksdb_options options;
  options.path = values.store_path;
  options.block_cache_bytes = count(values.store_block_cache.count);
  options.write_buffer_bytes = count(values.store_write_buffer.count);
  options.log_bytes_max = count(values.store_log_max.count);
  options.open_files_max = files.store;
  return options;
}

coordinator_options coordinator_options_of(const config& values) {
  using std::chrono::duration_cast;
  coordinator_options options;
  options.retry_interval = values.retry_interval;
  options.retry_interval_max = values.retry_interval_max;
  options.timeout_to_fail = duration_cast<std::chrono::seconds>(values.timeout_to_fail);
  options.request_timeout = values.request_timeout;
  options.retry_growth_percent = static_cast<std::uint32_t>(values.retry_growth.hundredths);
  options.retry_jitter_percent = static_cast<std::uint32_t>(values.retry_jitter.hundredths);
  options.retry_limit = values.retry_limit;
  options.stuck_after = static_cast<std::uint32_t>(values.stuck_after);
  if (!values.alert_web_hook.empty())
    options.alert_after = static_cast<std::uint32_t>(std::max<std::int64_t>(values.alert_retry_limit, 1));
  options.tell_every_end = !values.completion_web_hook.empty();
  options.history_pages_max = static_cast<std::uint32_t>(values.history_pages_max);
  options.live_max = count(values.limits_live_max);
  options.live_bytes_max = count(values.limits_live_bytes_max.count);
  options.resuming_max = count(values.limits_resuming_max);
  options.idle_after = values.idle_after;
  options.progress_delay_max = values.progress_delay_max;
  options.commit_batch_max = count(values.limits_commit_batch_max);
  options.reader_threads = count(values.store_reader_threads);
  options.finished_expire = duration_cast<std::chrono::seconds>(values.store_finished_data_expire);
  return options;
}

branch_clients_options branch_options_of(const config& values, const open_files_shares& files, std::size_t lanes) {
  branch_clients_options options;
  options.http.connections_max = count(values.limits_destination_calls_max);
  options.http.idle_connections_max = options.http.connections_max;
  options.http.connections_total_max = std::max<std::size_t>(files.calls / lanes, 1);
  options.http.descriptors_below = options.grpc.descriptors_below = files.descriptors_below;
  options.grpc.in_flight_max = count(values.limits_destination_calls_max);
  options.http.crowded_after = options.grpc.crowded_after = values.limits_call_wait_max;
  options.local_host_alias = values.local_host_alias;
  options.http.user_agent = options.grpc.user_agent = "treaty/" + std::string{version()};
  return options;
}

web_hooks_options web_hooks_options_of(const config& values) {
  web_hooks_options options;
  options.alert_url = values.alert_web_hook;
  options.completion_url = values.completion_web_hook;
  options.local_host_alias = values.local_host_alias;
  options.user_agent = "treaty/" + std::string{version()};
  options.timeout = values.request_timeout;
  options.limits.kept_max = count(values.web_hooks_queue_max);
  return options;
}

http_server_options http_server_options_of(const config& values, const open_files_shares& files, std::size_t lanes) {
  http_server_options options;
  options.port = static_cast<std::uint16_t>(values.http_port);
  options.body_bytes_max = count(values.http_body_max.count);
  options.header_timeout = values.http_header_timeout;
  options.body_timeout = values.http_body_timeout;
  options.idle_timeout = values.http_idle_timeout;
  options.connections_max = std::max<std::size_t>(count(values.http_connections_max) / lanes, 1);
  options.refusing_max = std::clamp<std::size_t>(files.refused / lanes, 1, options.refusing_max);
  return options;
}

grpc_server_options grpc_server_options_of(const config& values, std::size_t lanes) {
  grpc_server_options options;
  options.port = static_cast<std::uint16_t>(values.grpc_port);
  options.request_bytes_max = count(values.grpc_body_max.count);
  options.connections_max = std::max<std::size_t>(count(values.grpc_connections_max) / lanes, 1);
  return options;
}

}  // namespace treaty
