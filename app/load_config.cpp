#include "app/load_config.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/config_file.hpp"
#include "app/log_config.hpp"
#include "app/options.hpp"
#include "net/hook_address.hpp"
#include "net/host_and_port.hpp"
#include "net/service_target.hpp"

namespace treaty {
namespace {

constexpr std::string_view default_source = "default";
constexpr std::string_view later_drivers[] = {"dtm-driver-kratos",      "dtm-driver-ego",  "dtm-driver-polaris",
                                              "dtm-driver-springcloud", "dtm-driver-dapr", "dtm-driver-sponge"};
constexpr std::string_view later_stores[] = {"redis", "mysql", "tdsql", "postgres", "sqlserver"};

bool contains(std::span<const std::string_view> all, std::string_view one) {
  for (const std::string_view each : all) {
    if (each == one) return true;
  }
  return false;
}

void read_environment(const environment& env, loaded_config& into, std::vector<std::string>& errors) {
  if (const auto set = env("IS_DOCKER"); set && !set->empty()) into.values.local_host_alias = "host.docker.internal";
  std::size_t index = 0;
  for (const option& each : all_options()) {
    std::string& source = into.sources[index++];
    if (!has_effect(each)) continue;
    const std::string name = environment_name(each.path);
    const auto value = env(name);
    if (!value || value->empty()) continue;
    if (auto done = assign(each, *value, into.values); !done) {
      errors.push_back("environment " + name + ": " + done.error().detail);
    } else {
      source = "environment " + name;
    }
  }
}

void check_store(loaded_config& loaded, std::vector<std::string>& errors) {
  config& values = loaded.values;
  if (values.store_driver == "boltdb") {
    loaded.notices.push_back({notice_kind::info, "Store.Driver boltdb: the embedded store is RocksDB here, in " +
                                                     values.store_path + "; a dtm.bolt file is not read"});
  } else if (contains(later_stores, values.store_driver)) {
    errors.push_back("Store.Driver " + values.store_driver +
                     " is not available yet; use rocksdb, which needs no server (Store.Path names its directory)");
  } else if (values.store_driver != "rocksdb") {
    errors.push_back("Store.Driver '" + values.store_driver + "' is unknown; use rocksdb");
  }
  if (values.store_path.empty()) errors.push_back("Store.Path must name a directory");
}

void check_registration(const config& values, std::vector<std::string>& errors) {
  if (values.registry_cert_file.empty() != values.registry_cert_key_file.empty())
    errors.push_back("Registry.CertFile and Registry.CertKeyFile belong together");
  if (values.micro_service_target.empty()) return;
  if (const auto target = parse_registry_target(values.micro_service_target); !target)
    errors.push_back("MicroService.Target: " + target.error().detail);
  if (const auto address = split_host_and_port(values.micro_service_end_point); !address)
    errors.push_back("MicroService.EndPoint: " + address.error().detail);
}

void check_micro_service(loaded_config& loaded, std::vector<std::string>& errors) {
  const config& values = loaded.values;
  if (values.micro_service_driver == "dtm-driver-gozero") return check_registration(values, errors);
  if (values.micro_service_driver == "default" || values.micro_service_driver.empty()) {
    if (!values.micro_service_target.empty())
      loaded.notices.push_back({notice_kind::warning, "MicroService.Driver default registers nothing at Target"});
  } else if (!contains(later_drivers, values.micro_service_driver)) {
    errors.push_back("no dtm driver with name: " + values.micro_service_driver +
                     " has been registered; known: default, dtm-driver-gozero");
  } else if (!values.micro_service_target.empty()) {
    errors.push_back("MicroService.Driver " + values.micro_service_driver +
                     " is not available yet, so this process cannot register at MicroService.Target; available: "
                     "default, dtm-driver-gozero");
  } else {
    loaded.notices.push_back({notice_kind::warning, "MicroService.Driver " + values.micro_service_driver +
                                                        " is not available yet; branch addresses are used as given"});
  }
}

void check_web_hook(const std::string& option, const std::string& url, std::vector<std::string>& errors) {
  if (url.empty()) return;
  if (const auto address = parse_hook_address(url); !address) {
    errors.push_back(option + " is " + address.error().detail);
  }
}

/// DTM knows no RetryIntervalMax: its files may well name a RetryInterval beyond our default.
void check_retry_interval(loaded_config& loaded, std::vector<std::string>& errors) {
  config& values = loaded.values;
  if (values.retry_interval_max >= values.retry_interval) return;
  if (loaded.source_of("RetryIntervalMax") == default_source) {
    values.retry_interval_max = values.retry_interval;
  } else {
    errors.push_back("RetryIntervalMax must not be less than RetryInterval");
  }
}

void check_together(loaded_config& loaded, std::vector<std::string>& errors) {
  const config& values = loaded.values;
  check_store(loaded, errors);
  check_micro_service(loaded, errors);
  if (const auto log = log_options_of(values); !log) errors.push_back(log.error().detail);
  check_retry_interval(loaded, errors);
  if (values.http_port != 0 && values.http_port == values.grpc_port) {
    errors.push_back("HttpPort and GrpcPort must differ");
  }
  check_web_hook("AlertWebHook", values.alert_web_hook, errors);
  check_web_hook("CompletionWebHook", values.completion_web_hook, errors);
}

result<loaded_config> load(const std::string* yaml, const std::string& name, const environment& env) {
  loaded_config loaded;
  loaded.sources.assign(all_options().size(), std::string{default_source});
  config_reading reading{loaded, name, {}};
  read_environment(env, loaded, reading.errors);
  if (yaml != nullptr) read_config_yaml(*yaml, reading);
  if (reading.errors.empty()) check_together(loaded, reading.errors);
  if (reading.errors.empty()) return loaded;
  std::string all;
  for (const std::string& error : reading.errors) all += (all.empty() ? "" : "\n") + error;
  return failure{errc::invalid_argument, all};
}

}  // namespace

const std::string& loaded_config::source_of(std::string_view path) const {
  return sources[place_of(*find_option(path))];
}

environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string{name}.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
  };
}

result<loaded_config> load_config(const std::string& file, const environment& env) {
  if (file.empty()) return load(nullptr, file, env);
  const auto unreadable = [&file](int why) {
    return failure{errc::invalid_argument, "cannot read " + file + ": " + std::strerror(why)};
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return unreadable(EISDIR);  // it can be opened
  std::ifstream stream{file};
  std::stringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream) return unreadable(errno);
  return load_config_text(text.str(), file, env);
}

result<loaded_config> load_config_text(std::string_view yaml, const std::string& name, const environment& env) {
  const std::string text{yaml};
  return load(&text, name, env);
}

std::string describe(const loaded_config& loaded) {
  std::string lines;
  for (std::size_t index = 0; index < all_options().size(); ++index) {
    const option& which = all_options()[index];
    if (!has_effect(which)) continue;
    lines += std::string{which.path} + ": " + render(which, loaded.values) + "  # " + loaded.sources[index] + "\n";
  }
  return lines;
}

}  // namespace treaty
