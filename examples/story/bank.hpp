#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "examples/story/http.hpp"

namespace story {

/// One branch call as the bank saw it.
struct entry {
  std::string gid;
  std::string branch;
  std::string op;
  int status = 0;
  std::chrono::steady_clock::time_point at;
};

/// A bank: a business service with accounts. It offers
///
///   POST /transfer-out, /transfer-out-undo   {"account":"alice","amount":30}
///   POST /transfer-in,  /transfer-in-undo
///
/// A coordinator may call a branch again when it does not know the outcome, and undoes steps that may not have
/// happened. So the bank remembers what it did for which saga: nothing is done twice, and only what was done is undone.
class bank {
public:
  explicit bank(std::map<std::string, int> balances);

  std::string url(const std::string& path) const;
  std::map<std::string, int> balances() const;
  std::vector<entry> entries(const std::string& gid) const;

private:
  answer handle(const request& in);
  answer transfer(const request& in, int sign);
  answer undo(const request& in, int sign);

  mutable std::mutex mutex_;
  std::map<std::string, int> balances_;
  std::set<std::string> done_;    // the steps that moved money
  std::set<std::string> undone_;  // the steps that must not, any more
  std::vector<entry> entries_;
  http_server server_;  // last: it calls `handle` from its first moment on
};

}  // namespace story
