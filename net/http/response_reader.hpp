#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string>
#include <string_view>

namespace treaty {

/// What of an answer decides its outcome; the strings keep their memory from answer to answer.
struct response_parts {
  int status = 0;
  std::string body;
  std::string location;
  std::string content_encoding;
  bool is_cut = false;  // the body is longer than anyone takes
  void clear();
};

/// Reads one answer without keeping its headers: a call needs three of them at most.
class response_reader final : public boost::beast::http::basic_parser<false> {
public:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;

  response_reader(response_parts& into, std::size_t body_bytes_max, std::uint32_t header_bytes_max);

protected:
  void on_request_impl(boost::beast::http::verb, text, text, int, error_code&) override {}
  void on_response_impl(int status, text reason, int version, error_code& error) override;
  void on_field_impl(boost::beast::http::field name, text name_text, text value, error_code& error) override;
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& error) override;
  std::size_t on_body_impl(text piece, error_code& error) override;
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text piece, error_code& error) override;
  void on_finish_impl(error_code&) override {}

private:
  response_parts& parts_;
  std::size_t body_bytes_max_;
};

}  // namespace treaty
