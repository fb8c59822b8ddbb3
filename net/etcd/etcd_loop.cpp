#include "net/etcd/etcd_loop.hpp"

#include <utility>

namespace treaty {

struct etcd_loop::alarm {
  grpc::Alarm wakes;
  std::function<void()> work;
};

etcd_loop::etcd_loop() : thread_{[this] { run(); }} {}

etcd_loop::~etcd_loop() {
  stop();
}

void* etcd_loop::tag(step what) {
  return new step{std::move(what)};
}

void etcd_loop::post(std::function<void()> work) {
  const std::lock_guard guard{posting_};
  if (closed_) return;
  const auto now = std::make_shared<grpc::Alarm>();
  void* const when_due = tag([now, work = std::move(work)](bool) { work(); });
  posted_.fetch_add(1, std::memory_order_release);
  now->Set(&queue_, std::chrono::system_clock::now(), when_due);
}

void etcd_loop::stop() {
  post([this] {
    stopping_ = true;
    for (grpc::ClientContext* const one : calls_) one->TryCancel();
    for (alarm* const one : alarms_) one->wakes.Cancel();
  });
  {
    const std::lock_guard guard{posting_};
    closed_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

etcd_loop::timer etcd_loop::after(std::chrono::milliseconds span, std::function<void()> work) {
  if (stopping_) return nullptr;
  const auto made = std::make_shared<alarm>();
  made->work = std::move(work);
  alarms_.insert(made.get());
  made->wakes.Set(&queue_, std::chrono::system_clock::now() + span, tag([this, made](bool fired) {
    alarms_.erase(made.get());
    const auto what = std::exchange(made->work, nullptr);
    if (fired && !stopping_ && what) what();
  }));
  // Whoever lets go of the timer gives up its work; the alarm itself ends when the queue hands it out.
  return {made.get(), [made](const void*) {
            made->work = nullptr;
            made->wakes.Cancel();
          }};
}

void etcd_loop::run() {
  void* which = nullptr;
  bool ok = false;
  bool is_shut = false;
  while (queue_.Next(&which, &ok)) {
    (void)posted_.load(std::memory_order_acquire);
    const std::unique_ptr<step> what{static_cast<step*>(which)};
    (*what)(ok);
    if (!stopping_ || is_shut || !calls_.empty()) continue;
    is_shut = true;
    queue_.Shutdown();  // no call is left that would begin another step
  }
}

}  // namespace treaty
