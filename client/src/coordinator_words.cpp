#include "client/src/coordinator_words.hpp"

namespace treaty::client {
namespace {

/// With wait_result: a call had no definite answer, or may not be refused, and is repeated. The whole text, or its
/// beginning: a reason for a rollback may hold these words further behind.
bool says_not_ended(std::string_view message) {
  return message == "wait result not return success: FAILURE" ||
         message.starts_with("your http/grpc result should be specified as in:");
}

bool says_done_before(std::string_view message) {
  return message.starts_with("current status 'succeed', cannot ") ||
         message.starts_with("current status 'submitted', cannot prepare");
}

}  // namespace

failure as_coordinator_means(failure by_status, std::string_view message) {
  if (says_not_ended(message)) by_status.code = errc::ongoing;
  if (says_done_before(message)) by_status.code = errc::duplicated;
  return by_status;
}

}  // namespace treaty::client
