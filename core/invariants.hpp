#pragma once

#include <string>
#include <vector>

#include "core/transition.hpp"

namespace treaty {

/// What must hold for any record, in memory or stored; a sentence for each thing that does not.
std::vector<std::string> violations(const txn_record& record);

/// What must hold between two durable states of one transaction, `before` and `after` it.
std::vector<std::string> violations_between(const txn_record& before, const txn_record& after);

}  // namespace treaty
