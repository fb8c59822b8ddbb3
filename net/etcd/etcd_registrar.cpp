#include "net/etcd/etcd_registrar.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "net/etcd/etcd_metrics.hpp"
#include "net/etcd/etcd_watch.hpp"
#include "obs/log.hpp"

namespace treaty {
namespace {

constexpr std::chrono::seconds lease_time{10};  // go-zero's
constexpr std::chrono::milliseconds pause_after_failure{1'000};
constexpr std::chrono::seconds logged_again_after{60};
constexpr std::chrono::milliseconds pause_after_lapse{500};   // of a renewal
constexpr std::chrono::milliseconds pause_before_again{100};  // when etcd answers, and what it had is gone

}  // namespace

/// Lives on the loop; only what `state` and `withdraw` ask for is shared.
class etcd_registrar::machine : public std::enable_shared_from_this<machine> {
public:
  machine(etcd_loop& loop, const etcd_access& access, etcd_registration what, etcd_metrics& metrics)
      : loop_{loop},
        client_{std::make_shared<etcd_client>(loop, access)},
        what_{std::move(what)},
        metrics_{metrics},
        shown_{registration::none, "etcd " + endpoints_text(access.endpoints) + " has not answered yet"} {}

  void grant();
  void begin_to_withdraw();
  /// Begins nothing any more.
  void quit();

  registration_state state() const {
    const std::lock_guard lock{guard_};
    return shown_;
  }
  bool wait_until_withdrawn(std::chrono::milliseconds limit) {
    std::unique_lock lock{guard_};
    changed_.wait_for(lock, limit, [&] { return shown_.state == registration::withdrawn; });
    return shown_.state == registration::withdrawn && was_withdrawn_in_time_;
  }

private:
  using clock = std::chrono::steady_clock;

  void granted(const grpc::Status& status, const etcdserverpb::LeaseGrantResponse& reply);
  void put();
  void put_done(const grpc::Status& status);
  void watch_key();
  void key_is_now(const etcd_watch::contents& now);
  void renew_after(std::chrono::milliseconds span);
  void renew();
  void renewed(const grpc::Status& status, const etcdserverpb::LeaseKeepAliveResponse& reply);
  void lease_is_gone();
  void failed(const std::string& doing, const grpc::Status& status);
  void show(registration state, std::string detail);
  void revoke();
  std::string key() const { return what_.key + "/" + std::to_string(lease_); }
  /// Guards a handler against a lease that was given up, or a withdrawal, in the meantime.
  template <class Work>
  auto mine(Work work);

  etcd_loop& loop_;
  const std::shared_ptr<etcd_client> client_;
  const etcd_registration what_;
  etcd_metrics& metrics_;
  std::int64_t lease_ = 0;
  std::chrono::milliseconds lease_time_{lease_time};
  bool is_put_ = false;
  bool is_putting_ = false;
  bool is_granting_ = false;
  bool is_withdrawing_ = false;
  clock::time_point confirmed_{};  // when the lease was known to live
  clock::time_point logged_at_{};
  std::shared_ptr<etcd_watch> watch_;
  etcd_loop::timer timer_;      // of the lease
  etcd_loop::timer put_again_;  // of the key

