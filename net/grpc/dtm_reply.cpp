#include "net/grpc/dtm_reply.hpp"

#include <utility>

#include "net/grpc/answer_status.hpp"

namespace treaty {

dtm_reply::~dtm_reply() {
  finish({grpc_unavailable, "the request was dropped; ask again what became of it"});
}

void dtm_reply::answer(treaty::answer what) {
  if (what.kind == answer_kind::ok) return finish(std::string{});
  finish(to_grpc_status(what));
}

void dtm_reply::finish(std::string message) {
  if (count(true)) to_->finish(std::move(message));
}

void dtm_reply::finish(grpc_status how) {
  if (count(false)) to_->finish(std::move(how));
}

bool dtm_reply::count(bool ok) {
  if (answered_.exchange(true)) return false;
  counters_.count(ok, std::chrono::steady_clock::now() - start_);
  return true;
}

}  // namespace treaty
