#include <algorithm>
#include <atomic>
#include <utility>

#include "admin/api_reply.hpp"
#include "net/wire/operator_requests.hpp"

namespace treaty {
namespace {

/// How many are asked for at once: between two pages other work gets its turn.
constexpr std::size_t page_max = 100;
/// Of one request; a look-up does bounded work and may find few.
constexpr std::size_t look_ups_max = 64;

/// Retries page after page of what matches, until the limit is reached, nothing is left, or the door is full.
class retry_many : public std::enable_shared_from_this<retry_many> {
public:
  retry_many(ingress& door, retry_many_request wanted, std::shared_ptr<http_responder> to)
      : door_{door}, wanted_{std::move(wanted)}, to_{std::move(to)} {}

  void look() {
    list_request next = wanted_.what;
    next.limit = std::min(page_max, wanted_.what.limit - done());
    door_.list(std::move(next), [self = shared_from_this()](const result<listing>& page) { self->take(page); });
  }

private:
  std::size_t done() const { return retried_ + refused_; }

  void take(const result<listing>& page) {
    if (!page && done() == 0) return to_->reply(api_refusal(page.error()));
    if (!page) return finish();  // what was done is told; the cursor leads on from here
    wanted_.what.position = page->next_position;
    looked_ += 1;
    std::vector<gid> open;
    for (const txn_record& one : page->records) {
      if (!is_final(one.progress.status)) open.push_back(one.definition->gid);
    }
    waiting_for_ = open.size() + 1;  // one for this loop, so that an answer that comes inline does not end it
    for (gid& id : open) ask(std::move(id));
    answered_one();
  }

  void ask(gid id) {
    const std::size_t bytes = wanted_.by.actor.size() + wanted_.by.reason.size();
    door_.offer(std::move(id), event{retry_requested{.by = wanted_.by}}, bytes,
                answer_then([self = shared_from_this()](const answer& told) {
                  self->count(told.kind);
                  self->answered_one();
                }));
  }

  void count(answer_kind kind) {
    (kind == answer_kind::ok ? retried_ : refused_) += 1;
    if (kind == answer_kind::overloaded || kind == answer_kind::unavailable) full_ = true;
  }

  void answered_one() {
    if (--waiting_for_ > 0) return;
    const bool end = wanted_.what.position.empty() || done() >= wanted_.what.limit || looked_ == look_ups_max || full_;
    end ? finish() : look();
  }

  void finish() { to_->reply(api_ok(retried_resource({retried_, refused_, wanted_.what.position}))); }

  ingress& door_;
  retry_many_request wanted_;
  std::shared_ptr<http_responder> to_;
  std::size_t looked_ = 0;
  // Answers come on the threads of several lanes.
  std::atomic<std::size_t> retried_{0};
  std::atomic<std::size_t> refused_{0};
  std::atomic<std::size_t> waiting_for_{0};
  std::atomic<bool> full_{false};
};

}  // namespace

http_handler retry_many_handler(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    if (auto none = parse_empty_query(request.query); !none) return to->reply(api_refusal(none.error()));
    auto wanted = parse_retry_many(request.body);
    if (!wanted) return to->reply(api_refusal(wanted.error()));
    std::make_shared<retry_many>(door, *std::move(wanted), std::move(to))->look();
  };
}

}  // namespace treaty
