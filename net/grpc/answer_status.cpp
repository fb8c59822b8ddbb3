#include "net/grpc/answer_status.hpp"

namespace treaty {
namespace {

int code_of(answer_kind kind) {
  switch (kind) {
    case answer_kind::ok:
      return grpc_ok;
    case answer_kind::failure:
      return grpc_aborted;
    case answer_kind::ongoing:
      return grpc_failed_precondition;
    case answer_kind::error:
      return grpc_unknown;
    case answer_kind::internal:
      return grpc_internal;
    case answer_kind::invalid:
      return grpc_invalid_argument;
    case answer_kind::overloaded:
      return grpc_resource_exhausted;
    case answer_kind::unavailable:
      return grpc_unavailable;
    case answer_kind::unimplemented:
      return grpc_unimplemented;
  }
  return grpc_unknown;
}

int code_of(errc code) {
  switch (code) {
    case errc::overloaded:
      return grpc_resource_exhausted;
    case errc::unavailable:
      return grpc_unavailable;
    case errc::unsupported:
      return grpc_unimplemented;
    case errc::invalid_argument:
      return grpc_invalid_argument;
    case errc::not_found:
    case errc::already_exists:
    case errc::conflict:
    case errc::illegal_transition:
    case errc::outcome_unknown:
    case errc::corrupt:
      break;
  }
  return grpc_internal;
}

/// As long as Retry-After of the HTTP API.
constexpr unsigned pushback_ms = 1'000;

}  // namespace

grpc_status to_grpc_status(const answer& what) {
  return {code_of(what.kind), what.message, what.kind == answer_kind::overloaded ? pushback_ms : 0};
}

grpc_status to_grpc_status(const failure& why) {
  return {code_of(why.code), why.detail};
}

}  // namespace treaty
