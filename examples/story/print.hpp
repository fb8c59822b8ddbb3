#pragma once

#include <map>
#include <string>

#include "examples/story/transfer.hpp"

namespace story {

void print_outcome(const std::string& title, const transfer_outcome& outcome);
void print_balances(const std::string& title, const std::map<std::string, int>& before,
                    const std::map<std::string, int>& after);

}  // namespace story
