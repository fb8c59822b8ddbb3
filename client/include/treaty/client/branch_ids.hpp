#pragma once

#include <string>

#include "treaty/client/result.hpp"

namespace treaty::client {

/// Numbers the branches below one parent: "01", "02", below "02": "0201".
class branch_ids {
public:
  explicit branch_ids(std::string parent = {}) : parent_{std::move(parent)} {}
  /// Errors: invalid_argument, after the 99th, or more than ten levels deep.
  result<std::string> next();

private:
  std::string parent_;
  int given_ = 0;
};

}  // namespace treaty::client
