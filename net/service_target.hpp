#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/discovery.hpp"

namespace treaty {

// The addresses of go-zero (docs/protocol.md, "Service targets"). Pure text; nothing is looked up here.

/// Takes a branch URL apart:
///
///     host:port/pkg.Svc/M                        etcd://h1:2379,h2:2379/key/pkg.Svc/M (or discov://)
///     direct:///a:1,b:2/pkg.Svc/M                etcd:///h1:2379,h2:2379?key=escaped/pkg.Svc/M
///     dns:///host:port/pkg.Svc/M (or passthrough:///)
///
/// Errors: invalid_argument; `detail` names the URL and what is wrong with it.
result<dial_target> split_service_url(std::string_view url);

/// What the target of such a URL says.
struct service_target {
  std::vector<std::string> addresses;  // host:port: of etcd, in the order in which they are tried, or of the instances
  std::string key;                     // in etcd; empty: `addresses` are the instances themselves
  bool operator==(const service_target&) const = default;
};
/// Errors: invalid_argument.
result<service_target> parse_service_target(std::string_view target);

/// Where a process registers itself: "etcd://h1:2379,h2:2379/key?user=name&password=secret" (or discov://).
struct registry_target {
  std::vector<std::string> endpoints;  // host:port
  std::string key;
  std::string user;
  std::string password;
};
/// Errors: invalid_argument; `detail` shows neither user nor password.
result<registry_target> parse_registry_target(std::string_view target);

}  // namespace treaty
