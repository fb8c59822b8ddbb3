#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <utility>

#include "net/http/dtm_answer.hpp"
#include "net/http/dtm_routes.hpp"
#include "net/http/router.hpp"
#include "net/page_filler.hpp"
#include "net/wire/json_writer.hpp"
#include "net/wire/query_string.hpp"
#include "net/wire/record_json.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {
namespace {

failure refuse(std::string detail) {
  return {errc::invalid_argument, std::move(detail)};
}

/// An integer parameter; what is not there, or empty, is `otherwise`.
result<std::int64_t> number_of(const http_request& request, std::string_view name, std::int64_t otherwise) {
  const std::string text = query_value(request.query, name);
  if (text.empty()) return otherwise;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return refuse("convert to int error: " + text);
  return number;
}

/// A moment in milliseconds since the epoch; unset when it is not there.
result<time_point> moment_of(const http_request& request, std::string_view name, duration within) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max() / 1'000'000 - 1;
  TREATY_TRY(const std::int64_t count, number_of(request, name, 0));
  if (count < 0) return refuse(std::string{name} + " must not be negative");
  if (count == 0) return time_point{};
  return time_point{std::chrono::milliseconds{std::min(count, last)} + within};
}

void reply_query(const result<txn_record>& found, http_responder& to) {
  if (found) return to.reply(ok_with(query_json(*found)));
  if (found.error().code == errc::not_found) return to.reply(ok_with(query_json_of_none()));
  to.reply(render(found.error()));
}

http_handler query_route(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    gid id{query_value(request.query, "gid")};
    if (id.empty()) return to->reply(render(refuse("no gid specified")));
    if (!check_gid(id)) return to->reply(ok_with(query_json_of_none()));  // no such transaction can be stored
    door.query(std::move(id), [to](result<txn_record> found) { reply_query(found, *to); });
  };
}

/// `all` with a gid: a list of one, or null.
void list_one(ingress& door, gid id, std::string position, std::shared_ptr<http_responder> to) {
  if (!check_gid(id)) return to->reply(ok_with(listing_json_of_none(position)));
  door.query(std::move(id), [to = std::move(to), position = std::move(position)](result<txn_record> found) {
    if (found) {
      listing_text text;
      text.add(*found);
      return to->reply(ok_with(std::move(text).finish(position)));
    }
    if (found.error().code == errc::not_found) return to->reply(ok_with(listing_json_of_none(position)));
    to->reply(render(found.error()));
  });
}

result<list_request> list_request_of(const http_request& request, std::size_t listed_max) {
  list_request out;
  out.status = parse_txn_status(query_value(request.query, "status"));
  out.type = parse_trans_type(query_value(request.query, "transType"));
  TREATY_TRY(out.created_from, moment_of(request, "createTimeStart", {}));
  TREATY_TRY(out.created_to, moment_of(request, "createTimeEnd", std::chrono::nanoseconds{999'999}));
  TREATY_TRY(const std::size_t limit, page_limit(request, out.limit));
  out.limit = std::min(limit, listed_max);
  out.position = query_value(request.query, "position");
  return out;
}

/// A status or a type that there is none of: no transaction has it.
bool can_match(const http_request& request, const list_request& asked) {
  return (asked.status || query_value(request.query, "status").empty()) &&
         (asked.type || query_value(request.query, "transType").empty());
}

/// DTM's clients take a short page for the end: no number of look-ups is too many to fill one.
void list_page_to(ingress& door, list_request asked, std::shared_ptr<http_responder> to) {
  constexpr std::size_t slow_look_ups_max = std::numeric_limits<std::size_t>::max();
  const auto text = std::make_shared<listing_text>();
  fill_page(
      door, std::move(asked), slow_look_ups_max, [text](const txn_record& one) { return text->add(one); },
      [text, to = std::move(to)](const result<std::string>& next) {
        to->reply(next ? ok_with(std::move(*text).finish(*next)) : render(next.error()));
      });
}

http_handler all_route(ingress& door, std::size_t listed_max) {
  return [&door, listed_max](const http_request& request, std::shared_ptr<http_responder> to) {
    auto asked = list_request_of(request, listed_max);
    if (!asked) return to->reply(render(asked.error()));
    gid id{query_value(request.query, "gid")};
    if (!id.empty()) return list_one(door, std::move(id), std::move(asked->position), std::move(to));
    if (!can_match(request, *asked)) return to->reply(ok_with(listing_text{}.finish({})));
    list_page_to(door, *std::move(asked), std::move(to));
  };
}

void reply_reset(const result<cron_reset>& done, http_responder& to) {
  if (!done) return to.reply(render(done.error()));
  std::string out;
  json_object object{out};
  object.flag("has_remaining", done->has_remaining);
  object.number("succeed_count", static_cast<std::int64_t>(done->succeed_count));
  object.close();
  to.reply(ok_with(std::move(out)));
}

http_handler reset_cron_route(ingress& door, std::chrono::seconds default_timeout) {
  return [&door, default_timeout](const http_request& request, std::shared_ptr<http_responder> to) {
    const auto timeout = number_of(request, "timeout", default_timeout.count());
    if (!timeout) return to->reply(render(timeout.error()));
    const auto limit = page_limit(request, 100);
    if (!limit) return to->reply(render(limit.error()));
    const std::chrono::seconds later_than{std::clamp<std::int64_t>(*timeout, 0, span_max.count())};
    door.reset_cron(later_than, *limit, [to = std::move(to)](result<cron_reset> done) { reply_reset(done, *to); });
  };
}

}  // namespace

result<std::size_t> page_limit(const http_request& request, std::size_t otherwise) {
  TREATY_TRY(const std::int64_t limit, number_of(request, "limit", static_cast<std::int64_t>(otherwise)));
  if (limit < 1) return refuse("limit must be at least 1");
  return static_cast<std::size_t>(limit);
}

void add_look_up_routes(http_router& routes, ingress& door, const dtm_api_options& options) {
  routes.add("GET", "/api/dtmsvr/query", query_route(door));
  routes.add("GET", "/api/dtmsvr/all", all_route(door, options.listed_max));
  routes.add("GET", "/api/dtmsvr/resetCronTime", reset_cron_route(door, 3 * options.default_timeout_to_fail));
}

}  // namespace treaty
