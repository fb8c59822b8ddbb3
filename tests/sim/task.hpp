#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace treaty::sim {

/// A script that waits: begins when it is awaited or started, and goes on where it stood. Owned by whoever holds it.
template <class T>
class task {
public:
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> caller = std::noop_coroutine();

    task get_return_object() { return task{handle::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct back_to_caller {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
        return ended.promise().caller;
      }
      void await_resume() noexcept {}
    };
    back_to_caller final_suspend() noexcept { return {}; }
    void return_value(T result) { value = std::move(result); }
    void unhandled_exception() { std::terminate(); }
  };
  using handle = std::coroutine_handle<promise_type>;

  task(task&& other) noexcept : at_{std::exchange(other.at_, {})} {}
  task& operator=(task&&) = delete;
  ~task() {
    if (at_) at_.destroy();
  }

  void start() { at_.resume(); }
  bool is_over() const { return at_.done(); }

  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) {
    at_.promise().caller = caller;
    return at_;
  }
  T await_resume() { return std::move(*at_.promise().value); }

private:
  explicit task(handle at) : at_{at} {}
  handle at_;
};

}  // namespace treaty::sim
