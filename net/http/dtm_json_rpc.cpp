#include <array>
#include <string>
#include <utility>

#include "net/http/dtm_answer.hpp"
#include "net/http/dtm_routes.hpp"
#include "net/http/router.hpp"
#include "net/wire/branch_body.hpp"
#include "net/wire/json_writer.hpp"
#include "net/wire/new_gid.hpp"
#include "net/wire/requests.hpp"
#include "net/wire/rpc_request.hpp"

namespace treaty {
namespace {

constexpr std::int64_t parse_error = -32700;
constexpr std::int64_t bad_request = -32600;
constexpr std::int64_t unknown_method = -32601;
constexpr std::int64_t internal_error = -32603;
constexpr std::int64_t refused = -32901;

constexpr std::string_view nothing = "null";

/// All four members are always there, in this order; `result` is JSON.
http_reply envelope(std::string_view id, std::string_view error, std::string_view result) {
  std::string out;
  json_object object{out};
  object.member("error") += error;
  object.text("id", id);
  object.text("jsonrpc", "2.0");
  object.member("result") += result;
  object.close();
  return ok_with(std::move(out));
}

http_reply error_reply(std::string_view id, std::int64_t code, std::string_view message, std::string_view result) {
  std::string error;
  json_object object{error};
  object.number("code", code);
  object.text("message", message);
  object.close();
  return envelope(id, error, result);
}

http_reply unreadable(const failure& why) {
  http_reply out = error_reply({}, parse_error, "Parse json error: " + why.detail, nothing);
  out.status = 400;
  out.content_type = "text/plain; charset=utf-8";
  return out;
}

/// Only a refusal has a code of its own; that something is still going on is told as any other error is.
http_reply render_rpc(std::string_view id, const answer& what) {
  if (what.kind == answer_kind::ok) return envelope(id, nothing, nothing);
  const std::int64_t code = what.kind == answer_kind::failure ? refused : internal_error;
  return error_reply(id, code, what.message, what.kind == answer_kind::internal ? nothing : "{}");
}

class rpc_answer final : public answer_sink {
public:
  rpc_answer(std::string id, std::shared_ptr<http_responder> to) : id_{std::move(id)}, to_{std::move(to)} {}
  void answer(treaty::answer what) override { to_->reply(render_rpc(id_, what)); }

private:
  std::string id_;
  std::shared_ptr<http_responder> to_;
};

struct method {
  std::string_view name;
  result<std::pair<gid, event>> (*read)(std::string_view params);
};

template <make_event Make>
result<std::pair<gid, event>> read_transaction(std::string_view params) {
  TREATY_TRY(trans_body body, parse_trans_body(params, gid_form::as_sent));
  if (auto usable = check_gid(body.gid); !usable) return usable.error();
  gid id = body.gid;
  TREATY_TRY(event what, Make(std::move(body)));
  return std::pair{std::move(id), std::move(what)};
}

result<std::pair<gid, event>> read_branch(std::string_view params) {
  TREATY_TRY(branch_body body, parse_branch_body(params));
  gid id = body.gid;
  TREATY_TRY(register_requested what, make_registration(std::move(body)));
  if (auto usable = check_gid(id); !usable) return usable.error();
  return std::pair{std::move(id), event{std::move(what)}};
}

constexpr std::array methods{method{"prepare", read_transaction<prepare_event>},
                             method{"submit", read_transaction<submit_event>},
                             method{"abort", read_transaction<abort_event>}, method{"registerBranch", read_branch}};

void serve(ingress& door, const http_request& request, std::shared_ptr<http_responder> to) {
  auto asked = parse_rpc_request(request.body);
  if (!asked) return to->reply(unreadable(asked.error()));
  if (asked->id.empty() || asked->version != "2.0") {
    return to->reply(error_reply(asked->id, bad_request, "Bad json request: " + describe(*asked), nothing));
  }
  if (asked->method == "newGid") {
    return to->reply(envelope(asked->id, nothing, R"({"gid":")" + new_gid() + "\"}"));
  }
  for (const method& one : methods) {
    if (one.name != asked->method) continue;
    auto what = one.read(asked->params);
    if (!what) return to->reply(error_reply(asked->id, internal_error, what.error().detail, "{}"));
    auto sink = std::make_shared<rpc_answer>(std::move(asked->id), std::move(to));
    return door.offer(std::move(what->first), std::move(what->second), request.body.size(), std::move(sink));
  }
  to->reply(error_reply(asked->id, unknown_method, "Method not found: " + asked->method, nothing));
}

}  // namespace

void add_json_rpc_route(http_router& routes, ingress& door) {
  routes.add("POST", "/api/json-rpc", [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    serve(door, request, std::move(to));
  });
}

}  // namespace treaty
