#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "net/http/exchange.hpp"

namespace treaty {

enum class identifying_headers : std::uint8_t { sent = 1, left_out };

/// "test_header" -> "Test_header", as Go canonicalises header names.
std::string canonical_header_name(std::string_view name);

/// Appends request line and headers, up to and with the empty line (docs/protocol.md, "HTTP calls"). Headers of the
/// request replace ours of the same name, `Host` too; those that frame the message are ignored. Precondition: checked
/// headers.
void append_request_head(std::string& out, const outgoing_request& request, std::string_view user_agent,
                         identifying_headers identity);

}  // namespace treaty
