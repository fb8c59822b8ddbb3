#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "net/branch_url.hpp"

namespace treaty {

/// Where a web-hook listens. Kept in one place: `parsed` looks into `url`.
struct hook_address {
  std::string url;          // without user name and password
  std::string credentials;  // "user:password" of the URL, decoded; empty: none
  http_url parsed;
};
using hook_address_ptr = std::shared_ptr<const hook_address>;

/// Takes an http or https URL, with or without a user name and password before the host; `localhost` becomes
/// `local_host_alias` unless that is empty, as in branch URLs.
/// Errors: invalid_argument; the detail does not repeat the URL: web-hooks carry secrets in their paths, too.
result<hook_address_ptr> parse_hook_address(std::string_view url, std::string_view local_host_alias = {});

/// The notices to one address, whatever the query says, are one hook's.
std::string_view hook_key(const hook_address& to);

}  // namespace treaty
