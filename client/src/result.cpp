#include "treaty/client/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace treaty::client {

std::string_view to_string(errc code) {
  switch (code) {
    case errc::refused:
      return "refused";
    case errc::ongoing:
      return "ongoing";
    case errc::duplicated:
      return "duplicated";
    case errc::invalid_argument:
      return "invalid argument";
    case errc::unknown:
      return "unknown";
  }
  return "unknown";
}

void detail::misused_result(const failure* held) {
  std::fprintf(
      stderr, "treaty::client: %s%s\n",
      held != nullptr ? "a value was taken from a failed result: " : "the error was taken of a result without one",
      held != nullptr ? held->detail.c_str() : "");
  std::abort();
}

}  // namespace treaty::client
