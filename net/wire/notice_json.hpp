#pragma once

#include <string>

#include "net/notifier.hpp"

namespace treaty {

/// The bodies of posts to web-hooks (docs/protocol.md, "Web-hooks"); members in alphabetical order, as DTM's.
std::string alert_body(const alert_notice& what);
std::string completion_body(const end_notice& what);

}  // namespace treaty
