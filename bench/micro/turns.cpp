#include "bench/micro/turns.hpp"

#include "actors/scheduler.hpp"

namespace treaty::micro {

class turns::turn_loop final : public loop {
public:
  explicit turn_loop(turns& all) : all_{all} { all_.loops_.push_back(this); }
  ~turn_loop() override { std::erase(all_.loops_, this); }

  void post(std::function<void()> work) override { tasks_.push_back(std::move(work)); }
  void wake_at(time_point when, std::function<void()> work) override { alarm_.emplace(when, std::move(work)); }
  bool on_thread() const override { return all_.running_ == this; }
  void start(std::function<void()> begin, std::function<void()> end) override {
    begin_ = std::move(begin);
    end_ = std::move(end);
  }
  void stop() override { stopping_ = true; }
  void join() override {
    while (begin_) all_.one_round();
  }
  void pause(std::chrono::milliseconds /*span*/) override { all_.one_round(); }

  /// Runs what was posted before; returns whether there was anything.
  bool take_turn() {
    if (!begin_ || (tasks_.empty() && !stopping_ && !alarm_is_due())) return false;
    all_.running_ = this;
    begin_();
    std::swap(tasks_, now_running_);
    if (alarm_is_due()) now_running_.push_back(std::exchange(alarm_, std::nullopt)->second);
    for (auto& one : now_running_) one();
    now_running_.clear();  // while it counts as this loop's thread: a task may hold the last handle of an actor
    if (stopping_) {
      end_();
      begin_ = nullptr;
      tasks_.clear();
    }
    lane_unit::current() = nullptr;
    all_.running_ = nullptr;
    return true;
  }

private:
  bool alarm_is_due() const { return alarm_ && alarm_->first <= now(); }

  turns& all_;
  std::vector<std::function<void()>> tasks_;
  std::vector<std::function<void()>> now_running_;
  std::optional<std::pair<time_point, std::function<void()>>> alarm_;
  std::function<void()> begin_;  // none: not started, or ended
  std::function<void()> end_;
  bool stopping_ = false;
};

std::shared_ptr<loop> turns::make_loop() {
  return std::make_shared<turn_loop>(*this);
}

bool turns::one_round() {
  bool any = false;
  for (std::size_t at = 0; at < loops_.size(); ++at) any |= loops_[at]->take_turn();
  return any;
}

void turns::run() {
  while (one_round()) continue;
}

}  // namespace treaty::micro
