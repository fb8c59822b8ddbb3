#include "net/http/response_reader.hpp"

#include <boost/beast/http/error.hpp>

namespace treaty {
namespace {

constexpr std::size_t kept_capacity_max = 64 * 1024;

}  // namespace

void response_parts::clear() {
  status = 0;
  if (body.capacity() > kept_capacity_max) body = {};
  body.clear();
  location.clear();
  content_encoding.clear();
  is_cut = false;
}

response_reader::response_reader(response_parts& into, std::size_t body_bytes_max, std::uint32_t header_bytes_max)
    : parts_{into}, body_bytes_max_{body_bytes_max} {
  parts_.clear();
  eager(true);
  body_limit(body_bytes_max);
  header_limit(header_bytes_max);
}

void response_reader::on_response_impl(int status, text, int, error_code&) {
  parts_.status = status;
}

void response_reader::on_field_impl(boost::beast::http::field name, text, text value, error_code&) {
  if (name == boost::beast::http::field::location) parts_.location.assign(value.data(), value.size());
  if (name == boost::beast::http::field::content_encoding) parts_.content_encoding.assign(value.data(), value.size());
}

void response_reader::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  if (length) parts_.body.reserve(std::min<std::size_t>(*length, body_bytes_max_));
}

std::size_t response_reader::on_body_impl(text piece, error_code& error) {
  if (parts_.body.size() + piece.size() > body_bytes_max_) {
    error = boost::beast::http::error::body_limit;
    return 0;
  }
  parts_.body.append(piece.data(), piece.size());
  return piece.size();
}

std::size_t response_reader::on_chunk_body_impl(std::uint64_t, text piece, error_code& error) {
  return on_body_impl(piece, error);
}

}  // namespace treaty
