// What a fuzz target is without libFuzzer: each file of the given folders is one input, run once, in the order of
// names.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> inputs_in(const std::filesystem::path& place) {
  if (!std::filesystem::is_directory(place)) return {place};
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator{place}) {
    if (entry.is_regular_file()) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool replay(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream) return false;
  const std::vector<char> bytes{std::istreambuf_iterator<char>{stream}, {}};
  // An allocation of just this size: a sanitizer sees the first byte that is read behind it.
  const std::vector<std::uint8_t> input{bytes.begin(), bytes.end()};
  std::fprintf(stderr, "%s: %zu bytes\n", file.c_str(), input.size());
  LLVMFuzzerTestOneInput(input.data(), input.size());
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  std::size_t replayed = 0;
  for (int at = 1; at < count; ++at) {
    for (const auto& file : inputs_in(arguments[at])) {
      if (!replay(file)) {
        std::fprintf(stderr, "cannot read %s\n", file.c_str());
        return 2;
      }
      ++replayed;
    }
  }
  std::fprintf(stderr, "%zu inputs replayed\n", replayed);
  return replayed > 0 ? 0 : 2;
}
