#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "net/ingress.hpp"

namespace treaty {

/// A page ends when its text, or what it was read from, has reached this.
inline constexpr std::size_t page_bytes_max = 8u << 20;

/// Writes a record onto a page; returns how long its text is by now.
using show_record = std::function<std::size_t(const txn_record&)>;

/// Fills one page of a list, look-up after look-up: each does bounded work, so that who waits for the store gets a turn
/// in between, and may come back with less than was asked for. Records are written as they come; no more of them than
/// one look-up's are in memory. A page is shorter than its limit only at the end of the list; when it has
/// `page_bytes_max`; or when `slow_look_ups_max` look-ups did not fill it, although what they showed was small.
/// `done` hears where the next page begins; empty: the end. Threads: `show` runs on those of `ingress::list`, one call
/// at a time. Errors: those of `ingress::list`.
void fill_page(ingress& door, list_request wanted, std::size_t slow_look_ups_max, show_record show,
               on_result<std::string> done);

}  // namespace treaty
