#include <utility>

#include "admin/api_reply.hpp"
#include "net/wire/operator_requests.hpp"

namespace treaty {
namespace {

/// A page may come back short because a look-up does bounded work: about 4 ms of it. This many are made for one
/// request: who asks has an answer within 20 ms, and goes on when it is not enough.
constexpr std::size_t look_ups_max = 3;

/// Fills one page, look-up after look-up.
class page_filler : public std::enable_shared_from_this<page_filler> {
public:
  page_filler(ingress& door, list_request wanted, std::shared_ptr<http_responder> to)
      : door_{door}, wanted_{std::move(wanted)}, to_{std::move(to)} {}

  void look() {
    list_request next = wanted_;
    next.limit = wanted_.limit - found_.size();
    door_.list(std::move(next), [self = shared_from_this()](result<listing> page) { self->take(std::move(page)); });
  }

private:
  void take(result<listing> page) {
    if (!page) return to_->reply(api_refusal(page.error()));
    for (txn_record& one : page->records) found_.push_back(std::move(one));
    wanted_.position = std::move(page->next_position);
    looked_ += 1;
    const bool enough = found_.size() >= wanted_.limit || wanted_.position.empty() || looked_ == look_ups_max;
    if (!enough) return look();
    to_->reply(api_ok(page_resource(found_, wanted_.position)));
  }

  ingress& door_;
  list_request wanted_;
  std::shared_ptr<http_responder> to_;
  std::vector<txn_record> found_;
  std::size_t looked_ = 0;
};

result<gid> plain_gid(const http_request& request) {
  if (auto none = parse_empty_query(request.query); !none) return none.error();
  return gid_in_path(request);
}

}  // namespace

http_handler list_handler(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    auto wanted = parse_list_query(request.query);
    if (!wanted) return to->reply(api_refusal(wanted.error()));
    std::make_shared<page_filler>(door, *std::move(wanted), std::move(to))->look();
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
