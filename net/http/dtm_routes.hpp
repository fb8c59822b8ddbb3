#pragma once

// Internal to the HTTP API: its routes in groups.

#include "net/http/dtm_api.hpp"
#include "net/http_handler.hpp"

namespace treaty {

/// prepare, submit, abort, forceStop, resetNextCronTime: what speaks to one transaction.
void add_event_routes(http_router& routes, ingress& door);
/// registerBranch and its aliases, prepareWorkflow.
void add_branch_routes(http_router& routes, ingress& door);
/// json-rpc: prepare, submit, abort, registerBranch, newGid in another envelope.
void add_json_rpc_route(http_router& routes, ingress& door);
/// subscribe, unsubscribe, topic; queryKV and scanKV.
void add_topic_routes(http_router& routes, ingress& door, const dtm_api_options& options);
/// The parameter `limit`; `otherwise` when it is not there. Errors: invalid_argument.
result<std::size_t> page_limit(const http_request& request, std::size_t otherwise);
/// query, all, resetCronTime.
void add_look_up_routes(http_router& routes, ingress& door, const dtm_api_options& options);
/// version, newGid, ping.
void add_plain_routes(http_router& routes, const dtm_api_options& options);

}  // namespace treaty
