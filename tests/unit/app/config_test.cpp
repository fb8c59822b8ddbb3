#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "app/config_file.hpp"
#include "app/load_config.hpp"
#include "app/log_config.hpp"
#include "app/options.hpp"
#include "tests/kit/scratch_directory.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

environment variables(std::map<std::string, std::string> set) {
  return [set](std::string_view name) -> std::optional<std::string> {
    const auto found = set.find(std::string{name});
    return found == set.end() ? std::nullopt : std::optional<std::string>{found->second};
  };
}

result<loaded_config> load(std::string_view yaml, std::map<std::string, std::string> set = {}) {
  return load_config_text(yaml, "conf.yml", variables(std::move(set)));
}

config good(std::string_view yaml, std::map<std::string, std::string> set = {}) {
  auto loaded = load(yaml, std::move(set));
  EXPECT_TRUE(loaded) << loaded.error().detail;
  return loaded ? loaded->values : config{};
}

std::string complaint(std::string_view yaml, std::map<std::string, std::string> set = {}) {
  auto loaded = load(yaml, std::move(set));
  EXPECT_FALSE(loaded);
  return loaded ? "" : loaded.error().detail;
}

MATCHER_P(Says, text, "") {
  return arg.text.find(text) != std::string::npos;
}
MATCHER_P(Warns, text, "") {
  return arg.kind == notice_kind::warning && arg.text.find(text) != std::string::npos;
}

TEST(Options, DefaultsLieInTheirOwnRanges) {
  for (const option& each : all_options()) {
    if (!has_effect(each)) continue;
    config values;
    std::string shown = render(each, values);
    EXPECT_TRUE(assign(each, shown, values)) << each.path << ' ' << shown;
    EXPECT_EQ(values, config{}) << each.path;
  }
}

// Operators set these in their deployments today; a name that differs is a setting that is silently lost.
TEST(Options, EnvironmentNamesAreDtms) {
  EXPECT_EQ(environment_name("HttpPort"), "HTTP_PORT");
  EXPECT_EQ(environment_name("JsonRpcPort"), "JSON_RPC_PORT");
  EXPECT_EQ(environment_name("Store.MaxOpenConns"), "STORE_MAX_OPEN_CONNS");
  EXPECT_EQ(environment_name("Store.ConnMaxLifeTime"), "STORE_CONN_MAX_LIFE_TIME");
  EXPECT_EQ(environment_name("MicroService.EndPoint"), "MICRO_SERVICE_END_POINT");
  EXPECT_EQ(environment_name("HttpMicroService.RegistryType"), "HTTP_MICRO_SERVICE_REGISTRY_TYPE");
  EXPECT_EQ(environment_name("Log.RotationConfigJSON"), "LOG_ROTATION_CONFIG_JSON");
  EXPECT_EQ(environment_name("UpdateBranchAsyncGoroutineNum"), "UPDATE_BRANCH_ASYNC_GOROUTINE_NUM");
  EXPECT_EQ(environment_name("Store.Path"), "STORE_PATH");
}

TEST(Config, FileWinsOverEnvironmentAndEnvironmentOverDefault) {
  const config values = good(
      "HttpPort: 1\n", {{"HTTP_PORT", "2"}, {"GRPC_PORT", "3"}, {"STORE_PATH", "/var/lib/treaty"}, {"LOG_LEVEL", ""}});
  EXPECT_EQ(values.http_port, 1);
  EXPECT_EQ(values.grpc_port, 3);
  EXPECT_EQ(values.store_path, "/var/lib/treaty");
  EXPECT_EQ(values.log_level, "info");
}

// DTM's images set IS_DOCKER, and their users rely on localhost meaning the host.
TEST(Config, InAContainerLocalhostCanMeanTheHost) {
  EXPECT_EQ(good("", {{"IS_DOCKER", "1"}}).local_host_alias, "host.docker.internal");
  EXPECT_EQ(good("LocalHostAlias: gateway\n", {{"IS_DOCKER", "1"}}).local_host_alias, "gateway");
  EXPECT_EQ(good("", {{"IS_DOCKER", ""}}).local_host_alias, "");
}

