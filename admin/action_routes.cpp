#include <optional>
#include <utility>

#include "admin/api_reply.hpp"
#include "core/legs.hpp"
#include "net/wire/operator_requests.hpp"

namespace treaty {
namespace {

/// What an operator asks of one transaction. Views of the request do not outlive it, so that everything is taken here.
struct operator_request {
  gid id;
  operator_note by;
  std::size_t body_bytes = 0;
};
/// The event, or why it makes no sense for this record.
using decide_event = std::function<result<event>(const txn_record&, operator_note)>;

result<operator_request> read_request(const http_request& request) {
  if (auto none = parse_empty_query(request.query); !none) return none.error();
  TREATY_TRY(gid id, gid_in_path(request));
  TREATY_TRY(operator_note by, parse_operator_note(request.body));
  return operator_request{std::move(id), std::move(by), request.body.size()};
}

result<void> check_unfinished(const txn_record& record) {
  if (!is_final(record.progress.status)) return {};
  return failure{errc::conflict,
                 "the transaction has ended already, it is '" + std::string{to_string(record.progress.status)} + "'"};
}

/// One action: looks, acts, and answers with the transaction as it is then.
class action : public std::enable_shared_from_this<action> {
public:
  action(ingress& door, operator_request asked, decide_event decide, std::shared_ptr<http_responder> to)
      : door_{door}, asked_{std::move(asked)}, decide_{std::move(decide)}, to_{std::move(to)} {}

  void start() {
    door_.query(asked_.id, [self = shared_from_this()](const result<txn_record>& found) {
      if (!found) return self->to_->reply(api_transaction(found, self->asked_.id));
      self->act(*found);
    });
  }

private:
  void act(const txn_record& record) {
    if (auto open = check_unfinished(record); !open) return to_->reply(api_refusal(open.error()));
    auto what = decide_(record, asked_.by);
    if (!what) return to_->reply(api_refusal(what.error()));
    door_.offer(asked_.id, *std::move(what), asked_.body_bytes,
                answer_then([self = shared_from_this()](const answer& told) { self->answered(told); }));
  }
  void answered(const answer& told) {
    if (told.kind != answer_kind::ok) return to_->reply(api_refusal(error_of(told.kind), told.message));
    door_.query(asked_.id, [self = shared_from_this()](const result<txn_record>& found) {
      self->to_->reply(api_transaction(found, self->asked_.id));
    });
  }

  ingress& door_;
  operator_request asked_;
  decide_event decide_;
  std::shared_ptr<http_responder> to_;
};

void run(ingress& door, const http_request& request, decide_event decide, std::shared_ptr<http_responder> to) {
  auto asked = read_request(request);
  if (!asked) return to->reply(api_refusal(asked.error()));
  std::make_shared<action>(door, *std::move(asked), std::move(decide), std::move(to))->start();
}

result<event> retry_event(const txn_record&, operator_note by) {
  return event{retry_requested{.by = std::move(by)}};
}

result<event> stop_event(const txn_record&, operator_note by) {
  return event{force_stop_requested{.by = std::move(by)}};
}

result<event> skip_event(const txn_record& record, branch_id branch, std::string op, operator_note by) {
  if (!find_leg(record, branch, op)) {
    return failure{errc::not_found,
                   "the transaction has no branch '" + branch.value + "' with the operation '" + op + "'"};
  }
  return event{skip_requested{.branch = std::move(branch), .op = std::move(op), .by = std::move(by)}};
}

}  // namespace

http_handler retry_handler(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    run(door, request, retry_event, std::move(to));
  };
}

http_handler stop_handler(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    run(door, request, stop_event, std::move(to));
  };
}

http_handler skip_handler(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    const auto skip = [branch = branch_id{path_segment(request, 3)}, op = path_segment(request, 4)](
                          const txn_record& record, operator_note by) {
      return skip_event(record, branch, op, std::move(by));
    };
    run(door, request, skip, std::move(to));
  };
}

}  // namespace treaty
