#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstddef>

namespace treaty {

/// The shortest end of a chunked body: "0\r\n\r\n".
inline constexpr std::size_t chunked_end_bytes = 5;

/// As `reader.put(unread, error)`, but safe: Beast 1.81 ends the process when it is called again with four bytes of a
/// last chunk. Fewer than five never end a chunked body, so they wait for what must come after them.
template <bool IsRequest>
std::size_t careful_put(boost::beast::http::basic_parser<IsRequest>& reader, boost::asio::const_buffer unread,
                        boost::beast::error_code& error) {
  if (unread.size() < chunked_end_bytes && reader.is_header_done() && reader.chunked()) {
    error = boost::beast::http::error::need_more;
    return 0;
  }
  return reader.put(unread, error);
}

}  // namespace treaty
