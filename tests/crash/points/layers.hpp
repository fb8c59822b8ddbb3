#pragma once

#include <memory>

#include "app/port_layers.hpp"

namespace treaty::crash {

/// Passes crash points on both sides of everything that goes through a port.
std::unique_ptr<port_layers> crashing_layers();

}  // namespace treaty::crash
