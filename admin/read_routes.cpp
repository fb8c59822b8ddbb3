#include <utility>

#include "admin/api_reply.hpp"
#include "net/page_filler.hpp"
#include "net/wire/operator_requests.hpp"

namespace treaty {
namespace {

/// Where few match, a look-up finds little in its few milliseconds. This many such are made for one request: who asks
/// has an answer within 20 ms, and goes on when it is not enough.
constexpr std::size_t slow_look_ups_max = 3;

result<gid> plain_gid(const http_request& request) {
  if (auto none = parse_empty_query(request.query); !none) return none.error();
  return gid_in_path(request);
}

}  // namespace

http_handler list_handler(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    auto wanted = parse_list_query(request.query);
    if (!wanted) return to->reply(api_refusal(wanted.error()));
    const auto text = std::make_shared<page_text>();
    fill_page(
        door, *std::move(wanted), slow_look_ups_max, [text](const txn_record& one) { return text->add(one); },
        [text, to = std::move(to)](const result<std::string>& next) {
          to->reply(next ? api_ok(std::move(*text).finish(*next)) : api_refusal(next.error()));
        });
  };
}

http_handler read_handler(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    const auto id = plain_gid(request);
    if (!id) return to->reply(api_refusal(id.error()));
    door.query(*id, [to = std::move(to), id = *id](const result<txn_record>& found) {
      to->reply(api_transaction(found, id));
    });
  };
}

http_handler history_handler(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    const auto id = plain_gid(request);
    if (!id) return to->reply(api_refusal(id.error()));
    door.history(*id, [to = std::move(to), id = *id](const result<txn_history>& found) {
      to->reply(found ? api_ok(history_resource(*found)) : api_refusal(found.error(), id));
    });
  };
}

http_handler wait_handler(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    const auto limit = parse_wait_query(request.query);
    if (!limit) return to->reply(api_refusal(limit.error()));
    const auto id = gid_in_path(request);
    if (!id) return to->reply(api_refusal(id.error()));
    door.wait_end(*id, *limit, [to = std::move(to), id = *id](const result<txn_record>& found) {
      to->reply(found ? api_ok(outcome_resource(*found)) : api_refusal(found.error(), id));
    });
  };
}

}  // namespace treaty
