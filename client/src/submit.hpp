#pragma once

#include <utility>

#include "treaty/client/coordinator.hpp"

namespace treaty::client {

/// Submits, maybe once more: who submits what has succeeded by now has what he wanted.
inline void submit(const coordinator& where, transaction_request request, completion<void> done) {
  where.way().send(transaction_verb::submit, std::move(request), [done = std::move(done)](const result<void>& taken) {
    const bool has_succeeded = !taken && taken.error().code == errc::duplicated;
    done(has_succeeded ? result<void>{} : taken);
  });
}

}  // namespace treaty::client
