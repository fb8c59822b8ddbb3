#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "net/http_handler.hpp"

namespace treaty {

enum class connection_end : std::uint8_t { keep, keep_as_1_0 /* must be said to old clients */, close };

/// Appends the status line and the header of an answer whose body has `body_bytes`.
void append_reply_head(std::string& out, const http_reply& reply, std::size_t body_bytes, connection_end end);

}  // namespace treaty
