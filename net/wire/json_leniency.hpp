#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace treaty {

/// A JSON text as Go reads it, where our parser is stricter: half a surrogate pair, which JavaScript writes, is U+FFFD,
/// and a number that nothing can hold only matters where somebody asks for it; it becomes 1e300, which is refused
/// there. Nothing when there is no such thing in it.
std::optional<std::string> as_go_reads(std::string_view json);

}  // namespace treaty
