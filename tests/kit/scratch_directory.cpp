#include "tests/kit/scratch_directory.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace treaty::kit {

scratch_directory::scratch_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "treaty-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"cannot make a scratch directory " + pattern};
  path_ = pattern;
}

scratch_directory::~scratch_directory() {
  if (std::getenv("TREATY_KEEP_SCRATCH") != nullptr) return;
  std::error_code ignored;  // a directory that stays behind must not hide the outcome of a test
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace treaty::kit
