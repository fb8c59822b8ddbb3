#include "admin/probes.hpp"

#include <utility>

#include "obs/json_text.hpp"
#include "obs/version.hpp"

namespace treaty {
namespace {

void append_member(std::string& body, std::string_view key, std::string_view value) {
  body += body.size() == 1 ? "" : ",";
  append_quoted_json(body, key);
  body += ':';
  append_quoted_json(body, value);
}

std::string describe(const process_health& health, std::string_view status) {
  std::string body = "{";
  append_member(body, "status", status);
  append_member(body, "state", health.state);
  if (!health.detail.empty()) append_member(body, "reason", health.detail);
  if (!health.registration.empty()) append_member(body, "registration", health.registration);
  append_member(body, "version", version());
  body += '}';
  return body;
}

}  // namespace

http_handler make_healthz(health_source source) {
  return [source = std::move(source)](const http_request&, std::shared_ptr<http_responder> to) {
    const process_health health = source();
    const bool alive = !health.mendable_by_restart_only;
    to->reply(
        {.status = alive ? 200 : 503, .body = describe(health, alive ? "alive" : "restart needed"), .headers = {}});
  };
}

http_handler make_readyz(health_source source) {
  return [source = std::move(source)](const http_request&, std::shared_ptr<http_responder> to) {
    const process_health health = source();
    to->reply({.status = health.ready ? 200 : 503,
               .body = describe(health, health.ready ? "ready" : "not ready"),
               .headers = {}});
  };
}

http_handler make_metrics(std::function<std::string()> text) {
  return [text = std::move(text)](const http_request&, std::shared_ptr<http_responder> to) {
    to->reply(
        {.status = 200, .body = text(), .content_type = "text/plain; version=0.0.4; charset=utf-8", .headers = {}});
  };
}

}  // namespace treaty
