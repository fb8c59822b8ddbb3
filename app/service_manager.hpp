#pragma once

#include <string_view>

namespace treaty {

/// Tells systemd (or whoever set NOTIFY_SOCKET) how the service is: "READY=1", "STOPPING=1". Does nothing without one.
void notify_service_manager(std::string_view state);

}  // namespace treaty
