#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/model/kv_record.hpp"

namespace treaty {

/// The answer to queryKV: `{"kv":[..]}`. Nothing of a record is left out, whatever it holds.
std::string kv_json(const std::vector<kv_record>& records);
/// The answer to scanKV. `position` is the next page's.
std::string kv_listing_json(const std::vector<kv_record>& records, std::string_view position);

}  // namespace treaty