// The shape of a file that runs a DTM server today, every key of it.
TEST(Config, AnExistingDtmFileStarts) {
  auto loaded = load(R"(
Store:
  Driver: 'boltdb'
  Host: 'localhost'
  Port: '5432'
  User: 'someone'
  Password: 'a secret'
  Db: 'dtm'
  Schema: 'public'
  MaxOpenConns: 500
  MaxIdleConns: 500
  ConnMaxLifeTime: 5
  DataExpire: 604800
  FinishedDataExpire: 3600
  RedisPrefix: '{a}'
MicroService:
  Driver: 'dtm-driver-gozero'
  Target: ''
  EndPoint: 'localhost:36790'
HttpMicroService:
  Driver: 'dtm-driver-http'
  RegistryOptions: '{"UserName":"x"}'
TransCronInterval: 3
TimeoutToFail: 35
RetryInterval: 10
RequestTimeout: 3
LogLevel: 'warn'
Log:
  Outputs: 'stderr'
  RotationEnable: 0
  RotationConfigJSON: '{}'
HttpPort: 36789
GrpcPort: 36790
JsonRpcPort: 36791
UpdateBranchSync: 0
UpdateBranchAsyncGoroutineNum: 1
TimeZoneOffset: '+8'
ConfigUpdateInterval: 10
AlertRetryLimit: 3
AlertWebHook: ''
AdminBasePath: ''
GrpcServiceConfig: '{"loadBalancingConfig": []}'
)");
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->values.store_finished_data_expire, 3600s);
  EXPECT_EQ(loaded->values.log_level, "warn");
  EXPECT_THAT(loaded->notices, Contains(Says("RocksDB")));
  EXPECT_THAT(loaded->notices, Contains(Says("Store.Port has no effect")));
  EXPECT_THAT(loaded->notices, Contains(Says("UpdateBranchSync has no effect")));
  EXPECT_THAT(loaded->notices, Not(Contains(Says("unknown"))));
}

TEST(Config, AnUnknownKeyIsReportedWithItsLineAndTheNearestKnownOne) {
  auto loaded =
      load("HttpPort: 1\nStore:\n  Pth: /x\nRetryIntervall: 3\nMicroService:\n  Endpoint: a\nWhatEverThisIs: 1\n");
  ASSERT_TRUE(loaded);
  EXPECT_THAT(loaded->notices,
              Contains(Warns("conf.yml:3: unknown option Store.Pth is ignored; did you mean Store.Path?")));
  EXPECT_THAT(loaded->notices,
              Contains(Warns("conf.yml:4: unknown option RetryIntervall is ignored; did you mean RetryInterval?")));
  EXPECT_THAT(loaded->notices, Contains(Warns("did you mean MicroService.EndPoint?")));
  EXPECT_THAT(loaded->notices, Contains(Warns("conf.yml:7: unknown option WhatEverThisIs is ignored")));
  EXPECT_EQ(loaded->values.store_path, config{}.store_path);
}

TEST(Config, AWrongTypeIsAnErrorWithItsLineAndTheTypeExpected) {
  EXPECT_EQ(complaint("LogLevel: info\nHttpPort: many\n"), "conf.yml:2: HttpPort must be an integer, not 'many'");
  EXPECT_EQ(complaint("HttpPort: [1]\n"), "conf.yml:1: HttpPort must be an integer, not a list");
  EXPECT_EQ(complaint("Store: 5\n"), "conf.yml:1: Store must be a map of options");
  EXPECT_EQ(complaint("RetryInterval: soon\n"), "conf.yml:1: RetryInterval must be a duration, not 'soon'");
  EXPECT_THAT(complaint("LogLevel: loud\n"),
              HasSubstr("must be one of debug info warn error dpanic panic fatal, not 'loud'"));
  EXPECT_THAT(complaint("- a\n- b\n"), HasSubstr("the file must be a map"));
  EXPECT_THAT(complaint("HttpPort: 1\n  b: [\n"), AllOf(HasSubstr("conf.yml:"), HasSubstr("not YAML")));
  EXPECT_THAT(complaint("", {{"HTTP_PORT", "x"}}), HasSubstr("environment HTTP_PORT: HttpPort must be an integer"));
}

