#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace treaty {

/// In small letters; letters beyond ASCII stay as they are.
inline std::string lower(std::string_view text) {
  std::string lowered{text};
  std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return lowered;
}

}  // namespace treaty
