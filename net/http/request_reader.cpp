#include "net/http/request_reader.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace treaty {
namespace {

constexpr std::size_t kept_body_bytes_max = 16u << 10;   // a larger buffer is given back after its request
constexpr std::size_t believed_length_max = 256u << 10;  // memory for a promised body, before any of it has come

}  // namespace

void received_request::clear() {
  method.clear();
  target.clear();
  body.clear();
  if (body.capacity() > kept_body_bytes_max) body = std::string{};
  http_1_1 = true;
  expects_continue = false;
}

request_reader::request_reader(received_request& into, std::size_t header_bytes_max, std::size_t body_bytes_max)
    : into_{into} {
  header_limit(static_cast<std::uint32_t>(header_bytes_max));
  body_limit(body_bytes_max);
  eager(true);
}

void request_reader::on_request_impl(boost::beast::http::verb, text method, text target, int version, error_code&) {
  into_.method.assign(method.data(), method.size());
  into_.target.assign(target.data(), target.size());
  into_.http_1_1 = version >= 11;
}

void request_reader::on_field_impl(boost::beast::http::field name, text, text value, error_code&) {
  if (name == boost::beast::http::field::expect) {
    into_.expects_continue = boost::beast::iequals(value, "100-continue");
  }
}

void request_reader::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  if (length) into_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, believed_length_max)));
}

std::size_t request_reader::on_body_impl(text part, error_code&) {
  into_.body.append(part.data(), part.size());
  return part.size();
}

std::size_t request_reader::on_chunk_body_impl(std::uint64_t, text part, error_code&) {
  into_.body.append(part.data(), part.size());
  return part.size();
}

refusal refusal_of(const boost::beast::error_code& error) {
  namespace http = boost::beast::http;
  if (error == http::error::body_limit) return {413, "request body too large"};
  if (error == http::error::header_limit) return {431, "request header too large"};
  return {400, "malformed HTTP request"};
}

}  // namespace treaty