TEST(Config, EveryComplaintIsShownAtOnce) {
  EXPECT_THAT(complaint("HttpPort: x\nGrpcPort: 70000\n"),
              AllOf(HasSubstr("conf.yml:1:"), HasSubstr("conf.yml:2: GrpcPort must be from 0 to 65535, not '70000'")));
}

TEST(Config, DurationsArePlainSecondsOrHaveAUnit) {
  EXPECT_EQ(good("RetryInterval: 2\n").retry_interval, 2s);
  EXPECT_EQ(good("RequestTimeout: 500ms\n").request_timeout, 500ms);
  EXPECT_EQ(good("RetryIntervalMax: 5m\n").retry_interval_max, 5min);
  EXPECT_EQ(good("Http:\n  BodyMax: 2MiB\n").http_body_max, 2_MiB);
  EXPECT_EQ(good("Http:\n  BodyMax: 4096\n").http_body_max, byte_size{4096});
  EXPECT_THAT(complaint("RetryInterval: 99999999999999999999s\n"), HasSubstr("a duration"));
}

// DTM refuses less than 10 s because its polling could not keep up; here one second is fine, and none is not.
TEST(Config, ARetryIntervalOfOneSecondIsAllowed) {
  EXPECT_EQ(good("RetryInterval: 1\n").retry_interval, 1s);
  EXPECT_THAT(complaint("RetryInterval: 0\n"), HasSubstr("from 1s to 1d"));
  EXPECT_THAT(complaint("RetryInterval: 60\nRetryIntervalMax: 30\n"), HasSubstr("RetryIntervalMax"));
}

// DTM's files know no RetryIntervalMax.
TEST(Config, ALongRetryIntervalRaisesTheLongestOne) {
  EXPECT_EQ(good("RetryInterval: 900\n").retry_interval_max, 900s);
  EXPECT_EQ(good("RetryInterval: 900\nRetryIntervalMax: 3600\n").retry_interval_max, 3600s);
}

TEST(Config, LogLevelsAreThoseOfDtmInAnyCase) {
  EXPECT_EQ(good("LogLevel: WARN\n").log_level, "warn");
  EXPECT_EQ(good("", {{"LOG_LEVEL", "INFO"}}).log_level, "info");
  const auto fatal = log_options_of(good("LogLevel: fatal\n"));
  ASSERT_TRUE(fatal);
  EXPECT_EQ(fatal->least, log_level::error);
}

// Kubernetes sets it beside a service that is called "store".
TEST(Config, AVariableOfAStoreThatIsNotUsedDoesNotStopTheStart) {
  EXPECT_EQ(good("", {{"STORE_PORT", "tcp://10.0.0.7:80"}}), config{});
}

TEST(Config, AQuoteThatIsNeverClosedIsAnError) {
  EXPECT_EQ(complaint("HttpPort: 1\nStore:\n  Path: \"/data/x\nGrpcPort: 777\n"),
            "conf.yml:3: a quote begins here that is never closed");
  EXPECT_EQ(complaint("LogLevel: 'info\n"), "conf.yml:1: a quote begins here that is never closed");
  EXPECT_EQ(complaint("Nonsense:\n  - 'a\nHttpPort: 2\n"), "conf.yml:2: a quote begins here that is never closed");
  EXPECT_EQ(good("Log:\n  Outputs: 'it''s, \"x\"'\n").log_outputs, "it's, \"x\"");
  EXPECT_EQ(good("Log:\n  Outputs: \"a \\\" b\"\r\nHttpPort: 2\r\n").http_port, 2);
  EXPECT_EQ(good("\xEF\xBB\xBFStore:\n  Path: '\xC3\xA4'\nLogLevel: \"info\"\n").store_path, "\xC3\xA4");
}

