#pragma once

// Internal to the HTTP API: its routes in groups.

#include "net/http/dtm_api.hpp"

namespace treaty {

/// prepare, submit, abort, forceStop, resetNextCronTime: what speaks to one transaction.
void add_event_routes(http_router& routes, ingress& door);
/// registerBranch and its aliases, prepareWorkflow.
void add_branch_routes(http_router& routes, ingress& door);
/// json-rpc: prepare, submit, abort, registerBranch, newGid in another envelope.
void add_json_rpc_route(http_router& routes, ingress& door);
/// query, all, resetCronTime.
void add_look_up_routes(http_router& routes, ingress& door, const dtm_api_options& options);
/// version, newGid, ping, and what later modes will bring.
void add_plain_routes(http_router& routes, const dtm_api_options& options);

}  // namespace treaty
