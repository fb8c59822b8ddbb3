#include "app/ports_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace treaty {

result<void> write_ports_file(const std::string& name, bound_ports ports) {
  const std::string unfinished = name + ".new";
  std::ofstream file{unfinished};
  file << "{\"http\":" << ports.http << ",\"grpc\":" << ports.grpc << "}\n";
  file.close();
  if (!file || std::rename(unfinished.c_str(), name.c_str()) != 0) {
    return failure{errc::unavailable, "cannot write " + name + ": " + std::strerror(errno)};
  }
  return {};
}

}  // namespace treaty
