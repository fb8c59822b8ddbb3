#pragma once

#include <string>
#include <vector>

namespace treaty {

/// PEM texts. Empty authorities: the system's.
struct etcd_tls {
  bool is_on = false;
  std::string authorities;
  std::string certificate;  // with its key: how we show who we are
  std::string key;
};

/// How a cluster of etcd is spoken to.
struct etcd_access {
  std::vector<std::string> endpoints;  // host:port; when one fails the next is tried
  std::string user;                    // empty: without an account
  std::string password;
  etcd_tls tls{};
};

/// "h1:2379,h2:2379".
std::string endpoints_text(const std::vector<std::string>& endpoints);

}  // namespace treaty
