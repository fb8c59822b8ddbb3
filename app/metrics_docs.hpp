#pragma once

#include <string>

namespace treaty {

/// docs/metrics.md, made by registering every metric of the process and reading what is there.
std::string metrics_markdown();

}  // namespace treaty
