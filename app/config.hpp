#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace treaty {

struct byte_size {
  std::int64_t count = 0;
  bool operator==(const byte_size&) const = default;
};
/// A number with at most two digits after the point.
struct decimal {
  std::int64_t hundredths = 0;
  bool operator==(const decimal&) const = default;
};
constexpr byte_size operator""_MiB(unsigned long long count) {
  return {static_cast<std::int64_t>(count) << 20};
}

/// What the process runs with. The values here are the defaults; names, ranges and help stand in app/options.cpp.
struct config {
  using span = std::chrono::milliseconds;

  std::string store_driver = "rocksdb";
  std::string store_path = "./treaty-data";
  span store_finished_data_expire = std::chrono::seconds{86'400};
  byte_size store_block_cache = 64_MiB;
  byte_size store_write_buffer = 64_MiB;
  byte_size store_log_max = 256_MiB;
  std::int64_t store_reader_threads = 2;

  span timeout_to_fail = std::chrono::seconds{35};
  span retry_interval = std::chrono::seconds{10};
  span retry_interval_max = std::chrono::seconds{600};
  decimal retry_growth{200};
  decimal retry_jitter{10};
  std::int64_t retry_limit = 0;
  std::int64_t stuck_after = 3;
  span request_timeout = std::chrono::seconds{3};
  span drain_timeout = std::chrono::seconds{10};

  std::int64_t http_port = 36'789;
  byte_size http_body_max = 4_MiB;
  std::int64_t http_connections_max = 20'000;
  span http_header_timeout = std::chrono::seconds{10};
  span http_body_timeout = std::chrono::seconds{30};
  span http_idle_timeout = std::chrono::seconds{120};
  std::int64_t grpc_port = 36'790;
  std::int64_t grpc_connections_max = 20'000;
  byte_size grpc_body_max = 4_MiB;

  std::int64_t lanes = 0;
  std::int64_t priority_boost = 5;
  std::int64_t limits_live_max = 20'000;
  byte_size limits_live_bytes_max = 512_MiB;
  span limits_call_wait_max = std::chrono::milliseconds{250};
  std::int64_t limits_resuming_max = 2'000;
  std::int64_t limits_destination_calls_max = 256;
  std::int64_t limits_commit_batch_max = 4'096;
  span idle_after = std::chrono::seconds{1};
  span progress_delay_max = std::chrono::milliseconds{50};

  std::int64_t history_pages_max = 128;

  std::string micro_service_driver = "default";
  std::string micro_service_target;
  std::string micro_service_end_point;
  std::string registry_tls = "off";
  std::string registry_ca_cert_file;
  std::string registry_cert_file;
  std::string registry_cert_key_file;
  std::string registry_readiness = "first";
  span registry_leave_delay = std::chrono::milliseconds{500};
  std::string local_host_alias;

  std::string log_level = "info";
  std::string log_outputs = "stderr";
  std::int64_t log_rotation_enable = 0;
  std::string log_rotation_config_json = "{}";
  std::string alert_web_hook;
  std::int64_t alert_retry_limit = 3;
  std::string completion_web_hook;
  std::int64_t web_hooks_queue_max = 10'000;
  std::string admin_base_path;

  bool operator==(const config&) const = default;
};

}  // namespace treaty
