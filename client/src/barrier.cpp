#include "treaty/client/barrier.hpp"

#include "client/src/barrier_rows.hpp"

namespace treaty::client {
namespace {

enum class verdict : std::uint8_t { run, skip };

/// Writes this call down, and what it undoes, which must come first: then a late action finds its place taken.
result<verdict> judge(sql_session& session, const std::string& table, const branch_context& context,
                      std::string_view id) {
  const std::string_view undone = undone_op(context.op);
  bool nothing_to_undo = false;
  if (!undone.empty()) {
    const auto origin = insert_barrier_row(session, table, context, {context.branch_id, undone, id, context.op});
    if (!origin) return origin.error();
    nothing_to_undo = *origin;
  }
  const auto current = insert_barrier_row(session, table, context, {context.branch_id, context.op, id, context.op});
  if (!current) return current.error();
  if (context.op == "msg" && !*current) {
    return failure{errc::duplicated, "the business of message " + context.gid + " was done or given up before"};
  }
  return nothing_to_undo || !*current ? verdict::skip : verdict::run;
}

/// A transaction on a session that is rolled back unless it was committed.
class local_transaction {
public:
  explicit local_transaction(sql_session& session) : session_{session} {}
  local_transaction(const local_transaction&) = delete;
  local_transaction& operator=(const local_transaction&) = delete;
  ~local_transaction() {
    if (open_) static_cast<void>(session_.execute("rollback"));
  }

  result<void> begin() {
    auto begun = session_.execute("begin");
    if (!begun) return begun.error();
    open_ = true;
    return {};
  }
  result<void> commit() {
    open_ = false;
    auto committed = session_.execute("commit");
    if (!committed) return committed.error();
    return {};
  }

private:
  sql_session& session_;
  bool open_ = false;
};

}  // namespace

std::string_view undone_op(std::string_view op) {
  if (op == "cancel") return "try";
  if (op == "compensate" || op == "rollback") return "action";
  return {};
}

std::string barrier::next_id() {
  ++calls_;
  return (calls_ < 10 ? "0" : "") + std::to_string(calls_);
}

result<void> barrier::call(sql_session& session, const std::function<result<void>()>& business) {
  const std::string id = next_id();
  local_transaction local{session};
  if (auto begun = local.begin(); !begun) return begun;
  const auto judged = judge(session, table_, context_, id);
  if (!judged) return judged.error();
  if (*judged == verdict::run) {
    if (auto done = business(); !done) return done;
  }
  return local.commit();
}

result<void> barrier::query_prepared(sql_session& session) const {
  // Taking the place of the sender's own row waits for a local transaction that holds it, and then keeps all others
  // out.
  const barrier_row mine{"00", "msg", "01", "rollback"};
  if (const auto inserted = insert_barrier_row(session, table_, context_, mine); !inserted) return inserted.error();
  const auto reason = barrier_reason(session, table_, context_.gid, mine);
  if (!reason) return reason.error();
  if (reason->empty()) return unknown("the barrier's row has vanished");
  if (*reason == "rollback") return refused("the local transaction was not committed");
  return {};
}

}  // namespace treaty::client