// Each level says the one before it twice: a thousand million texts, when each is looked at as often as it is said.
TEST(Config, AliasesCostNothing) {
  std::string laughs = "L0: &l0 ['x']\n";
  for (int level = 1; level <= 30; ++level) {
    const std::string before = "*l" + std::to_string(level - 1);
    laughs += "L" + std::to_string(level) + ": &l" + std::to_string(level) + " [" + before + ", " + before + "]\n";
  }
  EXPECT_EQ(good(laughs + "HttpPort: 2\n").http_port, 2);
  EXPECT_EQ(good("Round: &round [*round]\nHttpPort: 3\n").http_port, 3);
}

TEST(Config, ASecondDocumentIsReported) {
  auto loaded = load("HttpPort: 1\n---\nHttpPort: 2\n");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->values.http_port, 1);
  EXPECT_THAT(loaded->notices, Contains(Warns("what follows the line '---' is ignored")));
  EXPECT_EQ(good("---\nHttpPort: 3\n...\n").http_port, 3);
}

// What a container engine makes of a file that is not there to be mounted.
TEST(Config, ADirectoryIsNoFile) {
  const kit::scratch_directory scratch;
  const auto loaded = load_config(scratch.path().string(), process_environment());
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().detail, AllOf(HasSubstr(scratch.path().string()), HasSubstr("Is a directory")));
}

TEST(Config, DecimalsHaveUpToTwoDigitsBehindThePoint) {
  EXPECT_EQ(good("RetryGrowth: 1.5\n").retry_growth, decimal{150});
  EXPECT_EQ(good("RetryGrowth: 3\n").retry_growth, decimal{300});
  EXPECT_EQ(good("RetryJitter: 0.25\n").retry_jitter, decimal{25});
  EXPECT_EQ(good("RetryJitter: 0.05\n").retry_jitter, decimal{5});
  EXPECT_EQ(good("RetryJitter: 0\n").retry_jitter, decimal{0});
  for (const char* const bad : {"fast", "1.", "1.234", "1.x", "-1.5", "1e2", "1.5s", "999999999999999999999", "nan"}) {
    EXPECT_THAT(complaint(std::string{"RetryGrowth: "} + bad + "\n"), HasSubstr("must be a decimal")) << bad;
  }
  EXPECT_THAT(complaint("RetryGrowth: 0.99\n"), HasSubstr("RetryGrowth must be from 1 to 100, not '0.99'"));
  EXPECT_THAT(complaint("RetryJitter: 1.01\n"), HasSubstr("from 0 to 1"));
}

// A web-hook that nobody can reach is found at start, not in the night when it was to wake somebody.
TEST(Config, WebHooksMustBeHttpUrls) {
  EXPECT_EQ(good("AlertWebHook: 'https://ops.example/alert'\n").alert_web_hook, "https://ops.example/alert");
  EXPECT_EQ(complaint("AlertWebHook: 'ftp://ann:hunter2@h/'\n"), "AlertWebHook is not an http or https URL");
  EXPECT_EQ(complaint("CompletionWebHook: ops\n"), "CompletionWebHook is not an http or https URL");
}

TEST(Config, StoresThatComeLaterAreRefusedByName) {
  for (const char* const driver : {"redis", "mysql", "postgres", "sqlserver"}) {
    EXPECT_THAT(complaint(std::string{"Store:\n  Driver: "} + driver),
                AllOf(HasSubstr(driver), HasSubstr("not available yet"), HasSubstr("rocksdb")));
  }
  EXPECT_THAT(complaint("Store:\n  Driver: floppy\n"), HasSubstr("unknown"));
}

