#include "core/base/result.hpp"

namespace treaty {

std::string_view to_string(errc code) {
  switch (code) {
    case errc::not_found:
      return "not found";
    case errc::already_exists:
      return "already exists";
    case errc::conflict:
      return "conflict";
    case errc::illegal_transition:
      return "illegal transition";
    case errc::invalid_argument:
      return "invalid argument";
    case errc::overloaded:
      return "overloaded";
    case errc::unavailable:
      return "unavailable";
    case errc::outcome_unknown:
      return "outcome unknown";
    case errc::corrupt:
      return "corrupt";
    case errc::unsupported:
      return "unsupported";
  }
  return "unnamed error";
}

}  // namespace treaty
