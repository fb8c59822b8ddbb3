#include "tests/kit/http_client.hpp"

#include <stdexcept>

namespace treaty::kit {
namespace {

std::string request_text(std::string_view method, std::string_view target, std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
  if (method != "GET") text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

}  // namespace

http_answer request(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body,
                    std::chrono::milliseconds limit) {
  const auto deadline = steady::now() + limit;
  tcp_stream connection;
  try {
    connection = tcp_stream::connect_to(port);
  } catch (const std::runtime_error&) {
    return {};
  }
  // A server may answer before it has read everything (a body over its limit): what it says is read all the same.
  connection.write(request_text(method, target, body), deadline);
  std::string buffered;
  auto message = read_message(connection, buffered, message_kind::response, deadline);
  if (!message) return {};
  http_answer answer{message->status(), message->body, std::string{message->header("content-type")}, {}};
  answer.message = std::move(*message);
  return answer;
}

}  // namespace treaty::kit
