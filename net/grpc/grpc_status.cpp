#include "net/grpc/grpc_status.hpp"

namespace treaty {
namespace {

grpc::StatusCode code_of(answer_kind kind) {
  switch (kind) {
    case answer_kind::ok:
      return grpc::StatusCode::OK;
    case answer_kind::failure:
      return grpc::StatusCode::ABORTED;
    case answer_kind::ongoing:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case answer_kind::error:
      return grpc::StatusCode::UNKNOWN;
    case answer_kind::internal:
      return grpc::StatusCode::INTERNAL;
    case answer_kind::invalid:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case answer_kind::overloaded:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case answer_kind::unavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case answer_kind::unimplemented:
      return grpc::StatusCode::UNIMPLEMENTED;
  }
  return grpc::StatusCode::UNKNOWN;
}

grpc::StatusCode code_of(errc code) {
  switch (code) {
    case errc::overloaded:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case errc::unavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case errc::unsupported:
      return grpc::StatusCode::UNIMPLEMENTED;
    case errc::invalid_argument:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case errc::not_found:
    case errc::already_exists:
    case errc::conflict:
    case errc::illegal_transition:
    case errc::outcome_unknown:
    case errc::corrupt:
      break;
  }
  return grpc::StatusCode::INTERNAL;
}

}  // namespace

grpc::Status to_grpc_status(const answer& what) {
  return {code_of(what.kind), what.message};
}

grpc::Status to_grpc_status(const failure& why) {
  return {code_of(why.code), why.detail};
}

}  // namespace treaty
