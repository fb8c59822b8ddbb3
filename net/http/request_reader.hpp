#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional/optional.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace treaty {

/// What is kept of a request; its strings are reused from request to request.
struct received_request {
  std::string method;
  std::string target;
  std::string body;
  bool http_1_1 = true;
  bool expects_continue = false;

  void clear();
};

/// Beast's parser with nothing kept but what a handler can see: no container of fields is built. For one request.
class request_reader final : public boost::beast::http::basic_parser<true> {
public:
  request_reader(received_request& into, std::size_t header_bytes_max, std::size_t body_bytes_max);

private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, text method, text target, int version, error_code&) override;
  void on_response_impl(int, text, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field name, text, text value, error_code&) override;
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override;
  std::size_t on_body_impl(text part, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text part, error_code&) override;
  void on_finish_impl(error_code&) override {}

  received_request& into_;
};

/// The status of the answer to a request that could not be read, and what to say.
struct refusal {
  int status;
  std::string_view message;
};
refusal refusal_of(const boost::beast::error_code& error);

}  // namespace treaty
