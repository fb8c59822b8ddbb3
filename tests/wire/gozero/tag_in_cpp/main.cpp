// The tag service of the sign-up made with the C++ SDK: the methods, the tables and the barrier of scene/tag.go, so
// that one can stand in for the other at any moment. scene-tag HOST:PORT DATABASE_HOST DATABASE_PORT DATABASE
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proto/scene.grpc.pb.h"
#include "treaty/client/barrier.hpp"
#include "treaty/client/grpc.hpp"
#include "treaty/client/mysql.hpp"

namespace {

namespace tc = treaty::client;

class tag_service final : public scene::Tag::Service {
public:
  explicit tag_service(tc::mysql_options database) : database_{std::move(database)} {}

  grpc::Status Choose(grpc::ServerContext* call, const scene::ChosenTag* tag, scene::Done* /*nothing*/) override {
    return behind_barrier(*call, "Choose", "insert into tags (user_id, tag) values (?, ?)", *tag);
  }
  grpc::Status ChooseCompensate(grpc::ServerContext* call, const scene::ChosenTag* tag,
                                scene::Done* /*nothing*/) override {
    return behind_barrier(*call, "ChooseCompensate", "delete from tags where user_id = ? and tag = ?", *tag);
  }

private:
  grpc::Status behind_barrier(const grpc::ServerContext& call, const std::string& method, std::string_view change,
                              const scene::ChosenTag& tag) {
    const auto context = tc::context_of(call);
    if (!context) return tc::to_grpc_status(context.error());
    auto database = tc::connect_mysql(database_);
    if (!database) return tc::to_grpc_status(database.error());
    tc::sql_session& session = **database;
    const auto noted =
        session.execute("insert into calls (gid, method) values (?, ?)", {context->gid, method + " (C++)"});
    if (!noted) return tc::to_grpc_status(noted.error());
    tc::barrier barrier{*context};
    return tc::to_grpc_status(barrier.call(session, [&]() -> tc::result<void> {
      const auto changed = session.execute(change, {std::to_string(tag.user_id()), tag.tag()});
      if (!changed) return changed.error();
      return {};
    }));
  }

  const tc::mysql_options database_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: scene-tag HOST:PORT DATABASE_HOST DATABASE_PORT DATABASE\n");
    return 2;
  }
  tag_service service{{.host = argv[2], .port = static_cast<std::uint16_t>(std::atoi(argv[3])), .database = argv[4]}};
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  server->Wait();
  return 0;
}
