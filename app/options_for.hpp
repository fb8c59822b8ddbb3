#pragma once

#include "actors/coordinator.hpp"
#include "app/config.hpp"
#include "app/open_files.hpp"
#include "net/branch_mux.hpp"
#include "net/grpc/grpc_server.hpp"
#include "net/http/server.hpp"
#include "net/http/web_hooks.hpp"
#include "storage/rocksdb/rocksdb_store.hpp"

namespace treaty {

// What the configuration means for each part.

/// One for each core but one, unless the configuration says how many.
std::size_t lane_count(const config& values);
rocksdb_options store_options(const config& values, const open_files_shares& files);
coordinator_options coordinator_options_of(const config& values);
web_hooks_options web_hooks_options_of(const config& values);
/// For one of `lanes`, as are those that follow.
branch_clients_options branch_options_of(const config& values, const open_files_shares& files, std::size_t lanes);
http_server_options http_server_options_of(const config& values, const open_files_shares& files, std::size_t lanes);
grpc_server_options grpc_server_options_of(const config& values, std::size_t lanes);

}  // namespace treaty
