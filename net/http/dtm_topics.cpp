#include <algorithm>
#include <string>
#include <utility>

#include "net/http/dtm_answer.hpp"
#include "net/http/dtm_routes.hpp"
#include "net/http/router.hpp"
#include "net/url_text.hpp"
#include "net/wire/kv_json.hpp"
#include "net/wire/query_string.hpp"

namespace treaty {
namespace {

http_handler change_route(ingress& door, topic_action action) {
  return [&door, action](const http_request& request, std::shared_ptr<http_responder> to) {
    door.change_topic({action, query_value(request.query, "topic"), query_value(request.query, "url"),
                       query_value(request.query, "remark")},
                      answer_to(std::move(to)));
  };
}

http_handler remove_route(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    const std::string_view last = request.path.substr(request.path.rfind('/') + 1);
    door.change_topic({topic_action::remove, percent_decoded(last)}, answer_to(std::move(to)));
  };
}

/// queryKV without a key: the category's first page, because DTM's stores list it all.
void list_category(ingress& door, std::string category, std::size_t limit, std::shared_ptr<http_responder> to) {
  door.list_kv({std::move(category), {}, limit}, [to = std::move(to)](result<kv_listing> found) {
    to->reply(found ? ok_with(kv_json(found->records)) : render(found.error()));
  });
}

http_handler query_kv_route(ingress& door, std::size_t listed_max) {
  return [&door, listed_max](const http_request& request, std::shared_ptr<http_responder> to) {
    std::string category = query_value(request.query, "cat");
    std::string key = query_value(request.query, "key");
    if (key.empty()) return list_category(door, std::move(category), listed_max, std::move(to));
    door.query_kv(std::move(category), std::move(key), [to = std::move(to)](result<kv_record> found) {
      if (found) return to->reply(ok_with(kv_json({*std::move(found)})));
      if (found.error().code == errc::not_found) return to->reply(ok_with(kv_json({})));
      to->reply(render(found.error()));
    });
  };
}

http_handler scan_kv_route(ingress& door, std::size_t listed_max) {
  return [&door, listed_max](const http_request& request, std::shared_ptr<http_responder> to) {
    const auto limit = page_limit(request, 100);
    if (!limit) return to->reply(render(limit.error()));
    door.list_kv(
        {query_value(request.query, "cat"), query_value(request.query, "position"), std::min(*limit, listed_max)},
        [to = std::move(to)](result<kv_listing> found) {
          to->reply(found ? ok_with(kv_listing_json(found->records, found->next_position)) : render(found.error()));
        });
  };
}

}  // namespace

void add_topic_routes(http_router& routes, ingress& door, const dtm_api_options& options) {
  routes.add("GET", "/api/dtmsvr/subscribe", change_route(door, topic_action::subscribe));
  routes.add("GET", "/api/dtmsvr/unsubscribe", change_route(door, topic_action::unsubscribe));
  routes.add("DELETE", "/api/dtmsvr/topic/:topicName", remove_route(door));
  routes.add("GET", "/api/dtmsvr/queryKV", query_kv_route(door, options.listed_max));
  routes.add("GET", "/api/dtmsvr/scanKV", scan_kv_route(door, options.listed_max));
}

}  // namespace treaty
