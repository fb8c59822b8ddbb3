#pragma once

#include <caf/all.hpp>

namespace treaty::micro {

struct ping {
  bool is_last = false;
};

}  // namespace treaty::micro

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::micro::ping)
