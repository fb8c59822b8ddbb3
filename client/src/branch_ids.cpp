#include "treaty/client/branch_ids.hpp"

namespace treaty::client {

result<std::string> branch_ids::next() {
  constexpr int most = 99;
  constexpr std::size_t parent_letters_end = 20;  // ten levels
  if (given_ == most) return invalid("a branch can have no more than 99 branches below it");
  if (parent_.size() >= parent_letters_end) return invalid("branches are nested too deeply: " + parent_);
  ++given_;
  return parent_ + (given_ < 10 ? "0" : "") + std::to_string(given_);
}

}  // namespace treaty::client
