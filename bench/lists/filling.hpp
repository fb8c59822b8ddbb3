#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/time.hpp"

namespace treaty::lists {

/// What is put into a store before its lists are measured: in the order of creation, over the last day, every
/// `finished / parked`th one is unfinished and waits for a month.
struct amounts {
  std::uint64_t finished = 0;
  std::uint64_t parked = 0;
  std::uint64_t all() const { return finished + parked; }
};

/// The gids look drawn, as those of clients do: "order-" and 16 hex digits.
std::string gid_of(std::uint64_t number);

/// How rare each kind is: one of so many. The rest are sagas that succeeded, or whose call is to be repeated.
inline constexpr std::uint64_t failed_each = 1'000;  // of the finished
inline constexpr std::uint64_t stuck_each = 100;     // of the parked
inline constexpr std::uint64_t aborting_each = 500;
inline constexpr std::uint64_t prepared_each = 20;  // messages
inline constexpr std::uint64_t tcc_each = 10'000;   // of the finished

/// Writes them through the store, as the coordinator would: history on, one write when they begin and one more.
/// Returns an error's text, or nothing.
std::string fill(const std::string& path, const amounts& wanted, time_point now);

/// Opens a store and waits until it has nothing more to put in order, as one that was filled over days has not. Returns
/// an error's text, or nothing.
std::string settle(const std::string& path);

}  // namespace treaty::lists
