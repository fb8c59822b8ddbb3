// Where a transaction's words become a call of a participant: lines of URL, Location, gid, branch id, payload; what
// follows are branch headers, one "name:value" a line.

#include <grpc/grpc.h>
#include <grpc/slice.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <nlohmann/json.hpp>

#include "net/branch_url.hpp"
#include "net/call_rules.hpp"
#include "net/host_and_port.hpp"
#include "net/http/request_reader.hpp"
#include "net/http/request_text.hpp"
#include "net/http2/call_metadata.hpp"
#include "net/jsonrpc/envelope.hpp"
#include "net/service_target.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/json.hpp"

namespace treaty::fuzz {
namespace {

constexpr std::uint32_t size_max = 1u << 20;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) { return byte > 0x20 && byte < 0x7F; });
}

/// Whatever the words are: on the wire they are one request, to this target, with this body.
void expect_one_request(const http_url& url, const branch_call& call) {
  outgoing_request request;
  request.url = url;
  request.target = branch_target(url, call);
  request.method = call.payload.empty() ? "GET" : "POST";
  request.body = call.payload;
  request.headers = call.headers;
  FUZZ_CHECK(request.target.starts_with('/') || url.path.empty(), request.target);
  FUZZ_CHECK(is_printable(request.target), request.target);
  if (!check_headers(*call.headers)) return;
  std::string bytes;
  append_request_head(bytes, request, "treaty/1", identifying_headers::sent);
  bytes += request.body;
  received_request read;
  request_reader reader{read, size_max, size_max};
  boost::beast::error_code error;
  std::size_t taken = 0;
  while (!error && !reader.is_done() && taken < bytes.size()) {
    taken += reader.put(boost::asio::buffer(bytes) + taken, error);
  }
  FUZZ_CHECK(!error, error.message() + "\n" + bytes);
  FUZZ_CHECK(reader.is_done() && taken == bytes.size(), bytes);
  FUZZ_CHECK(read.method == request.method && read.target == request.target && read.body == request.body, bytes);
}

void check_url(const http_url& url) {
  FUZZ_CHECK(!url.host.empty() && url.port != 0);
  FUZZ_CHECK(
      std::none_of(url.authority.begin(), url.authority.end(), [](char byte) { return byte >= 0 && byte <= ' '; }));
  // What goes into the request line, put behind the origin again, is the same place.
  const std::string again = std::string{url.origin} + request_target(url);
  const auto parsed = parse_http_url(again);
  FUZZ_CHECK(parsed, again);
  FUZZ_CHECK(parsed->host == url.host && parsed->port == url.port && parsed->scheme == url.scheme, again);
  FUZZ_CHECK(request_target(*parsed) == request_target(url), again);
}

/// What is called is what was written, and every address can be dialled.
void check_service_url(std::string_view url) {
  const auto split = split_service_url(url);
  if (!split) return FUZZ_CHECK(!split.error().detail.empty());
  FUZZ_CHECK(split->target + split->method == url, split->target);
  FUZZ_CHECK(split->method.starts_with('/'), split->method);
  const auto target = parse_service_target(split->target);
  if (!target) return FUZZ_CHECK(!target.error().detail.empty());
  FUZZ_CHECK(!target->addresses.empty(), split->target);
  for (const std::string& one : target->addresses) FUZZ_CHECK(split_host_and_port(one), one);
}

void check_redirect(const http_url& base, std::string_view location) {
  const std::string target = resolve_location(base, location);
  const auto url = parse_http_url(target);
  if (url) check_url(*url);
}

/// The payload's members stay; of equal names the last counts, and the last ones are ours.
void check_json_rpc(const branch_call& call) {
  const auto body = json_rpc_request(call, url_parameter(call.url, "method"), "id");
  if (!body) return FUZZ_CHECK(!body.error().detail.empty());
  const auto read = nlohmann::json::parse(*body, nullptr, /*allow_exceptions=*/false);
  FUZZ_CHECK(read.is_object() && read.size() == 4 && read["params"].is_object(), *body);
  FUZZ_CHECK(read["params"]["op"] == call.op && read["params"]["trans_type"] == "saga", *body);
  if (is_utf8(call.gid)) FUZZ_CHECK(read["params"]["gid"] == call.gid, *body);
}

/// gRPC aborts the process when it is given a name or a value that it cannot send.
void check_metadata(const branch_call& call) {
  const auto metadata = call_metadata(call);
  if (!metadata) return FUZZ_CHECK(!metadata.error().detail.empty());
  for (const auto& [name, value] : *metadata) {
    const auto key = grpc_slice_from_static_buffer(name.data(), name.size());
    const auto content = grpc_slice_from_static_buffer(value.data(), value.size());
    FUZZ_CHECK(grpc_header_key_is_legal(key) != 0, name);
    FUZZ_CHECK(grpc_is_binary_header(key) != 0 || grpc_header_nonbin_value_is_legal(content) != 0, name + ": " + value);
  }
}

void make_calls(input in) {
  const std::string_view url_text = in.until("\n");
  const std::string_view location = in.until("\n");
  branch_call call;
  call.protocol = branch_protocol::json_rpc;
  call.url = url_text;
  call.gid = in.until("\n");
  call.id = branch_id{std::string{in.until("\n")}};
  call.op = "action";
  call.payload = in.until("\n");
  std::map<std::string, std::string> headers;
  while (!in.empty()) {
    input line{in.until("\n")};
    const std::string name{line.until(":")};
    headers[name] = line.all();
  }
  call.headers = &headers;
  check_metadata(call);
  check_json_rpc(call);
  check_service_url(url_text);
  static_cast<void>(parse_registry_target(location));
  static_cast<void>(route_of(call.protocol, url_text));
  static_cast<void>(replace_local_host(url_text, "host.docker.internal"));
  const auto url = parse_http_url(url_text);
  if (!url) return FUZZ_CHECK(!url.error().detail.empty());
  check_url(*url);
  check_redirect(*url, location);
  expect_one_request(*url, call);
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  treaty::fuzz::make_calls(treaty::fuzz::input{data, size});
  return 0;
}
