// treaty-docs: writes the generated pages into a source tree, or says which of them are stale.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "app/config_docs.hpp"
#include "app/metrics_docs.hpp"

namespace {

struct page {
  std::string path;
  std::string text;
};

std::vector<page> all_pages() {
  return {{"docs/configuration.md", treaty::configuration_markdown()},
          {"docs/metrics.md", treaty::metrics_markdown()},
          {"deploy/treaty.sample.yaml", treaty::sample_yaml()}};
}

std::string read_file(const std::string& name) {
  std::ifstream file{name, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool is_current(const std::string& root, const page& wanted) {
  if (read_file(root + "/" + wanted.path) == wanted.text) return true;
  std::fprintf(stderr, "%s is stale: run `treaty-docs --write .`\n", wanted.path.c_str());
  return false;
}

bool write_page(const std::string& root, const page& wanted) {
  std::ofstream file{root + "/" + wanted.path, std::ios::binary};
  file << wanted.text;
  if (file.flush()) return true;
  std::fprintf(stderr, "cannot write %s\n", wanted.path.c_str());
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view action = argc == 3 ? argv[1] : "";
  if (action != "--check" && action != "--write") {
    std::fputs("Usage: treaty-docs --check ROOT | --write ROOT\n", stderr);
    return 2;
  }
  bool good = true;
  for (const page& each : all_pages()) {
    good = (action == "--check" ? is_current(argv[2], each) : write_page(argv[2], each)) && good;
  }
  return good ? 0 : 1;
}
