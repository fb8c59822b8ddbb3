#include "app/log_config.hpp"

#include <nlohmann/json.hpp>

namespace treaty {
namespace {

constexpr std::int64_t mebibytes_max = 1'000'000;
constexpr std::int64_t files_max = 10'000;

result<std::int64_t> number_in(const nlohmann::json& object, const char* key, std::int64_t standard,
                               std::int64_t most) {
  const auto found = object.find(key);
  if (found == object.end()) return standard;
  if (!found->is_number_integer() || found->get<std::int64_t>() < 0 || found->get<std::int64_t>() > most) {
    return failure{errc::invalid_argument, std::string{"Log.RotationConfigJSON: "} + key +
                                               " must be a whole number from 0 to " + std::to_string(most)};
  }
  const auto number = found->get<std::int64_t>();
  return number == 0 ? standard : number;  // 0 means the default in DTM
}

result<log_rotation> rotation_of(const std::string& text) {
  const auto object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return failure{errc::invalid_argument, "Log.RotationConfigJSON must be a JSON object"};
  TREATY_TRY(const std::int64_t mebibytes, number_in(object, "maxsize", 100, mebibytes_max));
  TREATY_TRY(const std::int64_t files, number_in(object, "maxbackups", 10, files_max));
  return log_rotation{.bytes = static_cast<std::size_t>(mebibytes) << 20, .files = static_cast<std::size_t>(files)};
}

std::vector<std::string> split_outputs(std::string_view list) {
  std::vector<std::string> outputs;
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view one = list.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) outputs.emplace_back(one);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return outputs;
}

}  // namespace

result<log_options> log_options_of(const config& values) {
  log_options options;
  options.least = parse_log_level(values.log_level).value_or(log_level::info);
  options.outputs = split_outputs(values.log_outputs);
  if (options.outputs.empty()) options.outputs.emplace_back("stderr");
  if (values.log_rotation_enable != 0) {
    TREATY_TRY(options.rotation, rotation_of(values.log_rotation_config_json));
  }
  return options;
}

result<std::unique_ptr<logging>> start_log(const config& values, bool debug) {
  TREATY_TRY(log_options options, log_options_of(values));
  if (debug) options.least = log_level::debug;
  return logging::start(options);
}

}  // namespace treaty
