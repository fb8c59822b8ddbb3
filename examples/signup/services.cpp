#include "examples/signup/services.hpp"

#include "examples/signup/branch.hpp"

namespace signup {

namespace tc = treaty::client;
using std::to_string;

grpc::Status user_service::Insert(grpc::ServerContext* call, const NewUser* user, Done* /*nothing*/) {
  return behind_barrier(*call, database_, [&](tc::sql_session& session) -> tc::result<void> {
    const auto holder = session.query("select id from users where name = ?", {user->name()});
    if (!holder) return holder.error();
    if (!holder->empty()) return tc::refused("the name " + user->name() + " is taken");
    // Of two at once the second fails here, which says nothing for good: it is called again, and finds the first.
    return change(session, "insert into users (id, name) values (?, ?)", {to_string(user->id()), user->name()});
  });
}

grpc::Status user_service::InsertCompensate(grpc::ServerContext* call, const NewUser* user, Done* /*nothing*/) {
  return behind_barrier(*call, database_, [&](tc::sql_session& session) {
    return change(session, "delete from users where id = ?", {to_string(user->id())});
  });
}

grpc::Status tag_service::Choose(grpc::ServerContext* call, const ChosenTag* tag, Done* /*nothing*/) {
  return behind_barrier(*call, database_, [&](tc::sql_session& session) {
    return change(session, "insert into tags (user_id, tag) values (?, ?)", {to_string(tag->user_id()), tag->tag()});
  });
}

grpc::Status tag_service::ChooseCompensate(grpc::ServerContext* call, const ChosenTag* tag, Done* /*nothing*/) {
  return behind_barrier(*call, database_, [&](tc::sql_session& session) {
    return change(session, "delete from tags where user_id = ? and tag = ?", {to_string(tag->user_id()), tag->tag()});
  });
}

}  // namespace signup
