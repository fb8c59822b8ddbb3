#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <functional>

#include "treaty/client/mysql.hpp"

namespace signup {

/// Carries out what the coordinator asks for: runs `business` in one local transaction with the row that the barrier
/// writes for this call, and says how it went. The coordinator repeats what did not reach it, and calls again after a
/// crash; the barrier makes sure that the business happens once, and not at all after it was taken back.
grpc::Status behind_barrier(const grpc::ServerContext& call, const treaty::client::mysql_options& database,
                            const std::function<treaty::client::result<void>(treaty::client::sql_session&)>& business);

/// One statement whose parameters are numbers and texts.
treaty::client::result<void> change(treaty::client::sql_session& session, std::string_view sql,
                                    const std::vector<std::string>& parameters);

}  // namespace signup
