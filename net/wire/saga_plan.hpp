#pragma once

#include <cstddef>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/definition.hpp"

namespace treaty {

/// Reads a saga's custom_data, `{"concurrent":true,"orders":{"1":[0]}}`; "" and "null" are the serial plan.
///
/// Orders of steps that do not exist are dropped, as DTM ignores them.
/// Errors: invalid_argument for a plan that could never be carried out: wrong types, a step that waits for one that
/// does not exist, or for itself in a circle.
result<saga_plan> parse_saga_plan(std::string_view custom_data, std::size_t step_count);

}  // namespace treaty
