#include "net/http2/grpc_client_core.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "net/http2/call_metadata.hpp"
#include "net/outcome.hpp"

namespace treaty {
namespace {

constexpr std::chrono::seconds tidy_every{5};

}  // namespace

void grpc_exchange::expired() {
  home_->timed_out(*this);
}

grpc_client_core::grpc_client_core(std::shared_ptr<asio_loop> on, std::shared_ptr<const discovery> where,
                                   grpc_client_options what, http_client_metrics& shown)
    : lane{std::move(on)},
      io{lane->io()},
      options{std::move(what)},
      metrics{shown},
      where_{std::move(where)},
      deadlines_{std::make_shared<lane_deadlines>(io)},
      tidy_timer_{io} {}

void grpc_client_core::call(branch_call call, branch_done done) {
  ++pending_;
  auto what = std::make_unique<grpc_exchange>(this);
  what->deadline = clock::now() + call.timeout;
  what->call = std::move(call);
  what->done = std::move(done);
  if (const auto located = locate(*what); !located)
    return complete(std::move(what), unknown_outcome(located.error().detail));
  const auto destination = destination_of(what->target.target);
  if (!destination) return complete(std::move(what), unknown_outcome(destination.error().detail));
  watch(*what, what->deadline);
  (*destination)->take(std::move(what));
}

result<void> grpc_client_core::locate(grpc_exchange& what) const {
  TREATY_TRY(what.target, where_->locate(what.call.url));
  TREATY_TRY(what.metadata, call_metadata(what.call));
  return {};
}

result<grpc_destination*> grpc_client_core::destination_of(const std::string& target) {
  const auto found = destinations_.find(target);
  if (found != destinations_.end()) return found->second.get();
  auto made = std::make_unique<grpc_destination>(*this, target);
  if (auto done = made->follow(*where_); !done) return done.error();
  if (destinations_.size() >= options.targets_max) drop_oldest();
  tidy_later();
  return destinations_.emplace(target, std::move(made)).first->second.get();
}

bool grpc_client_core::is_crowded(std::string_view url, std::size_t coming) const {
  if (waiting == 0) return false;  // as nearly always: spares us the look-up
  const auto target = where_->locate(url);
  if (!target) return false;
  const auto found = destinations_.find(target->target);
  return found != destinations_.end() && found->second->is_crowded(coming);
}

void grpc_client_core::drop_oldest() {
  auto oldest = destinations_.end();
  for (auto one = destinations_.begin(); one != destinations_.end(); ++one) {
    const bool is_older = oldest == destinations_.end() || one->second->used() < oldest->second->used();
    if (one->second->is_idle() && is_older) oldest = one;
  }
  if (oldest != destinations_.end()) destinations_.erase(oldest);
}

void grpc_client_core::complete(grpc_exchange_ptr what, branch_reply reply) {
  completed_.push_back({std::move(what->done), std::move(reply)});
  if (std::exchange(handing_out_, true)) return;
  boost::asio::post(io, [alive = weak_from_this()] {
    if (const auto self = alive.lock()) self->hand_out();
  });
}

void grpc_client_core::hand_out() {
  handing_out_ = false;
  for (completion& one : std::exchange(completed_, {})) {
    --pending_;
    one.done(std::move(one.reply));
  }
}

void grpc_client_core::unavailable(grpc_exchange_ptr what, std::string_view why) {
  complete(std::move(what), judge_grpc(grpc_unavailable, why));
}

void grpc_client_core::hold_back(grpc_exchange_ptr what, std::string_view why) {
  branch_reply reply = judge_grpc(grpc_unavailable, why);
  reply.was_called = false;
  complete(std::move(what), std::move(reply));
}

void grpc_client_core::timed_out(grpc_exchange& late) {
  const bool was_waiting = late.connection == nullptr;
  std::string why = "timed out after " + std::to_string(late.call.timeout.count()) + " ms, waiting for ";
  why += was_waiting ? "a turn at " : "the answer of ";
  why += late.target.target;
  grpc_exchange_ptr what = late.destination->abandon(late);
  complete(std::move(what), was_waiting ? unknown_outcome(why) : judge_grpc(grpc_deadline_exceeded, why));
}

void grpc_client_core::tidy_later() {
  if (std::exchange(tidying_, true)) return;
  tidy_timer_.expires_after(std::min<clock::duration>(tidy_every, options.idle_for));
  tidy_timer_.async_wait([alive = weak_from_this()](const boost::system::error_code& error) {
    const auto self = alive.lock();
    if (!error && self) self->tidy();
  });
}

void grpc_client_core::tidy() {
  tidying_ = false;
  const auto now = clock::now();
  for (const auto& [target, one] : destinations_) one->tidy(now);
  std::erase_if(destinations_,
                [&](const auto& one) { return one.second->is_idle() && now - one.second->used() >= options.idle_for; });
  if (!destinations_.empty()) tidy_later();
}

void grpc_client_core::close() {
  destinations_.clear();
  completed_.clear();
  deadlines_->close();
  tidy_timer_.cancel();
}

}  // namespace treaty
