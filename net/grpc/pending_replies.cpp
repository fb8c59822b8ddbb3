#include "net/grpc/pending_replies.hpp"

#include <utility>

#include "net/grpc/grpc_status.hpp"

namespace treaty {
namespace {

grpc::Status stopping() {
  return {grpc::StatusCode::UNAVAILABLE, "the coordinator is stopping"};
}

}  // namespace

pending_reply::pending_reply(std::shared_ptr<pending_replies> among, grpc::ServerUnaryReactor& reactor,
                             const method_counters& counters)
    : among_{std::move(among)}, reactor_{reactor}, counters_{counters} {}

pending_reply::~pending_reply() {
  among_->closed(*this);
  end({grpc::StatusCode::UNAVAILABLE, "the request was dropped; ask again what became of it"});
}

void pending_reply::answer(treaty::answer what) {
  finish(to_grpc_status(what));
}

void pending_reply::finish(const grpc::Status& status) {
  end(status);
  among_->closed(*this);
}

void pending_reply::finish_filled(const std::function<void()>& fill) {
  end(grpc::Status::OK, fill);
  among_->closed(*this);
}

void pending_reply::end(const grpc::Status& status, const std::function<void()>& fill) {
  if (finished_.exchange(true)) return;
  if (fill) fill();
  counters_.count(status.ok(), std::chrono::steady_clock::now() - start_);
  reactor_.Finish(status);
}

std::shared_ptr<pending_reply> pending_replies::open(grpc::ServerUnaryReactor& reactor,
                                                     const method_counters& counters) {
  auto one = std::make_shared<pending_reply>(shared_from_this(), reactor, counters);
  {
    const std::lock_guard lock{mutex_};
    if (!stopping_) {
      open_.insert(one.get());
      return one;
    }
  }
  one->finish(stopping());
  return nullptr;
}

void pending_replies::closed(pending_reply& one) {
  const std::lock_guard lock{mutex_};
  open_.erase(&one);
  if (open_.empty()) changed_.notify_all();
}

void pending_replies::stop(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  stopping_ = true;
  changed_.wait_until(lock, deadline, [&] { return open_.empty(); });
  // Under the lock none of them can be destroyed: that waits in `closed`.
  for (pending_reply* const one : open_) one->end(stopping());
}

}  // namespace treaty
