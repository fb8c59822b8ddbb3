#include "examples/signup/branch.hpp"

#include "treaty/client/barrier.hpp"
#include "treaty/client/grpc.hpp"

namespace signup {

namespace tc = treaty::client;

grpc::Status behind_barrier(const grpc::ServerContext& call, const tc::mysql_options& database,
                            const std::function<tc::result<void>(tc::sql_session&)>& business) {
  const auto context = tc::context_of(call);
  if (!context) return tc::to_grpc_status(context.error());
  // A connection for each call keeps the example short; a service with load keeps some.
  auto connection = tc::connect_mysql(database);
  if (!connection) return tc::to_grpc_status(connection.error());  // unknown: the coordinator calls again
  tc::sql_session& session = **connection;
  tc::barrier barrier{*context};
  return tc::to_grpc_status(barrier.call(session, [&] { return business(session); }));
}

tc::result<void> change(tc::sql_session& session, std::string_view sql, const std::vector<std::string>& parameters) {
  const auto done = session.execute(sql, parameters);
  if (!done) return done.error();
  return {};
}

}  // namespace signup
