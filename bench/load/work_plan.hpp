#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace treaty::load {

enum class addressee : std::uint8_t { coordinator, participants };

/// One request, but for the gid that is written into it.
struct request_template {
  addressee to = addressee::coordinator;
  std::string text;                 // HTTP: the whole request; gRPC: the message
  std::vector<std::size_t> gid_at;  // where the gid belongs in it
  int expected_status = 0;
  int overloaded_status = 0;                                  // says that the coordinator has too much to do
  std::string method;                                         // gRPC
  std::vector<std::pair<std::string, std::string>> metadata;  // gRPC: of a branch call, besides its gid
};

/// What a client does for one transaction: sends `requests` one after the other; it is done when all are answered, and
/// with `until_branches_called` when the last branch of the transaction was called as well.
struct transaction_plan {
  std::string name;
  std::vector<request_template> requests;
  bool until_branches_called = true;
  unsigned weight = 1;  // its share of all transactions
};

/// What the clients do. The position of a plan is that of its rules on the call board.
struct work_plan {
  std::vector<transaction_plan> kinds{};
  std::uint64_t limit = 0;  // ends after so many transactions; 0: when stopped
};

}  // namespace treaty::load
