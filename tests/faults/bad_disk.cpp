#include "tests/faults/bad_disk.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <new>
#include <stdexcept>

namespace treaty::faults {

bad_disk::bad_disk(const std::string& library, const std::filesystem::path& directory)
    : library_{library}, file_{(directory / "disk-plan").string()} {
  std::ofstream{file_} << std::string(sizeof(disk_plan), '\0');
  const int descriptor = ::open(file_.c_str(), O_RDWR | O_CLOEXEC);
  void* const mapped = ::mmap(nullptr, sizeof(disk_plan), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (mapped == MAP_FAILED) throw std::runtime_error{"the plan of a bad disk cannot be mapped"};
  plan_ = new (mapped) disk_plan;
}

bad_disk::~bad_disk() {
  ::munmap(plan_, sizeof(disk_plan));
}

std::vector<std::string> bad_disk::environment() const {
  const char* const options = std::getenv("ASAN_OPTIONS");
  std::string sanitizer = options == nullptr ? "" : options + std::string{":"};
  return {"LD_PRELOAD=" + library_, "TREATY_DISK_PLAN=" + file_,
          "ASAN_OPTIONS=" + sanitizer + "verify_asan_link_order=0"};
}

}  // namespace treaty::faults
