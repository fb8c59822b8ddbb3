// The configuration: lines NAME=value of the environment, a line of dashes, and the file.

#include <map>

#include "app/load_config.hpp"
#include "app/log_config.hpp"
#include "app/options.hpp"
#include "tests/fuzz/check.hpp"

namespace treaty::fuzz {
namespace {

/// Each option, written as it would stand in the file, is read back as the same.
void expect_same_when_written(const config& values) {
  config again;
  for (const option& one : all_options()) {
    if (!has_effect(one) || one.shown != secrecy::open) continue;
    const auto read = assign(one, render(one, values), again);
    FUZZ_CHECK(read, read.error().detail);
    FUZZ_CHECK(render(one, again) == render(one, values), one.path);
  }
}

void load(input in) {
  std::map<std::string, std::string, std::less<>> variables;
  input lines{in.until("----\n")};
  while (!lines.empty()) {
    input line{lines.until("\n")};
    const std::string name{line.until("=")};
    variables[name] = line.all();
  }
  const environment env = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional{found->second};
  };
  const auto loaded = load_config_text(in.all(), "treaty.yml", env);
  if (!loaded) return FUZZ_CHECK(!loaded.error().detail.empty());
  FUZZ_CHECK(loaded->sources.size() == all_options().size());
  for (const config_notice& one : loaded->notices) FUZZ_CHECK(!one.text.empty());
  expect_same_when_written(loaded->values);
  FUZZ_CHECK(log_options_of(loaded->values), "accepted, and no log can be made of it");
  const std::string& hook = loaded->values.alert_web_hook;
  const std::size_t host = hook.find("://");
  const std::size_t path = host == std::string::npos ? host : hook.find('/', host + 3);
  if (path != std::string::npos && hook.size() > path + 4)
    FUZZ_CHECK(describe(*loaded).find("AlertWebHook: " + hook) == std::string::npos, "a secret is shown");
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  treaty::fuzz::load(treaty::fuzz::input{data, size});
  return 0;
}
