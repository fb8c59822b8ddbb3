#include "treaty/client/barrier.hpp"

#include <array>

namespace treaty::client {
namespace {

/// A row of the table, in the order of its columns.
struct barrier_row {
  std::string_view branch_id;
  std::string_view op;
  std::string_view barrier_id;
  std::string_view reason;
};

std::string insert_text(sql_dialect dialect, const std::string& table) {
  const std::string into = table + "(trans_type, gid, branch_id, op, barrier_id, reason) values";
  switch (dialect) {
    case sql_dialect::mysql:
      return "insert ignore into " + into + "(?,?,?,?,?,?)";
    case sql_dialect::postgresql:
      return "insert into " + into + "($1,$2,$3,$4,$5,$6) on conflict on constraint uniq_barrier do nothing";
  }
  return {};
}

std::string select_text(sql_dialect dialect, const std::string& table) {
  const std::string from = "select reason from " + table + " where ";
  switch (dialect) {
    case sql_dialect::mysql:
      return from + "gid=? and branch_id=? and op=? and barrier_id=?";
    case sql_dialect::postgresql:
      return from + "gid=$1 and branch_id=$2 and op=$3 and barrier_id=$4";
  }
  return {};
}

/// Whether the row is new; it is not when the key was there.
result<bool> insert(sql_session& session, const std::string& table, const branch_context& context,
                    const barrier_row& row) {
  const auto inserted = session.execute(insert_text(session.dialect(), table),
                                        {context.trans_type, context.gid, std::string{row.branch_id},
                                         std::string{row.op}, std::string{row.barrier_id}, std::string{row.reason}});
  if (!inserted) return inserted.error();
  return *inserted > 0;
}

enum class verdict : std::uint8_t { run, skip };

/// Writes this call down, and what it undoes, which must come first: then a late action finds its place taken.
result<verdict> judge(sql_session& session, const std::string& table, const branch_context& context,
                      std::string_view id) {
  const std::string_view undone = undone_op(context.op);
  bool nothing_to_undo = false;
  if (!undone.empty()) {
    const auto origin = insert(session, table, context, {context.branch_id, undone, id, context.op});
    if (!origin) return origin.error();
    nothing_to_undo = *origin;
  }
  const auto current = insert(session, table, context, {context.branch_id, context.op, id, context.op});
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
  if (const auto inserted = insert(session, table_, context_, mine); !inserted) return inserted.error();
  const auto found = session.query(select_text(session.dialect(), table_), {context_.gid, "00", "msg", "01"});
  if (!found) return found.error();
  if (found->size() != 1 || found->front().empty()) return unknown("the barrier's row has vanished");
  if (found->front().front() == "rollback") return refused("the local transaction was not committed");
  return {};
}

}  // namespace treaty::client
