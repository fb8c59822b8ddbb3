#include "net/grpc/rpc.hpp"

#include <algorithm>
#include <utility>

namespace treaty {
namespace {

constexpr std::size_t shown_max = 200;

/// "package.Service" and "Method"; all of it is the service when it has no such form.
std::pair<std::string_view, std::string_view> split(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

void rpc_table::add(const std::string& path, rpc_method method) {
  methods_.emplace(path, std::move(method));
}

const rpc_method* rpc_table::find(std::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : &found->second;
}

std::vector<std::string> rpc_table::services() const {
  std::vector<std::string> out;
  for (const auto& [path, method] : methods_) {
    const std::string_view service = split(path).first;
    if (out.empty() || out.back() != service) out.emplace_back(service);
  }
  return out;
}

grpc_status rpc_table::unknown(std::string_view path) const {
  const auto [service, method] = split(path.substr(0, shown_max));
  const std::vector<std::string> known = services();
  if (std::find(known.begin(), known.end(), service) == known.end())
    return {grpc_unimplemented, "unknown service " + std::string{service}};
  return {grpc_unimplemented, "unknown method " + std::string{method} + " for service " + std::string{service}};
}

}  // namespace treaty
