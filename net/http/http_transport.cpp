#include "net/http/http_transport.hpp"

#include <prometheus/gauge.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "net/call_rules.hpp"
#include "net/http/gunzip.hpp"
#include "net/http/http_transport_core.hpp"
#include "net/http/request_text.hpp"
#include "net/outcome.hpp"
#include "net/url_text.hpp"

namespace treaty {
namespace {

constexpr std::chrono::seconds tidy_every{5};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

struct redirect_text {
  std::shared_ptr<const void> before;
  std::string url;
};

}  // namespace

void exchange::expired() {
  transport.timed_out(*this);
}

http_transport_core::http_transport_core(std::shared_ptr<asio_loop> on, http_client_options what,
                                         http_client_metrics& shown)
    : lane{std::move(on)},
      io{lane->io()},
      options{std::move(what)},
      limits{.body_bytes_max = options.answer_bytes_max, .descriptors_below = options.descriptors_below},
      metrics{shown},
      deadlines_{std::make_shared<lane_deadlines>(io)},
      tidy_timer_{io} {}

void http_transport_core::send(outgoing_request request, judge_answer judge, branch_done done) {
  ++pending_;
  auto what = std::make_unique<exchange>(*this, std::move(request), judge, std::move(done));
  if (what->request.headers != nullptr && !what->request.headers->empty()) {
    if (const auto checked = check_headers(*what->request.headers); !checked)
      return fail(std::move(what), checked.error().detail);
  }
  watch(*what, clock::now() + what->request.timeout);
  dispatch(std::move(what));
}

void http_transport_core::refuse(std::string_view why, branch_done done) {
  ++pending_;
  complete(std::move(done), unknown_outcome(why));
}

void http_transport_core::dispatch(exchange_ptr what) {
  http_destination& destination = destination_of(what->request.url);
  destination.take(std::move(what));
}

http_destination& http_transport_core::destination_of(const http_url& url) {
  const auto found = destinations_.find(url.origin);
  if (found != destinations_.end()) return *found->second;
  tidy_later();
  auto made = std::make_unique<http_destination>(*this, url);
  return *destinations_.emplace(std::string{url.origin}, std::move(made)).first->second;
}

bool http_transport_core::is_crowded(std::string_view text, std::size_t coming) const {
  if (waiting == 0) return false;  // as nearly always: spares us the look-up
  std::string room;
  const auto url = parse_http_url(without_login(text, room));
  if (!url) return false;
  const auto found = destinations_.find(url->origin);
  return found != destinations_.end() && found->second->is_crowded(coming);
}

void http_transport_core::complete(branch_done done, branch_reply reply) {
  completed_.push_back({std::move(done), std::move(reply)});
  if (std::exchange(handing_out_, true)) return;
  boost::asio::post(io, [alive = weak_from_this()] {
    if (const auto self = alive.lock()) self->hand_out();
  });
}

void http_transport_core::hand_out() {
  handing_out_ = false;
  for (completion& one : std::exchange(completed_, {})) {
    --pending_;
    one.done(std::move(one.reply));
  }
}

bool http_transport_core::may_open() {
  if (open_ < options.connections_total_max) return true;
  if (idle == 0) return false;
  for (const auto& [origin, one] : destinations_) one->close_idle();
  return open_ < options.connections_total_max;
}

void http_transport_core::opened() {
  ++open_;
  metrics.connections.Increment();
}

void http_transport_core::closed() {
  --open_;
  metrics.connections.Decrement();
  if (without_room_.empty() || std::exchange(giving_room_, true)) return;
  boost::asio::post(io, [alive = weak_from_this()] {
    if (const auto self = alive.lock()) self->give_room();
  });
}

void http_transport_core::tell_of_room(const std::string& origin) {
  without_room_.push_back(origin);
}

void http_transport_core::give_room() {
  giving_room_ = false;
  while (open_ < options.connections_total_max && !without_room_.empty()) {
    const std::string origin = std::move(without_room_.front());
    without_room_.pop_front();
    if (const auto found = destinations_.find(origin); found != destinations_.end()) found->second->there_is_room();
  }
}

void http_transport_core::fail(exchange_ptr what, std::string_view why) {
  complete(std::move(what->done), unknown_outcome(why));
}

void http_transport_core::hold_back(exchange_ptr what, std::string_view why) {
  const bool was_somewhere = what->redirects > 0 || what->repeated;
  complete(std::move(what->done), was_somewhere ? unknown_outcome(why) : uncalled_outcome(why));
}

void http_transport_core::answered(exchange_ptr what, response_parts& answer) {
  if (is_redirect(answer.status) && !answer.location.empty())
    return redirect(std::move(what), answer.status, answer.location);
  if (answer.is_cut) return answered_at_length(std::move(what), answer.status);
  if ((answer.content_encoding == "gzip" || answer.content_encoding == "x-gzip") && !answer.body.empty()) {
    auto unpacked = gunzip(answer.body, options.answer_bytes_max);
    if (unpacked) return complete(std::move(what->done), what->judge(answer.status, *unpacked));
    if (unpacked.error().code == errc::overloaded) return answered_at_length(std::move(what), answer.status);
    return fail(std::move(what), "the answer's gzip body: " + unpacked.error().detail);
  }
  complete(std::move(what->done), what->judge(answer.status, answer.body));
}

void http_transport_core::answered_at_length(exchange_ptr what, int status) {
  const std::string text = "the answer has status " + std::to_string(status) + ", and a body over " +
                           std::to_string(options.answer_bytes_max) + " bytes, which was not read";
  branch_reply reply = what->judge(status, text);
  // What the body says counts before any other status.
  if (what->request.needs_body && !status_decides(status)) reply = unknown_outcome(text);
  complete(std::move(what->done), std::move(reply));
}

void http_transport_core::redirect(exchange_ptr what, int status, const std::string& location) {
  if (++what->redirects > options.redirects_max)
    return fail(std::move(what), "stopped after " + std::to_string(options.redirects_max) + " redirects");
  outgoing_request& request = what->request;
  const auto text =
      std::make_shared<redirect_text>(redirect_text{request.keep, resolve_location(request.url, location)});
  take_credentials(text->url);  // whoever redirects does not choose who we are
  const auto url = parse_http_url(text->url);
  if (!url) return fail(std::move(what), "redirected to a " + url.error().detail);
  if (url->authority != request.url.authority) what->left_first_origin = true;
  request.url = *url;
  request.target = request_target(*url);
  request.keep = text;
  if (status != 307 && status != 308) {
    request.method = "GET";
    request.body = {};
  }
  dispatch(std::move(what));
}

void http_transport_core::timed_out(exchange& late) {
  const bool was_waiting = late.connection == nullptr;
  const std::string origin{late.request.url.origin};
  const auto limit = std::to_string(late.request.timeout.count());
  exchange_ptr what = late.destination->abandon(late);
  fail(std::move(what), "timed out after " + limit + " ms, waiting for " +
                            (was_waiting ? "a connection to " : "the answer of ") + origin);
}

void http_transport_core::watch(deadline_entry& entry, clock::time_point when) {
  deadlines_->watch(entry, when);
}

void http_transport_core::tidy_later() {
  if (std::exchange(tidying_, true)) return;
  tidy_timer_.expires_after(std::min<clock::duration>(tidy_every, options.idle_for));
  tidy_timer_.async_wait([alive = weak_from_this()](const boost::system::error_code& error) {
    const auto self = alive.lock();
    if (!error && self) self->tidy();
  });
}

void http_transport_core::tidy() {
  tidying_ = false;
  const auto now = clock::now();
  std::erase_if(destinations_, [&](const auto& one) { return one.second->tidy(now); });
  if (!destinations_.empty()) tidy_later();
}

result<std::shared_ptr<tls_trust>> http_transport_core::trust() {
  if (!trust_) {
    TREATY_TRY(trust_, tls_trust::load());
  }
  return trust_;
}

void http_transport_core::close() {
  destinations_.clear();
  completed_.clear();
  deadlines_->close();
  tidy_timer_.cancel();
}

http_transport::http_transport(std::shared_ptr<asio_loop> lane, http_client_options options,
                               http_client_metrics& metrics)
    : core_{std::make_shared<http_transport_core>(std::move(lane), std::move(options), metrics)} {}

http_transport::~http_transport() {
  core_->close();
}

void http_transport::send(outgoing_request request, judge_answer judge, branch_done done) {
  core_->send(std::move(request), judge, std::move(done));
}

void http_transport::refuse(std::string_view why, branch_done done) {
  core_->refuse(why, std::move(done));
}

bool http_transport::is_crowded(std::string_view url, std::size_t coming) {
  return core_->is_crowded(url, coming);
}

std::size_t http_transport::pending() const {
  return core_->pending();
}

}  // namespace treaty
