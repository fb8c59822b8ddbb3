#include "net/http/http_destination.hpp"

#include <prometheus/gauge.h>

#include <algorithm>
#include <utility>

#include "net/http/http_transport_core.hpp"

namespace treaty {
namespace {

constexpr std::chrono::minutes tripped_kept{5};
constexpr std::chrono::milliseconds one_of_several_max{1'000};

std::string joined(std::string_view a, std::string_view b, std::string_view c, std::string_view d) {
  std::string text{a};
  text += b;
  text += c;
  text += d;
  return text;
}

}  // namespace

http_destination::http_destination(http_transport_core& core, const http_url& url)
    : core_{core},
      origin_{url.origin},
      host_{url.host},
      scheme_{url.scheme},
      addresses_{std::make_shared<host_addresses>(core.lane->names(), host_, url.port, core.options.addresses_kept)},
      breaker_{core.options.breaker},
      silence_{core.options.silence},
      crowd_{core.options.crowded_after},
      shown_{core.metrics, core.metrics.http, origin_} {}

http_destination::~http_destination() {
  for (const auto& one : connections_) one->close();
  core_.idle -= idle_.size();
  for (std::size_t left = connections_.size(); left > 0; --left) core_.closed();
}

void http_destination::take(exchange_ptr what) {
  what->destination = this;
  used_ = clock::now();
  if (!silence_.admits(used_, what->request.timeout, what->probe)) {
    shown_.refused_by_breaker();
    return core_.hold_back(std::move(what), joined(origin_, " is ", silence_.text(used_), ""));
  }
  if (!idle_.empty()) {
    http_connection* const one = idle_.back();
    idle_.pop_back();
    --core_.idle;
    return start(*one, std::move(what), used_);
  }
  if (breaker_.is_open(used_) && !has_working_connection()) {
    shown_.refused_by_breaker();
    return core_.hold_back(std::move(what), joined(origin_, " is ", breaker_.text(used_), ""));
  }
  if (waiting_.size() >= core_.options.waiting_max) {
    shown_.refused_by_queue();
    return core_.hold_back(std::move(what), joined("destination queue full: ", origin_, "", ""));
  }
  enqueue(waiting_.end(), std::move(what));
  open_connections();
}

void http_destination::enqueue(std::list<exchange_ptr>::const_iterator before, exchange_ptr what) {
  exchange& waits = *what;
  waits.place = waiting_.insert(before, std::move(what));
  ++core_.waiting;
  shown_.waits(1);
  show_fullness();
}

exchange_ptr http_destination::dequeue(std::list<exchange_ptr>::iterator which) {
  exchange_ptr out = std::move(*which);
  waiting_.erase(which);
  --core_.waiting;
  shown_.waits(-1);
  show_fullness();
  return out;
}

exchange_ptr http_destination::abandon(exchange& late) {
  if (late.connection == nullptr) return dequeue(late.place);
  http_connection& one = *late.connection;
  exchange_ptr out = one.close();
  forget(one);
  note_silence();
  open_connections();
  return out;
}

void http_destination::start(http_connection& on, exchange_ptr what, clock::time_point now) {
  what->started = now;
  on.start(std::move(what));
}

/// Its time begins now: cut short by what it spent here, it would be made again, for work that was nearly done, and a
/// destination that is merely slow would get slower.
void http_destination::start_waiting(http_connection& on, clock::time_point now) {
  exchange_ptr what = dequeue(waiting_.begin());
  core_.watch(*what, now + what->request.timeout);
  start(on, std::move(what), now);
}

bool http_destination::is_crowded(std::size_t coming) {
  const std::size_t most = core_.options.connections_max;
  const std::size_t free = most - std::min(most, connections_.size() - idle_.size());
  const std::size_t ahead = waiting_.size() + coming;
  return crowd_.is_crowded(clock::now(), ahead - std::min(ahead, free), most);
}

void http_destination::serve(http_connection& one, clock::time_point now) {
  if (!waiting_.empty()) return start_waiting(one, now);
  if (has_to_make_room() || idle_.size() >= core_.options.idle_connections_max) {
    one.close();
    return forget(one);
  }
  one.idle_since = now;
  idle_.push_back(&one);
  ++core_.idle;
}

void http_destination::open_connections() {
  const auto now = clock::now();
  if (waiting_.empty()) return;
  if (breaker_.is_open(now)) {
    if (!has_working_connection()) refuse_all_waiting(joined(origin_, " is ", breaker_.text(now), ""));
    return;
  }
  if (!finds_addresses()) return;
  const std::size_t wanted = breaker_.is_probing(now) ? 1 : waiting_.size();
  while (!waiting_.empty() && connecting_ < wanted && connections_.size() < core_.options.connections_max) {
    if (!core_.may_open()) return wait_for_room();
    open_one();
  }
}

void http_destination::wait_for_room() {
  if (!std::exchange(is_without_room_, true)) core_.tell_of_room(origin_);
}

void http_destination::there_is_room() {
  is_without_room_ = false;
  open_connections();
}

// So that the connections of a lane, when there are no more to be had, go round.
bool http_destination::has_to_make_room() const {
  return core_.without_room() > (is_without_room_ ? 1u : 0u);
}

void http_destination::open_one() {
  std::shared_ptr<tls_trust> trust;
  if (scheme_ == http_scheme::tls) {
    auto loaded = core_.trust();
    if (!loaded) return fail_all_waiting(loaded.error().detail);
    trust = *std::move(loaded);
  }
  const auto one = std::make_shared<http_connection>(core_.io, *this, core_.limits, core_.options.user_agent);
  one->position = connections_.size();
  connections_.push_back(one);
  ++connecting_;
  core_.opened();
  one->open(addresses_->known(), std::move(trust), host_);
}

/// Asks for addresses when there are none, or they are old; old ones do meanwhile, unless a connect has failed.
bool http_destination::finds_addresses() {
  const auto until = addresses_->fresh_until();
  const bool has_some = !addresses_->known().empty();
  if (!has_some || clock::now() >= until)
    addresses_->ask([this](std::string_view why_none) { addresses_found(why_none); });
  return has_some && until != clock::time_point{};
}

void http_destination::addresses_found(std::string_view why_none) {
  if (addresses_->known().empty()) {
    const std::string why = joined("resolve ", host_, ": ", why_none);
    note_failure(why);
    return fail_all_waiting(why);
  }
  open_connections();
}

/// An address where nobody answers, of a machine that is gone, must not cost a call the time in which another would do.
void http_destination::trying(http_connection& one, std::size_t others) {
  const std::chrono::milliseconds all = core_.options.connect_timeout;
  const auto share = all / static_cast<int>(others + 1);
  core_.watch(one, clock::now() + (others == 0 ? all : std::min(share, one_of_several_max)));
}

void http_destination::missed(const boost::asio::ip::tcp::endpoint& where) {
  addresses_->missed(where);
}

void http_destination::connected(http_connection& one) {
  --connecting_;
  addresses_->found(one.where());
  breaker_.connected();
  shown_.show(trouble::refuses, false);
  serve(one, clock::now());
  open_connections();
}

void http_destination::connect_failed(http_connection& one, std::string_view why) {
  --connecting_;
  forget(one);
  addresses_->doubt();
  const std::string text = joined("connect to ", origin_, ": ", why);
  note_failure(text);
  if (!waiting_.empty()) core_.fail(dequeue(waiting_.begin()), text);
  open_connections();
}

void http_destination::note_failure(std::string_view why) {
  const auto now = clock::now();
  if (breaker_.failed(now, why, core_.jitter())) shown_.paused(breaker_.left(now));
  shown_.show(trouble::refuses, breaker_.tripped());
}

// Those who wait would be as late.
void http_destination::note_silence() {
  const auto now = clock::now();
  if (silence_.was_silent(now, core_.jitter())) {
    shown_.paused(silence_.left(now));
    refuse_all_waiting(joined(origin_, " is ", silence_.text(now), ""));
  }
  shown_.show(trouble::silent, silence_.tripped());
}

void http_destination::note_word() {
  silence_.spoke();
  shown_.show(trouble::silent, false);
}

void http_destination::show_fullness() {
  shown_.show(trouble::full, !waiting_.empty() && connections_.size() >= core_.options.connections_max);
}

void http_destination::fail_all_waiting(std::string_view why) {
  while (!waiting_.empty()) core_.fail(dequeue(waiting_.begin()), why);
}

void http_destination::refuse_all_waiting(std::string_view why) {
  while (!waiting_.empty()) {
    shown_.refused_by_breaker();
    core_.hold_back(dequeue(waiting_.begin()), why);
  }
}

void http_destination::answered(http_connection& one, exchange_ptr what, response_parts& answer, bool reusable) {
  note_word();
  const auto now = clock::now();
  crowd_.took(now - what->started);
  core_.answered(std::move(what), answer);  // before the connection reads the next answer over it
  if (reusable && !waiting_.empty() && has_to_make_room()) {
    one.close();
    forget(one);
    return wait_for_room();  // behind the others
  }
  if (reusable) return serve(one, now);
  forget(one);
  open_connections();
}

void http_destination::broke(http_connection& one, exchange_ptr what, break_kind how, std::string_view why) {
  note_word();
  forget(one);
  if (how == break_kind::stale && !what->repeated) {
    what->repeated = true;
    close_idle();  // they are older, and no better
    enqueue(waiting_.begin(), std::move(what));
  } else {
    core_.fail(std::move(what), joined("call of ", origin_, ": ", why));
  }
  open_connections();
}

void http_destination::left(http_connection& one) {
  core_.idle -= std::erase(idle_, &one);
  forget(one);
  open_connections();
}

void http_destination::close_idle() {
  core_.idle -= idle_.size();
  for (http_connection* const one : std::exchange(idle_, {})) {
    one->close();
    forget(*one);
  }
}

void http_destination::forget(http_connection& one) {
  const std::size_t position = one.position;
  std::swap(connections_[position], connections_.back());
  connections_[position]->position = position;
  connections_.pop_back();  // the connection ends when its last operation has
  core_.closed();
}

bool http_destination::tidy(clock::time_point now) {
  const auto first_young = std::find_if(idle_.begin(), idle_.end(), [&](const http_connection* one) {
    return now - one->idle_since < core_.options.idle_for;
  });
  const std::vector<http_connection*> old(idle_.begin(), first_young);
  idle_.erase(idle_.begin(), first_young);
  core_.idle -= old.size();
  for (http_connection* const one : old) {
    one->close();
    forget(*one);
  }
  const bool at_rest = connections_.empty() && waiting_.empty() && !addresses_->is_asking();
  return at_rest && now - used_ >= (breaker_.tripped() || silence_.tripped() ? tripped_kept : core_.options.idle_for);
}

}  // namespace treaty
