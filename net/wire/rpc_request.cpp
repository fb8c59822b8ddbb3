#include "net/wire/rpc_request.hpp"

#include "net/wire/json_reader.hpp"
#include "net/wire/json_writer.hpp"

namespace treaty {

result<rpc_request> parse_rpc_request(std::string_view json) {
  json_text text;
  TREATY_TRY(const simdjson::dom::element root, text.parse(json));
  simdjson::dom::object members;
  if (root.get(members) != simdjson::SUCCESS) {
    return failure{errc::invalid_argument, "a request must be a JSON object; there are no batches"};
  }
  rpc_request out{.method = {}, .version = {}, .params = "null", .id = {}};
  for (const auto [key, value] : members) {
    result<void> read;
    if (same_name(key, "method")) read = read_text(value, "method", out.method);
    if (same_name(key, "jsonrpc")) read = read_text(value, "jsonrpc", out.version);
    if (same_name(key, "id")) read = read_text(value, "id", out.id);
    if (same_name(key, "params")) out.params = simdjson::minify(value);
    if (!read) return read.error();
  }
  return out;
}

std::string describe(const rpc_request& request) {
  std::string out;
  json_object object{out};
  object.text("method", request.method);
  object.text("jsonrpc", request.version);
  object.member("params") += request.params;
  object.text("id", request.id);
  object.close();
  return out;
}

}  // namespace treaty
