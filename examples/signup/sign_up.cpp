#include "examples/signup/sign_up.hpp"

#include <hiredis/hiredis.h>

#include <memory>
#include <utility>

#include "proto/signup.pb.h"
#include "treaty/client/grpc.hpp"
#include "treaty/client/saga.hpp"

namespace signup {
namespace {

namespace tc = treaty::client;

struct redis_closer {
  void operator()(redisContext* connection) const { redisFree(connection); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

}  // namespace

tc::result<sign_up> sign_ups::begin(const wish& what) {
  const auto id = new_id();
  if (!id) return id.error();
  auto begun = new_gid();
  if (!begun) return begun.error();

  ChosenTag tag;
  tag.set_user_id(*id);
  tag.set_tag(what.tag);
  NewUser user;
  user.set_id(*id);
  user.set_name(what.name);
  tc::saga saga{begun->coordinator, begun->gid, {.wait_result = what.wait}};
  saga.add(url("tag.rpc", "signup.Tag/Choose"), url("tag.rpc", "signup.Tag/ChooseCompensate"), tag.SerializeAsString());
  saga.add(url("user.rpc", "signup.User/Insert"), url("user.rpc", "signup.User/InsertCompensate"),
           user.SerializeAsString());
  const auto submitted = saga.submit();

  sign_up made{*id, begun->gid, what.wait ? outcome::done : outcome::accepted};
  if (submitted) return made;
  switch (submitted.error().code) {
    case tc::errc::refused:
      made.outcome = outcome::refused;
      return made;
    case tc::errc::ongoing:
      made.outcome = outcome::under_way;
      return made;
    case tc::errc::duplicated:
    case tc::errc::invalid_argument:
    case tc::errc::unknown:
      break;
  }
  return tc::unknown("saga " + made.gid + ": " + submitted.error().detail);
}

tc::result<std::int64_t> sign_ups::new_id() const {
  const timeval limit{3, 0};
  const std::unique_ptr<redisContext, redis_closer> connection{
      redisConnectWithTimeout(ids_.host.c_str(), ids_.port, limit)};
  if (connection == nullptr || connection->err != 0) return tc::unknown("no id: Redis is not there");
  redisSetTimeout(connection.get(), limit);
  const std::unique_ptr<redisReply, redis_closer> reply{
      static_cast<redisReply*>(redisCommand(connection.get(), "INCR signup:user"))};
  if (reply == nullptr || reply->type != REDIS_REPLY_INTEGER) return tc::unknown("no id: Redis gave none");
  return std::int64_t{reply->integer};
}

tc::result<sign_ups::gid_of> sign_ups::new_gid() {
  if (const auto last = known()) {
    if (auto gid = last->new_gid()) return gid_of{*last, *std::move(gid)};
  }
  const auto addresses = at_.find("dtmservice");
  if (!addresses) return addresses.error();
  for (const auto& address : *addresses) {
    const auto found = tc::grpc_coordinator(address);
    if (auto gid = found.new_gid()) {
      remember(found);
      return gid_of{found, *std::move(gid)};
    }
  }
  return tc::unknown("no coordinator answers");
}

std::optional<tc::coordinator> sign_ups::known() {
  const std::lock_guard lock{mutex_};
  return known_;
}

void sign_ups::remember(const tc::coordinator& one) {
  const std::lock_guard lock{mutex_};
  known_ = one;
}

std::string sign_ups::url(const std::string& service, const std::string& method) const {
  return "etcd://" + at_.endpoint() + "/" + service + "/" + method;
}

}  // namespace signup