  mutable std::mutex guard_;
  std::condition_variable changed_;
  registration_state shown_;
  bool was_withdrawn_in_time_ = false;
};

template <class Work>
auto etcd_registrar::machine::mine(Work work) {
  return [alive = weak_from_this(), lease = lease_, work = std::move(work)](const auto&... heard) {
    const auto self = alive.lock();
    if (self && lease == self->lease_ && !self->is_withdrawing_) work(*self, heard...);
  };
}

void etcd_registrar::machine::grant() {
  etcdserverpb::LeaseGrantRequest what;
  what.set_ttl(lease_time.count());
  is_granting_ = true;
  client_->grant(
      what, [self = shared_from_this()](const grpc::Status& status, const etcdserverpb::LeaseGrantResponse& reply) {
        self->is_granting_ = false;
        self->granted(status, reply);
      });
}

void etcd_registrar::machine::granted(const grpc::Status& status, const etcdserverpb::LeaseGrantResponse& reply) {
  if (status.ok()) {
    lease_ = reply.id();
    lease_time_ = std::chrono::seconds{reply.ttl()};
    confirmed_ = clock::now();
    metrics_.leases.Increment();
  }
  if (is_withdrawing_) return revoke();
  if (!status.ok()) {
    timer_ = loop_.after(pause_after_failure, [this] { grant(); });
    return failed("ask for a lease", status);
  }
  renew_after(lease_time_ / 3);
  put();
}

void etcd_registrar::machine::put() {
  if (std::exchange(is_putting_, true)) return;
  etcdserverpb::PutRequest what;
  what.set_key(key());
  what.set_value(what_.value);
  what.set_lease(lease_);
  client_->put(std::move(what), mine([](machine& self, const grpc::Status& status, const auto&) {
                 self.is_putting_ = false;
                 self.put_done(status);
               }));
}

void etcd_registrar::machine::put_done(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return lease_is_gone();
  if (!status.ok()) {
    put_again_ = loop_.after(pause_after_failure, [this] { put(); });
    return failed("write the key", status);
  }
  is_put_ = true;
  show(registration::registered, {});
  if (!watch_) watch_key();
}

// Somebody may remove the key by mistake; nobody would find this process, and it would not know.
void etcd_registrar::machine::watch_key() {
  watch_ = std::make_shared<etcd_watch>(
      client_, key(), std::string{},
      etcd_watch::hearers{mine([](machine& self, const etcd_watch::contents& now) { self.key_is_now(now); }),
                          [](const std::string&) {}});
  watch_->start();
}

void etcd_registrar::machine::key_is_now(const etcd_watch::contents& now) {
  if (!now.empty() && now.begin()->second == what_.value) return;
  is_put_ = false;
  show(registration::lost, "the key is gone or says something else");
  put_again_ = loop_.after(pause_before_again, [this] { put(); });
}

void etcd_registrar::machine::renew_after(std::chrono::milliseconds span) {
  timer_ = loop_.after(span, [this] { renew(); });
}

void etcd_registrar::machine::renew() {
  etcdserverpb::LeaseKeepAliveRequest what;
  what.set_id(lease_);
  client_->renew(what, mine([](machine& self, const grpc::Status& status,
                               const etcdserverpb::LeaseKeepAliveResponse& reply) { self.renewed(status, reply); }));
}

void etcd_registrar::machine::renewed(const grpc::Status& status, const etcdserverpb::LeaseKeepAliveResponse& reply) {
  if (status.ok() && reply.ttl() > 0) {
    metrics_.renewals_done.Increment();
    confirmed_ = clock::now();
    if (is_put_) show(registration::registered, {});
    return renew_after(lease_time_ / 3);
  }
  metrics_.renewals_failed.Increment();
  if (status.ok() || status.error_code() == grpc::StatusCode::NOT_FOUND) return lease_is_gone();
  renew_after(pause_after_lapse);
  // The lease may still live in an etcd that we cannot reach; it is given up when etcd says that it is gone.
  if (clock::now() - confirmed_ >= lease_time_) failed("renew the lease", status);
}

void etcd_registrar::machine::lease_is_gone() {
  show(registration::lost, "etcd has ended the lease");
  lease_ = 0;
  is_put_ = is_putting_ = false;
  if (const auto watch = std::exchange(watch_, nullptr); watch) watch->stop();
  put_again_.reset();
  timer_ = loop_.after(pause_before_again, [this] { grant(); });
}

void etcd_registrar::machine::failed(const std::string& doing, const grpc::Status& status) {
  const bool was_registered = state().state != registration::none;
  show(was_registered ? registration::lost : registration::none,
       "cannot " + doing + " in etcd " + endpoints_text(client_->access().endpoints) + ": " + text_of(status));
}

void etcd_registrar::machine::show(registration state, std::string detail) {
  bool is_news = logged_at_ == clock::time_point{};
  {
    const std::lock_guard lock{guard_};
    if (shown_.state == state && shown_.detail == detail) return;
    is_news = is_news || shown_.state != state;
    shown_ = {state, std::move(detail)};
  }
  changed_.notify_all();
  metrics_.registered.Set(state == registration::registered ? 1 : 0);
  // Several endpoints fail in turns, each with a text of its own.
  if (!is_news && clock::now() - logged_at_ < logged_again_after) return;
  logged_at_ = clock::now();
  const bool is_good = state == registration::registered || state == registration::withdrawn;
  log_line(is_good ? log_level::info : log_level::warn, "registration in etcd",
           {{"state", to_string(state)},
            {"key", lease_ == 0 ? what_.key : key()},
            {"value", what_.value},
            {"why", shown_.detail}});
}

void etcd_registrar::machine::begin_to_withdraw() {
  if (is_withdrawing_) return;
  quit();
  if (!is_granting_) revoke();
}

void etcd_registrar::machine::quit() {
  is_withdrawing_ = true;
  timer_.reset();
  put_again_.reset();
  if (const auto watch = std::exchange(watch_, nullptr); watch) watch->stop();
}

void etcd_registrar::machine::revoke() {
  if (lease_ == 0) return show(registration::withdrawn, {});
  etcdserverpb::LeaseRevokeRequest what;
  what.set_id(lease_);
  client_->revoke(what, [self = shared_from_this()](const grpc::Status& status, const auto&) {
    const bool is_gone = status.ok() || status.error_code() == grpc::StatusCode::NOT_FOUND;
    if (is_gone) {
      self->was_withdrawn_in_time_ = true;
      return self->show(registration::withdrawn, {});
    }
    self->timer_ = self->loop_.after(pause_after_lapse, [self = self.get()] { self->revoke(); });
  });
}

etcd_registrar::etcd_registrar(std::shared_ptr<etcd_loop> loop, const etcd_access& access, etcd_registration what,
                               etcd_metrics& metrics)
    : loop_{std::move(loop)}, machine_{std::make_shared<machine>(*loop_, access, std::move(what), metrics)} {}

// Not withdrawn: the lease ends by itself.
etcd_registrar::~etcd_registrar() {
  loop_->post([does = machine_] { does->quit(); });
}

void etcd_registrar::begin() {
  loop_->post([does = machine_] { does->grant(); });
}

registration_state etcd_registrar::state() const {
  return machine_->state();
}

bool etcd_registrar::withdraw(std::chrono::milliseconds limit) {
  loop_->post([does = machine_] { does->begin_to_withdraw(); });
  return machine_->wait_until_withdrawn(limit);
}

}  // namespace treaty
