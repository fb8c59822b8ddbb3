// The HTTP API above the request reader: several requests, each "METHOD target", a line end and the body.

#include "tests/fuzz/api.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treaty::fuzz;
  world door{hash_of(data, size)};
  api under_test{door};
  input in{data, size};
  while (!in.empty()) {
    const std::string_view request = in.until("\n====\n");
    const std::size_t blank = request.find(' ');
    const std::size_t line_end = request.find('\n');
    if (blank == std::string_view::npos || line_end == std::string_view::npos || line_end < blank) continue;
    const std::string_view target = request.substr(blank + 1, line_end - blank - 1);
    if (is_target(target)) under_test.call(request.substr(0, blank), target, request.substr(line_end + 1));
  }
  door.calm_down();
  under_test.expect_all_answered();
  return 0;
}
