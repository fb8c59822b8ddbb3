#include "net/http2/grpc_destination.hpp"

#include <prometheus/gauge.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <sstream>
#include <utility>

#include "net/http2/grpc_client_core.hpp"
#include "net/outcome.hpp"

namespace treaty {
namespace {

constexpr unsigned refusals_max = 3;
constexpr unsigned silent_max = 3;
constexpr std::chrono::seconds doubted_for{5};

std::string joined(std::string_view a, std::string_view b, std::string_view c, std::string_view d) {
  std::string text{a};
  text += b;
  text += c;
  text += d;
  return text;
}

}  // namespace

grpc_destination::grpc_destination(grpc_client_core& core, std::string target)
    : core_{core},
      target_{std::move(target)},
      addresses_{core.lane->names(), core.options.addresses_kept,
                 [this](std::string_view why_none) { addresses_found(why_none); }},
      names_{core.options.breaker},
      in_flight_max_{core.options.in_flight_max},
      silence_{core.options.silence},
      crowd_{core.options.crowded_after},
      shown_{core.metrics, core.metrics.grpc, target_} {}

grpc_destination::~grpc_destination() {
  for (const link& one : links_) one.connection->close();
  core_.metrics.grpc_connections.Decrement(static_cast<double>(links_.size()));
}

result<void> grpc_destination::follow(const discovery& where) {
  const std::weak_ptr<const bool> alive = alive_;
  auto changed = [this, alive, &io = core_.io](std::shared_ptr<const instance_list> now) {
    boost::asio::post(io, [this, alive, now = std::move(now)] {
      if (!alive.expired()) instances_found(*now);
    });
  };
  TREATY_TRY(location_, where.follow(target_, std::move(changed)));
  if (location_.known) instances_found(*location_.known);
  return {};
}

void grpc_destination::take(grpc_exchange_ptr what) {
  what->destination = this;
  what->authority = location_.authority;
  used_ = clock::now();
  if (!silence_.admits(used_, what->call.timeout, what->probe)) {
    shown_.refused_by_breaker();
    return core_.hold_back(std::move(what), target_ + " is " + silence_.text(used_));
  }
  if (in_flight_ + waiting_.size() >= in_flight_max_ + core_.options.waiting_max) {
    shown_.refused_by_queue();
    return core_.complete(std::move(what), uncalled_outcome("destination queue full: " + target_));
  }
  if (!addresses_.is_fresh(used_) && !paths_.empty()) addresses_.ask();  // meanwhile the old ones do
  if (waiting_.empty() && in_flight_ < in_flight_max_) {
    if (grpc_connection* const on = pick()) return start(*on, std::move(what));
  }
  enqueue(waiting_.end(), std::move(what));
  open_connections();
}

void grpc_destination::enqueue(std::list<grpc_exchange_ptr>::const_iterator before, grpc_exchange_ptr what) {
  grpc_exchange& waits = *what;
  waits.place = waiting_.insert(before, std::move(what));
  ++core_.waiting;
  shown_.waits(1);
  show_fullness();
}

grpc_exchange_ptr grpc_destination::dequeue(std::list<grpc_exchange_ptr>::iterator which) {
  grpc_exchange_ptr out = std::move(*which);
  waiting_.erase(which);
  --core_.waiting;
  shown_.waits(-1);
  show_fullness();
  return out;
}

grpc_exchange_ptr grpc_destination::abandon(grpc_exchange& late) {
  if (late.connection == nullptr) return dequeue(late.place);
  path& via = *links_[late.connection->position].via;
  --via.in_flight;
  if (++via.silent >= silent_max) via.doubted_until = clock::now() + doubted_for;
  grpc_exchange_ptr out = late.connection->abandon(late);
  --in_flight_;
  note_silence();
  serve();
  return out;
}

grpc_connection* grpc_destination::pick() {
  grpc_connection* doubted = nullptr;
  for (std::size_t tried = 0; tried < links_.size(); ++tried) {
    const link& one = links_[cursor_++ % links_.size()];
    if (one.connection->capacity() == 0 || one.via->in_flight >= core_.options.in_flight_max) continue;
    if (!is_doubted(*one.via)) return one.connection.get();
    doubted = one.connection.get();
  }
  return doubted;  // better than nobody
}

// One that takes calls and answers none: its machine is gone, or it hangs. One call at a time finds out whether it is
// back.
bool grpc_destination::is_doubted(path& one) const {
  if (one.silent < silent_max) return false;
  if (used_ < one.doubted_until) return true;
  one.doubted_until = used_ + doubted_for;
  return false;
}

void grpc_destination::start(grpc_connection& on, grpc_exchange_ptr what) {
  ++in_flight_;
  ++links_[on.position].via->in_flight;
  what->started = used_;
  on.start(std::move(what), used_);
}

/// Its time begins now, as in `http_destination`.
void grpc_destination::start_waiting(grpc_connection& on) {
  grpc_exchange_ptr what = dequeue(waiting_.begin());
  what->deadline = used_ + what->call.timeout;
  core_.watch(*what, what->deadline);
  start(on, std::move(what));
}

void grpc_destination::serve() {
  if (waiting_.empty()) return;
  used_ = clock::now();
  while (!waiting_.empty() && in_flight_ < in_flight_max_) {
    grpc_connection* const on = pick();
    if (on == nullptr) break;
    start_waiting(*on);
  }
  if (in_flight_ < in_flight_max_) open_connections();
}

// Whoever waits now waits for a connection, or for an address.
void grpc_destination::open_connections() {
  if (waiting_.empty() || in_flight_ >= in_flight_max_) return;
  const auto now = clock::now();
  if (!addresses_.why_none().empty()) return fail_all_waiting(addresses_.why_none());
  if (paths_.empty()) {
    if (names_.is_open(now)) return refuse_all_waiting(refusal(now));
    return addresses_.ask();
  }
  open_missing(now);
  if (path* const via = widest_path(now)) return open_one(*via, now);
  if (links_.empty()) refuse_all_waiting(refusal(now));
}

void grpc_destination::open_missing(clock::time_point now) {
  for (const auto& one : paths_) {
    const bool may_open = one->is_listed && !one->breaker.is_open(now) && one->connections == 0;
    if (may_open && links_.size() < core_.options.addresses_max) open_one(*one, now);
  }
}

// Where one more connection does most good. One at a time for each address: whoever does not answer keeps nobody from
// the others.
grpc_destination::path* grpc_destination::widest_path(clock::time_point now) {
  if (links_.size() >= std::max(core_.options.connections_max, paths_.size())) return nullptr;
  path* out = nullptr;
  for (const auto& one : paths_) {
    if (!one->is_listed || one->connecting > 0 || one->breaker.tripped() || one->breaker.is_open(now)) continue;
    if (one->in_flight >= core_.options.in_flight_max) continue;
    if (out == nullptr || one->connections < out->connections) out = one.get();
  }
  return out;
}

void grpc_destination::open_one(path& via, clock::time_point now) {
  const grpc_client_options& options = core_.options;
  const auto one = std::make_shared<grpc_connection>(
      core_.io, *this, options.user_agent,
      grpc_connection_options{options.ping_after, options.ping_limit, options.descriptors_below});
  one->position = links_.size();
  one->used = now;
  links_.push_back({one, &via, now});
  ++via.connections;
  ++via.connecting;
  core_.metrics.grpc_connections.Increment();
  core_.watch(*one, now + options.connect_timeout);
  one->open(via.where);
}

void grpc_destination::connected(grpc_connection& one) {
  --links_[one.position].via->connecting;  // what its address is worth, the first call shows
}

void grpc_destination::connect_failed(grpc_connection& one, std::string_view why) {
  const link gone = forget(one);
  if (links_.empty()) addresses_.doubt();
  std::string text = "connect to " + name_of(*gone.via) + ": ";
  text += why;
  note_failure(*gone.via, text);
  if (links_.empty()) fail_all_waiting(text);
}

void grpc_destination::note_failure(path& via, std::string_view why) {
  const auto now = clock::now();
  if (via.breaker.failed(now, why, core_.jitter())) shown_.paused(via.breaker.left(now));
  show_breaker();
}

void grpc_destination::note_carried(link& one) {
  if (std::exchange(one.has_carried, true)) return;
  one.via->breaker.connected();
  show_breaker();
}

bool grpc_destination::is_crowded(std::size_t coming) {
  const std::size_t free = in_flight_max_ - std::min(in_flight_max_, in_flight_);
  const std::size_t ahead = waiting_.size() + coming;
  return crowd_.is_crowded(clock::now(), ahead - std::min(ahead, free), in_flight_max_);
}

void grpc_destination::progressed(grpc_connection& on, std::vector<ended_call> ended) {
  const auto now = clock::now();
  in_flight_ -= ended.size();
  links_[on.position].via->in_flight -= ended.size();
  for (ended_call& one : ended) {
    if (one.was_processed) {
      note_carried(links_[on.position]);
      silence_.spoke();
      crowd_.took(now - one.what->started);
      links_[on.position].via->silent = 0;
      core_.complete(std::move(one.what), judge_grpc(one.how.code, one.how.message));
    } else {
      again(std::move(one.what));
    }
  }
  shown_.show(trouble::silent, silence_.tripped());
  serve();
}

void grpc_destination::again(grpc_exchange_ptr what) {
  if (++what->refusals > refusals_max)
    return core_.unavailable(std::move(what), "call of " + target_ + ": refused again and again");
  enqueue(waiting_.begin(), std::move(what));
}

void grpc_destination::left(grpc_connection& one, std::vector<grpc_exchange_ptr> broken, std::string_view why) {
  const link gone = forget(one);
  gone.via->in_flight -= broken.size();
  std::string text = "call of " + name_of(*gone.via) + ": ";
  in_flight_ -= broken.size();
  text += why;
  // Who sends away whoever comes is as one that refuses connections: nobody may connect to it again and again.
  const bool was_young = clock::now() - gone.opened < core_.options.connect_timeout;
  if (was_young && broken.empty() && !gone.has_carried && !one.is_retired()) note_failure(*gone.via, text);
  for (grpc_exchange_ptr& what : broken) core_.unavailable(std::move(what), text);
  serve();
}

grpc_destination::link grpc_destination::forget(grpc_connection& one) {
  const std::size_t position = one.position;
  std::swap(links_[position], links_.back());
  links_[position].connection->position = position;
  link out = std::move(links_.back());
  links_.pop_back();  // the connection ends when its last operation has
  --out.via->connections;
  if (!one.is_open()) --out.via->connecting;
  core_.metrics.grpc_connections.Decrement();
  return out;
}

void grpc_destination::instances_found(const instance_list& now) {
  addresses_.take(now);
  in_flight_max_ = core_.options.in_flight_max * std::max<std::size_t>(addresses_.instances(), 1);
  list_paths(addresses_.known());
  if (addresses_.instances() == 0) return fail_all_waiting(addresses_.why_none());
  const auto when = clock::now();
  if (!addresses_.is_fresh(when)) addresses_.ask();
  if (!links_.empty()) open_missing(when);
  if (!paths_.empty()) open_connections();
}

void grpc_destination::addresses_found(std::string_view why_none) {
  const auto found = addresses_.known();
  if (found.empty()) {
    const std::string text = joined("resolve ", target_, ": ", why_none);
    names_.failed(clock::now(), text, core_.jitter());
    show_breaker();
    return fail_all_waiting(text);
  }
  names_.connected();
  list_paths(found);
  show_breaker();
  open_missing(clock::now());
  open_connections();
}

// A connection to an address that is no longer listed ends when its calls have.
void grpc_destination::list_paths(const service_addresses::list& found) {
  for (const auto& one : paths_) one->is_listed = false;
  for (const auto& where : found) {
    const auto known = std::find_if(paths_.begin(), paths_.end(), [&](const auto& one) { return one->where == where; });
    if (known != paths_.end()) {
      (*known)->is_listed = true;
    } else {
      paths_.push_back(std::make_unique<path>(where, core_.options.breaker));
    }
  }
  for (const link& one : links_)
    if (!one.via->is_listed) one.connection->retire();
  std::erase_if(paths_, [](const auto& one) { return !one->is_listed && one->connections == 0; });
}

void grpc_destination::fail_all_waiting(std::string_view why) {
  while (!waiting_.empty()) core_.unavailable(dequeue(waiting_.begin()), why);
}

void grpc_destination::refuse_all_waiting(std::string_view why) {
  while (!waiting_.empty()) {
    shown_.refused_by_breaker();
    core_.hold_back(dequeue(waiting_.begin()), why);
  }
}

bool grpc_destination::is_tripped() const {
  return names_.tripped() || (!paths_.empty() && std::all_of(paths_.begin(), paths_.end(),
                                                             [](const auto& one) { return one->breaker.tripped(); }));
}

std::string grpc_destination::refusal(clock::time_point now) const {
  return target_ + " is " + (paths_.empty() ? names_ : paths_.front()->breaker).text(now);
}

std::string grpc_destination::name_of(const path& one) const {
  if (!location_.watch && addresses_.instances() == 1) return target_;
  std::ostringstream out;
  out << one.where << " of " << target_;
  return out.str();
}

// Those who wait would be as late. Whoever finds out tries a connection of its own: perhaps only this one is dead.
void grpc_destination::note_silence() {
  const auto now = clock::now();
  if (silence_.was_silent(now, core_.jitter())) {
    shown_.paused(silence_.left(now));
    for (const link& one : links_) one.connection->retire();
    refuse_all_waiting(target_ + " is " + silence_.text(now));
  }
  shown_.show(trouble::silent, silence_.tripped());
}

void grpc_destination::show_breaker() {
  shown_.show(trouble::refuses, is_tripped());
}

void grpc_destination::show_fullness() {
  shown_.show(trouble::full, !waiting_.empty() && in_flight_ >= in_flight_max_);
}

void grpc_destination::tidy(clock::time_point now) {
  const bool is_in_use = now - used_ < core_.options.idle_for;
  if (is_in_use && !addresses_.is_fresh(now) && !paths_.empty()) addresses_.ask();
  const bool is_one_of_many = is_in_use && !links_.empty();  // whose dead instances are tried again
  if (is_one_of_many || !waiting_.empty() || in_flight_ > 0) open_missing(now);
  std::vector<std::shared_ptr<grpc_connection>> all;
  for (const link& one : links_) all.push_back(one.connection);
  for (const auto& one : all) {
    one->check(now);
    if (one->in_flight() == 0 && now - one->used >= core_.options.idle_for) one->retire();
  }
}

}  // namespace treaty
