#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "net/branch_client.hpp"

namespace treaty {

enum class http_scheme : std::uint8_t { plain = 1, tls };

/// An http(s) URL, taken apart. Views into the text that was parsed.
struct http_url {
  http_scheme scheme = http_scheme::plain;
  std::string_view origin;     // scheme, host and port as written: "http://h:80"
  std::string_view authority;  // host and port as written: the Host header
  std::string_view host;       // without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string_view path;   // as written; may be empty
  std::string_view query;  // as written, without '?'
};

/// Errors: invalid_argument; `detail` names the URL and what is wrong with it. A fragment is dropped.
result<http_url> parse_http_url(std::string_view url);

/// What stands in the request line. Bytes that must not stand there are percent-encoded.
std::string request_target(const http_url& url);

/// `request_target` with branch_id, gid, op and trans_type added to the query, in this order (docs/protocol.md,
/// "HTTP calls").
std::string branch_target(const http_url& url, const branch_call& call);

/// Where a redirect from `base` leads (RFC 3986, 5.2); not checked, so parse it.
std::string resolve_location(const http_url& base, std::string_view location);

/// The first value of `name` in a query text, form-decoded; empty: there is none.
std::string url_parameter(std::string_view query, std::string_view name);

/// Inside a container the host is not `localhost`: the first `localhost` and the first `127.0.0.1` become `host`.
std::string replace_local_host(std::string_view url, std::string_view host);

}  // namespace treaty
