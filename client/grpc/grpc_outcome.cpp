#include "client/grpc/grpc_outcome.hpp"

#include <grpcpp/server_context.h>

#include "client/src/coordinator_words.hpp"
#include "client/src/reason.hpp"
#include "treaty/client/grpc.hpp"

namespace treaty::client {

failure failure_of(const grpc::Status& status, std::string_view who) {
  const std::string text =
      std::string{who} + " answered status " + std::to_string(status.error_code()) + ": " + status.error_message();
  const bool is_aborted = status.error_code() == grpc::StatusCode::ABORTED;
  if (is_aborted && status.error_message() != "ONGOING") return refused(text);
  if (is_aborted || status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) return ongoing(text);
  return unknown(text);
}

failure coordinator_failure_of(const grpc::Status& status, std::string_view who) {
  return as_coordinator_means(failure_of(status, who), status.error_message());
}

result<branch_context> context_of(const grpc::ServerContextBase& call) {
  const auto& metadata = call.client_metadata();
  return context_from([&](std::string_view name) {
    const std::string key = "dtm-" + std::string{name};
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string{} : std::string{found->second.data(), found->second.size()};
  });
}

grpc::Status to_grpc_status(const result<void>& outcome) {
  if (outcome) return grpc::Status::OK;
  // A longer text would not fit into the headers that carry it, and the refusal would not arrive.
  const std::string detail = reason_text(outcome.error().detail);
  switch (outcome.error().code) {
    case errc::refused:
      // This very text would turn the refusal into its opposite.
      return {grpc::StatusCode::ABORTED, detail == "ONGOING" ? "refused" : detail};
    case errc::ongoing:
      return {grpc::StatusCode::FAILED_PRECONDITION, detail};
    case errc::duplicated:
    case errc::invalid_argument:
    case errc::unknown:
      break;
  }
  return {grpc::StatusCode::UNKNOWN, detail};
}

}  // namespace treaty::client