TEST(Config, MicroServiceDriversThatComeLaterAreRefusedWhenTheyWouldRegister) {
  EXPECT_THAT(complaint("MicroService:\n  Driver: dtm-driver-kratos\n  Target: 'etcd://u:topsecret@h/k'\n"),
              AllOf(HasSubstr("not available yet"), HasSubstr("dtm-driver-gozero"), Not(HasSubstr("topsecret"))));
  EXPECT_THAT(complaint("MicroService:\n  Driver: nosuch\n"),
              AllOf(HasSubstr("no dtm driver with name: nosuch"), HasSubstr("default, dtm-driver-gozero")));
}

TEST(Config, ARegistrationThatCannotWorkIsRefusedBeforeTheStart) {
  const auto registering = [](const std::string& target, const std::string& end_point, const std::string& more = "") {
    return complaint("MicroService:\n  Driver: dtm-driver-gozero\n  Target: '" + target + "'\n  EndPoint: '" +
                     end_point + "'\n" + more);
  };
  EXPECT_THAT(registering("consul://h:8500/dtm", "h:1"), HasSubstr("unknown scheme: consul; known: etcd, discov"));
  EXPECT_THAT(registering("me:topsecret@h:2379/k", "h:1"), AllOf(HasSubstr("no '://'"), Not(HasSubstr("topsecret"))));
  EXPECT_THAT(registering("etcd://h:2379", "h:1"), HasSubstr("no key"));
  EXPECT_THAT(registering("etcd://u:topsecret@h:2379/k", "h:1"),
              AllOf(HasSubstr("belongs into the query"), Not(HasSubstr("topsecret"))));
  EXPECT_THAT(registering("etcd://h:0/k?user=u&password=topsecret", "h:1"),
              AllOf(HasSubstr("MicroService.Target"), Not(HasSubstr("topsecret"))));
  EXPECT_THAT(registering("etcd://h:2379/k", ""), HasSubstr("MicroService.EndPoint: '' is not host:port"));
  EXPECT_THAT(registering("etcd://h:2379/k", "h:1", "Registry:\n  CertFile: c.pem\n"), HasSubstr("belong together"));
}

// The whole effective configuration is printed by --check-config and may end up in a ticket.
TEST(Config, SecretsAreNotShown) {
  auto loaded = load(
      "Store:\n  Password: hunter2\nCompletionWebHook: https://hooks.example/T0/hunter2\nMicroService:\n  Target: "
      "'etcd://me:hunter2@h:2379/key?password=hunter2'\n"
      "AlertWebHook: 'http://me:hunter2@h/alert?key=hunter2'\n");
  ASSERT_TRUE(loaded);
  const std::string shown = describe(*loaded);
  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
  EXPECT_THAT(shown, HasSubstr("CompletionWebHook: https://hooks.example/***  # line 3"));
  EXPECT_THAT(shown, HasSubstr("MicroService.Target: etcd://***@h:2379/key?***  # line 5"));
  EXPECT_THAT(shown, HasSubstr("AlertWebHook: http://***@h/***  # line 6"));
  EXPECT_THAT(shown, HasSubstr("HttpPort: 36789  # default"));
}

TEST(Config, AKeyThatIsSetTwiceIsAnError) {
  EXPECT_EQ(complaint("HttpPort: 1\nHttpPort: 2\n"), "conf.yml:2: HttpPort is set twice");
}

TEST(Config, AnEmptyFileAndEmptyValuesMeanDefaults) {
  EXPECT_EQ(good(""), config{});
  EXPECT_EQ(good("Store:\nHttpPort:\n"), config{});
}

TEST(Config, AMissingFileIsNamed) {
  const auto loaded = load_config("/nonexistent/conf.yml", variables({}));
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().detail, AllOf(HasSubstr("/nonexistent/conf.yml"), HasSubstr("No such file")));
}

}  // namespace
}  // namespace treaty
