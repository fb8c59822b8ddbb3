#include "net/retry_rounds.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace treaty {
namespace {

constexpr std::size_t round_max = 50;  // each of them is read from the store

class answer_counter final : public answer_sink {
public:
  explicit answer_counter(std::function<void(answer_kind)> count) : count_{std::move(count)} {}
  void answer(treaty::answer what) override { count_(what.kind); }

private:
  std::function<void(answer_kind)> count_;
};

class rounds : public std::enable_shared_from_this<rounds> {
public:
  rounds(offer_event offer, std::shared_ptr<retry_source> source, operator_note by, std::size_t limit,
         on_result<retry_sum> done)
      : offer_{std::move(offer)},
        source_{std::move(source)},
        by_{std::move(by)},
        limit_{limit},
        done_{std::move(done)} {}

  void look() {
    source_->next(std::min(round_max, limit_ - answered()),
                  [self = shared_from_this()](const result<retry_batch>& batch) { self->take(batch); });
  }

private:
  std::size_t answered() const { return retried_ + refused_; }

  void take(const result<retry_batch>& batch) {
    if (!batch && answered() == 0) return done_(batch.error());
    more_ = !batch || batch->more;
    if (!batch || batch->found.empty()) return finish();  // what was done is told
    const auto count = std::make_shared<answer_counter>([self = shared_from_this()](answer_kind kind) {
      self->count(kind);
      self->answered_one();
    });
    waiting_for_ = batch->found.size();
    const std::size_t bytes = by_.actor.size() + by_.reason.size();
    for (const gid& id : batch->found) offer_(id, retry_requested{.by = by_, .among_many = true}, bytes, count);
  }

  void count(answer_kind kind) {
    (kind == answer_kind::ok ? retried_ : refused_) += 1;
    if (kind == answer_kind::overloaded || kind == answer_kind::unavailable) is_full_ = true;
  }

  void answered_one() {
    if (--waiting_for_ > 0) return;
    more_&& answered() < limit_ && !is_full_ ? look() : finish();
  }

  void finish() { done_(retry_sum{retried_, refused_, more_ || is_full_}); }

  offer_event offer_;
  std::shared_ptr<retry_source> source_;
  operator_note by_;
  std::size_t limit_;
  on_result<retry_sum> done_;
  bool more_ = false;
  // Answers come on the threads of several lanes.
  std::atomic<std::size_t> retried_{0};
  std::atomic<std::size_t> refused_{0};
  std::atomic<std::size_t> waiting_for_{0};
  std::atomic<bool> is_full_{false};
};

}  // namespace

void retry_in_rounds(offer_event offer, std::shared_ptr<retry_source> source, operator_note by, std::size_t limit,
                     on_result<retry_sum> done) {
  std::make_shared<rounds>(std::move(offer), std::move(source), std::move(by), limit, std::move(done))->look();
}

}  // namespace treaty
