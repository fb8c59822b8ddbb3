#include "core/model/history.hpp"

#include "core/base/assert.hpp"

namespace treaty {

std::string_view to_string(history_kind kind) {
  switch (kind) {
    case history_kind::called:
      return "called";
    case history_kind::asked:
      return "asked";
    case history_kind::registered:
      return "registered";
    case history_kind::decided:
      return "decided";
    case history_kind::operated:
      return "operated";
  }
  TREATY_ASSERT(false);
}

std::string_view to_string(operator_action action) {
  switch (action) {
    case operator_action::force_stop:
      return "force_stop";
    case operator_action::retry:
      return "retry";
    case operator_action::skip:
      return "skip";
  }
  TREATY_ASSERT(false);
}

}  // namespace treaty
