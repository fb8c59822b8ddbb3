#include "net/registrar.hpp"

namespace treaty {

std::string_view to_string(registration state) {
  switch (state) {
    case registration::none:
      return "not yet";
    case registration::registered:
      return "registered";
    case registration::lost:
      return "lost";
    case registration::withdrawn:
      return "withdrawn";
  }
  return "";
}

}  // namespace treaty
