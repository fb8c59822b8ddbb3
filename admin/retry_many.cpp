#include <utility>

#include "admin/api_reply.hpp"
#include "net/retry_rounds.hpp"
#include "net/wire/operator_requests.hpp"

namespace treaty {
namespace {

/// Of one request; a look-up does bounded work and may find few.
constexpr std::size_t look_ups_max = 64;

/// Those that a list finds and that have not ended.
class listed_transactions final : public retry_source, public std::enable_shared_from_this<listed_transactions> {
public:
  listed_transactions(ingress& door, list_request wanted) : door_{door}, wanted_{std::move(wanted)} {}

  void next(std::size_t limit, on_result<retry_batch> done) override {
    if (looked_++ == look_ups_max) return done(retry_batch{{}, true});
    wanted_.limit = limit;
    door_.list(wanted_, [self = shared_from_this(), done = std::move(done)](const result<listing>& page) {
      self->take(page, done);
    });
  }
  /// Where the next page begins; empty: everything was looked at.
  const std::string& position() const { return wanted_.position; }

private:
  void take(const result<listing>& page, const on_result<retry_batch>& done) {
    if (!page) return done(page.error());
    wanted_.position = page->next_position;
    retry_batch out{{}, !wanted_.position.empty()};
    for (const txn_record& one : page->records) {
      if (!is_final(one.progress.status)) out.found.push_back(one.definition->gid);
    }
    if (out.found.empty() && out.more) return next(wanted_.limit, done);
    done(std::move(out));
  }

  ingress& door_;
  list_request wanted_;
  std::size_t looked_ = 0;
};

}  // namespace

http_handler retry_many_handler(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    if (auto none = parse_empty_query(request.query); !none) return to->reply(api_refusal(none.error()));
    auto wanted = parse_retry_many(request.body);
    if (!wanted) return to->reply(api_refusal(wanted.error()));
    const std::size_t limit = wanted->what.limit;
    const auto matching = std::make_shared<listed_transactions>(door, std::move(wanted->what));
    const auto offer = [&door](gid id, event what, std::size_t bytes, std::shared_ptr<answer_sink> sink) {
      door.offer(std::move(id), std::move(what), bytes, std::move(sink));
    };
    retry_in_rounds(offer, matching, std::move(wanted->by), limit,
                    [to = std::move(to), matching](const result<retry_sum>& done) {
                      if (!done) return to->reply(api_refusal(done.error()));
                      to->reply(api_ok(retried_resource({done->retried, done->refused, matching->position()})));
                    });
  };
}

}  // namespace treaty
