#include "bench/load/clients.hpp"

#include <algorithm>

namespace treaty::load {

void write_gid(request_template& request, std::string_view gid) {
  for (const std::size_t at : request.gid_at)
    std::copy(gid.begin(), gid.end(), request.text.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace treaty::load
