// JSON-RPC to the coordinator: several bodies of POST /api/json-rpc.

#include "tests/fuzz/api.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treaty::fuzz;
  world door{hash_of(data, size)};
  api under_test{door};
  input in{data, size};
  while (!in.empty()) under_test.call("POST", "/api/json-rpc", in.until("\n====\n"));
  door.calm_down();
  under_test.expect_all_answered();
  return 0;
}
