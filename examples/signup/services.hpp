#pragma once

#include "proto/signup.grpc.pb.h"
#include "treaty/client/mysql.hpp"

namespace signup {

/// User names: each belongs to one user.
class user_service final : public User::Service {
public:
  explicit user_service(treaty::client::mysql_options database) : database_{std::move(database)} {}
  /// Refuses a name that is taken: no repetition would change that, so the sign-up is undone.
  grpc::Status Insert(grpc::ServerContext* call, const NewUser* user, Done* nothing) override;
  grpc::Status InsertCompensate(grpc::ServerContext* call, const NewUser* user, Done* nothing) override;

private:
  const treaty::client::mysql_options database_;
};

/// The tags that users have chosen.
class tag_service final : public Tag::Service {
public:
  explicit tag_service(treaty::client::mysql_options database) : database_{std::move(database)} {}
  grpc::Status Choose(grpc::ServerContext* call, const ChosenTag* tag, Done* nothing) override;
  grpc::Status ChooseCompensate(grpc::ServerContext* call, const ChosenTag* tag, Done* nothing) override;

private:
  const treaty::client::mysql_options database_;
};

}  // namespace signup
