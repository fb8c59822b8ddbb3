#pragma once

// Internal to net/wire: simdjson stays out of the headers that transports include.

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace treaty {

/// One JSON text while it is read. Small ones share this thread's parser, so at most one is alive on a thread; large
/// ones bring their own, so that their memory is given back.
class json_text {
public:
  /// Errors: invalid_argument, with a detail for people. The element lives as long as this object.
  result<simdjson::dom::element> parse(std::string_view text);

private:
  std::unique_ptr<simdjson::dom::parser> own_;
};

/// JSON names are matched without regard to case; `name` is lower-case.
bool same_name(std::string_view key, std::string_view name);

// Readers of one value. null leaves `into` as it is. Errors: invalid_argument; the detail names `field`.

result<void> read_text(simdjson::dom::element value, std::string_view field, std::string& into);
result<void> read_flag(simdjson::dom::element value, std::string_view field, bool& into);
/// A whole number, not negative.
result<void> read_count(simdjson::dom::element value, std::string_view field, std::int64_t& into);
failure wrong_type(std::string_view field, std::string_view wanted, simdjson::dom::element found);

}  // namespace treaty
