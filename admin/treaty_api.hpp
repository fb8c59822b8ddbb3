#pragma once

#include <string_view>
#include <vector>

#include "net/http_handler.hpp"
#include "net/ingress.hpp"

namespace treaty {

/// What the HTTP server's router takes.
struct api_route {
  std::string_view method;  // "*": all others
  std::string_view path;
  http_handler handler;
};

/// The routes of our own API, /api/treaty/v1/.. (docs/api.md), in the order in which they are to be added. `door`
/// outlives them. Every answer is JSON, every refusal has one shape.
std::vector<api_route> treaty_api(ingress& door);

/// The OpenAPI document, byte for byte admin/openapi.json.
std::string_view openapi_document();

}  // namespace treaty
