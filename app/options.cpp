#include "app/options.hpp"

#include <array>
#include <cctype>

namespace treaty {
namespace {

constexpr std::int64_t second = 1'000;
constexpr std::int64_t hour = 3'600 * second;
constexpr std::int64_t year = 365 * 24 * hour;
constexpr std::int64_t kibibyte = 1'024;
constexpr std::int64_t mebibyte = 1'024 * kibibyte;
constexpr std::int64_t gibibyte = 1'024 * mebibyte;

constexpr std::string_view later_store = "For stores that are not available yet; the embedded store does not read it.";

const std::array table{
    option{.path = "Store.Driver",
           .field = &config::store_driver,
           .help =
               "Which store keeps the transactions. Both boltdb (so that an existing DTM file starts) and rocksdb mean "
               "the embedded RocksDB store. redis, mysql, postgres and sqlserver are refused: they come later."},
    option{.path = "Store.Path",
           .field = &config::store_path,
           .help = "Directory of the embedded store. Created when it is missing; one process at a time may use it."},
    option{.path = "Store.FinishedDataExpire",
           .field = &config::store_finished_data_expire,
           .help = "How long finished transactions can still be queried; they are removed afterwards.",
           .least = second,
           .most = 10 * year},
    option{.path = "Store.BlockCache",
           .field = &config::store_block_cache,
           .help = "Memory for blocks read from the embedded store.",
           .least = mebibyte,
           .most = 1'024 * gibibyte},
    option{.path = "Store.WriteBuffer",
           .field = &config::store_write_buffer,
           .help = "Memory for what was written and is not yet in sorted files, over all column families.",
           .least = 4 * mebibyte,
           .most = 64 * gibibyte},
    option{.path = "Store.LogMax",
           .field = &config::store_log_max,
           .help = "Write-ahead logs of the embedded store, together; bounds how much the next start has to replay.",
           .least = 16 * mebibyte,
           .most = 64 * gibibyte},
    option{.path = "Store.ReaderThreads",
           .field = &config::store_reader_threads,
           .help = "Threads that read the store for queries and for transactions that are taken up again.",
           .least = 1,
           .most = 64},
    option{.path = "Store.Host", .field = {}, .help = later_store},
    option{.path = "Store.Port", .field = {}, .help = later_store},
    option{.path = "Store.User", .field = {}, .help = later_store},
    option{.path = "Store.Password", .field = {}, .help = later_store},
    option{.path = "Store.Db", .field = {}, .help = later_store, .unused_default = "dtm"},
    option{.path = "Store.Schema", .field = {}, .help = later_store, .unused_default = "public"},
    option{.path = "Store.RedisPrefix", .field = {}, .help = later_store, .unused_default = "{a}"},
    option{.path = "Store.MaxOpenConns", .field = {}, .help = later_store, .unused_default = "500"},
    option{.path = "Store.MaxIdleConns", .field = {}, .help = later_store, .unused_default = "500"},
    option{.path = "Store.ConnMaxLifeTime", .field = {}, .help = later_store, .unused_default = "5"},
    option{.path = "Store.DataExpire",
           .field = {},
           .help = "Unfinished transactions never expire here; see Store.FinishedDataExpire for the others.",
           .unused_default = "604800"},

    option{.path = "TimeoutToFail",
           .field = &config::timeout_to_fail,
           .help = "When a prepared transaction that names no time-out of its own is given up. A saga is only ever "
                   "rolled back for its own timeout_to_fail.",
           .least = second,
           .most = year},
    option{
        .path = "RetryInterval",
        .field = &config::retry_interval,
        .help =
            "First wait before a branch call with an unknown outcome is repeated; grows up to RetryIntervalMax. "
            "A transaction may name its own. DTM refuses less than 10 s, to protect its polling; there is none here.",
        .least = second,
        .most = 24 * hour},
    option{.path = "RetryIntervalMax",
           .field = &config::retry_interval_max,
           .help = "Where the growth of waits ends. A transaction may name its own. When only RetryInterval is set, "
                   "and to more than this, it is as long.",
           .least = second,
           .most = 24 * hour},
    option{.path = "RetryGrowth",
           .field = &config::retry_growth,
           .help = "By which factor each wait is longer than the one before: 2 doubles it, 1 keeps it. A transaction "
                   "may name its own.",
           .least = 100,
           .most = 10'000},
    option{.path = "RetryJitter",
           .field = &config::retry_jitter,
           .help = "Waits are lengthened by up to this share of themselves, at random, so that calls that failed "
                   "together are not repeated together. A transaction may name its own.",
           .most = 100},
    option{.path = "RetryLimit",
           .field = &config::retry_limit,
           .help = "How often a saga that names no retry_limit repeats the calls of its actions before it is rolled "
                   "back. 0: for ever. A saga keeps the limit with which it began.",
           .most = 1'000'000'000},
    option{
        .path = "StuckAfter",
        .field = &config::stuck_after,
        .help = "Failures of a call in a row that make its transaction stuck: queries and metrics show it. 0: never.",
        .most = 1'000'000},
    option{.path = "RequestTimeout",
           .field = &config::request_timeout,
           .help =
               "Limit of one branch call when the transaction names none. Waiting for a connection or a turn has the "
               "same limit, of its own.",
           .least = 100,
           .most = hour},
    option{
        .path = "DrainTimeout",
        .field = &config::drain_timeout,
        .help =
            "On SIGTERM or SIGINT: how long to wait for what is in flight. The rest is durable and goes on after the "
            "next start.",
        .most = hour},

    option{.path = "HttpPort",
           .field = &config::http_port,
           .help = "Port of the HTTP API, on all interfaces. 0: any free port.",
           .most = 65'535},
    option{.path = "GrpcPort",
           .field = &config::grpc_port,
           .help = "Port of the gRPC API, on all interfaces. 0: any free port.",
           .most = 65'535},
    option{.path = "JsonRpcPort",
           .field = {},
           .help = "Never used, in DTM neither: JSON-RPC shares the HTTP port.",
           .unused_default = "36791"},
    option{.path = "Http.BodyMax",
           .field = &config::http_body_max,
           .help = "Longest request body that the HTTP API takes; more is answered with 413.",
           .least = kibibyte,
           .most = gibibyte},
    option{.path = "Http.ConnectionsMax",
           .field = &config::http_connections_max,
           .help = "Client connections of the HTTP API at once, over all lanes; more are answered with 503.",
           .least = 1,
           .most = 1'000'000},
    option{.path = "Http.HeaderTimeout",
           .field = &config::http_header_timeout,
           .help = "A request's header must arrive within this, counted from its first byte or from the connect.",
           .least = 100,
           .most = hour},
    option{.path = "Http.BodyTimeout",
           .field = &config::http_body_timeout,
           .help = "A request's body must arrive within this, counted from the end of its header.",
           .least = 100,
           .most = hour},
    option{.path = "Http.IdleTimeout",
           .field = &config::http_idle_timeout,
           .help = "A kept-alive connection without a request for this long is closed.",
           .least = second,
           .most = 24 * hour},
    option{.path = "Grpc.ConnectionsMax",
           .field = &config::grpc_connections_max,
           .help = "Client connections of the gRPC API at once, over all lanes; more are closed.",
           .least = 1,
           .most = 1'000'000},
    option{.path = "Grpc.BodyMax",
           .field = &config::grpc_body_max,
           .help = "Longest message that the gRPC API takes; more is answered with RESOURCE_EXHAUSTED.",
           .least = kibibyte,
           .most = gibibyte},

    option{.path = "Lanes",
           .field = &config::lanes,
           .help = "Threads that serve connections and run transactions. 0: one for each core but one, as many as the "
                   "process may use (affinity, and a container's limit).",
           .most = 256},
    option{.path = "PriorityBoost",
           .field = &config::priority_boost,
           .help =
               "By how many steps of nice the process runs before others on the machine, which may be waiting for it. "
               "Takes CAP_SYS_NICE; without it nothing changes.",
           .most = 20},
    option{.path = "Limits.LiveMax",
           .field = &config::limits_live_max,
           .help =
               "Transactions in memory at once; over it new ones are refused with 429. Those that wait for a retry are "
               "not in memory and do not count.",
           .least = 1,
           .most = 10'000'000},
    option{.path = "Limits.LiveBytesMax",
           .field = &config::limits_live_bytes_max,
           .help = "Bytes of the bodies of those transactions; over it new ones are refused with 429.",
           .least = mebibyte,
           .most = 1'024 * gibibyte},
    option{.path = "Limits.CallWaitMax",
           .field = &config::limits_call_wait_max,
           .help =
               "When calls of a destination would have to wait longer than this (and than one of them takes) for their "
               "turn, or for more than a fifth of it all the time, new transactions that call it are refused with "
               "429. 0: never.",
           .most = hour},
    option{.path = "Limits.ResumingMax",
           .field = &config::limits_resuming_max,
           .help = "Waiting transactions that are taken up again at once, so that a backlog leaves room for new work.",
           .least = 1,
           .most = 10'000'000},
    option{.path = "Limits.DestinationCallsMax",
           .field = &config::limits_destination_calls_max,
           .help = "Branch calls in flight to one host and port, for each lane; others wait their turn.",
           .least = 1,
           .most = 100'000},
    option{.path = "Limits.CommitBatchMax",
           .field = &config::limits_commit_batch_max,
           .help = "Writes that share one disk sync at most.",
           .least = 1,
           .most = 100'000},
    option{.path = "IdleAfter",
           .field = &config::idle_after,
           .help = "A transaction that has to wait longer than this leaves memory until it is due.",
           .least = 1,
           .most = hour},
    option{.path = "ProgressDelayMax",
           .field = &config::progress_delay_max,
           .help = "How late the success of a branch may become durable when no other write takes it along.",
           .most = 10 * second},

    option{
        .path = "History.PagesMax",
        .field = &config::history_pages_max,
        .help = "Pages of history that are kept of each transaction: its beginning and its newest part. 0: no history.",
        .most = 100'000},

    option{.path = "MicroService.Driver",
           .field = &config::micro_service_driver,
           .help =
               "How this process registers itself and resolves gRPC branch URLs: default (addresses as given) or "
               "dtm-driver-gozero (etcd, and go-zero's direct and dns). DTM's other drivers come later and are refused "
               "when a Target is set."},
    option{.path = "MicroService.Target",
           .field = &config::micro_service_target,
           .help =
               "Where a driver registers this process. dtm-driver-gozero: "
               "etcd://host:2379,host:2379/key?user=name&password=secret (or discov://; the account may be missing). "
               "Empty: it is not registered.",
           .shown = secrecy::address},
    option{.path = "MicroService.EndPoint",
           .field = &config::micro_service_end_point,
           .help = "The address under which a driver registers this process: host:port of its gRPC API, as others "
                   "reach it."},
    option{
        .path = "Registry.Tls",
        .field = &config::registry_tls,
        .help = "Whether the registry of MicroService.Target is spoken to over TLS. The files below switch it on, too.",
        .choices = "off on"},
    option{.path = "Registry.CACertFile",
           .field = &config::registry_ca_cert_file,
           .help = "PEM file of the authorities that may have signed the registry's certificate. Empty: the system's."},
    option{.path = "Registry.CertFile",
           .field = &config::registry_cert_file,
           .help = "PEM file of the certificate that this process shows to the registry. Empty: none."},
    option{.path = "Registry.CertKeyFile",
           .field = &config::registry_cert_key_file,
           .help = "PEM file of the key of Registry.CertFile."},
    option{.path = "Registry.Readiness",
           .field = &config::registry_readiness,
           .help =
               "What /readyz makes of the registration. first: not ready until it has succeeded once, so that a "
               "rollout waits for it; a registry that fails later takes no instance away. always: not ready whenever "
               "it is missing. never: it is only shown.",
           .choices = "first always never"},
    option{.path = "Registry.LeaveDelay",
           .field = &config::registry_leave_delay,
           .help = "On SIGTERM or SIGINT: how long requests are still taken after this process was removed from its "
                   "registry, so that those who knew it hear of that.",
           .most = 60 * second},
    option{
        .path = "LocalHostAlias",
        .field = &config::local_host_alias,
        .help =
            "Replaces localhost and 127.0.0.1 in branch URLs, for a coordinator in a container. A variable IS_DOCKER "
            "that is not empty sets it to host.docker.internal, as in DTM."},
    option{.path = "HttpMicroService.Driver",
           .field = {},
           .help = "Has no effect in DTM either.",
           .unused_default = "default"},
    option{.path = "HttpMicroService.RegistryType", .field = {}, .help = "Has no effect in DTM either."},
    option{.path = "HttpMicroService.RegistryAddress", .field = {}, .help = "Has no effect in DTM either."},
    option{.path = "HttpMicroService.RegistryOptions",
           .field = {},
           .help = "Has no effect in DTM either.",
           .unused_default = "{}"},
    option{.path = "HttpMicroService.Target", .field = {}, .help = "Has no effect in DTM either."},
    option{.path = "HttpMicroService.EndPoint", .field = {}, .help = "Has no effect in DTM either."},
    option{.path = "GrpcServiceConfig",
           .field = {},
           .help = "Calls of a service go to all its instances in turns.",
           .unused_default = "{\"loadBalancingConfig\": [{\"round_robin\":{}}]}"},

    option{.path = "LogLevel",
           .field = &config::log_level,
           .help = "The least important lines that are logged. dpanic, panic and fatal are error.",
           .choices = "debug info warn error dpanic panic fatal"},
    option{.path = "Log.Outputs",
           .field = &config::log_outputs,
           .help = "Comma-separated: stderr, stdout, or names of files. Text on a terminal, one JSON object a line "
                   "elsewhere."},
    option{.path = "Log.RotationEnable",
           .field = &config::log_rotation_enable,
           .help = "1: log files are rotated as Log.RotationConfigJSON says.",
           .most = 1},
    option{.path = "Log.RotationConfigJSON",
           .field = &config::log_rotation_config_json,
           .help =
               "A JSON object: maxsize (MB, 100), maxbackups (files kept, 10). maxage, localtime and compress have no "
               "effect."},

    option{.path = "AlertWebHook",
           .field = &config::alert_web_hook,
           .help = "URL that is told by POST of each failed branch call from the AlertRetryLimit-th in a row on. May "
                   "hold a user name and password. Empty: nobody is told.",
           .shown = secrecy::host},
    option{.path = "AlertRetryLimit",
           .field = &config::alert_retry_limit,
           .help = "Failures of a branch call in a row from which on each is told to AlertWebHook. 0 is 1.",
           .most = 1'000'000},
    option{.path = "CompletionWebHook",
           .field = &config::completion_web_hook,
           .help = "URL that is told by POST of each transaction's end. Empty: only the web-hook that a transaction "
                   "names itself is told.",
           .shown = secrecy::host},
    option{.path = "WebHooks.QueueMax",
           .field = &config::web_hooks_queue_max,
           .help = "Notices for web-hooks that are kept until they are delivered; a web-hook may have a quarter of "
                   "them, a host half of them. What does not fit is lost and counted.",
           .least = 4,
           .most = 1'000'000},
    option{.path = "AdminBasePath",
           .field = &config::admin_base_path,
           .help = "Has no effect yet: the console comes later."},
    option{.path = "TransCronInterval",
           .field = {},
           .help = "There is no polling: each transaction is taken up when it is due.",
           .unused_default = "3"},
    option{.path = "ConfigUpdateInterval",
           .field = {},
           .help = "There is no polling of the store for topics.",
           .unused_default = "3"},
    option{.path = "UpdateBranchSync",
           .field = {},
           .help = "The order of writes and calls is not an option: a decision is durable before it is acted on.",
           .unused_default = "1"},
    option{
        .path = "UpdateBranchAsyncGoroutineNum", .field = {}, .help = "See UpdateBranchSync.", .unused_default = "1"},
    option{.path = "TimeZoneOffset",
           .field = {},
           .help = "Times are written in the zone that the environment variable TZ names, else the machine's."},
};

bool is_upper(char letter) {
  return std::isupper(static_cast<unsigned char>(letter)) != 0;
}
bool is_lower(char letter) {
  return std::islower(static_cast<unsigned char>(letter)) != 0;
}

}  // namespace

std::span<const option> all_options() {
  return table;
}

const option* find_option(std::string_view path) {
  for (const option& each : table) {
    if (each.path == path) return &each;
  }
  return nullptr;
}

std::size_t place_of(const option& which) {
  return static_cast<std::size_t>(&which - table.data());
}

std::string environment_name(std::string_view path) {
  std::string name;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] == '.') {
      name += '_';
      continue;
    }
    const bool after_lower = at > 0 && is_lower(path[at - 1]);
    const bool ends_a_run = at > 0 && is_upper(path[at - 1]) && at + 1 < path.size() && is_lower(path[at + 1]);
    if (is_upper(path[at]) && (after_lower || ends_a_run)) name += '_';
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(path[at])));
  }
  return name;
}

}  // namespace treaty
