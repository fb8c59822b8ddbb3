#pragma once

#include <future>
#include <memory>
#include <utility>

#include "treaty/client/transport.hpp"

namespace treaty::client {

/// Starts something that calls back, and blocks until it has.
template <class T, class Start>
result<T> wait_for(Start&& start) {
  // Shared: the callback's thread may still be inside set_value when the waiting one goes on.
  const auto answer = std::make_shared<std::promise<result<T>>>();
  auto arrived = answer->get_future();
  std::forward<Start>(start)([answer](result<T> given) { answer->set_value(std::move(given)); });
  return arrived.get();
}

}  // namespace treaty::client
