#pragma once

#include <cstddef>

#include "core/model/record.hpp"

namespace treaty {

/// About what a record takes in memory: what clients wrote, and the rows that it has. For bounds, not for book-keeping.
std::size_t size_of(const txn_record& record);

}  // namespace treaty
