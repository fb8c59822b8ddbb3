#include "client/src/xa_session.hpp"

#include <algorithm>

#include "client/src/barrier_rows.hpp"

namespace treaty::client {
namespace {

/// How a kind of database says it; "" where there is nothing to say.
struct xa_texts {
  std::string start;
  std::string end;
  std::string prepare;
  std::string give_up;  // in the first phase
  std::string commit;
  std::string rollback;  // in the second
  std::string list;      // the ids that are prepared, in the last column
};

xa_texts texts_for(sql_dialect dialect, const std::string& id) {
  const std::string quoted = "'" + id + "'";
  switch (dialect) {
    case sql_dialect::mysql:
      return {"xa start " + quoted,
              "xa end " + quoted,
              "xa prepare " + quoted,
              "xa rollback " + quoted,
              "xa commit " + quoted,
              "xa rollback " + quoted,
              "xa recover"};
    case sql_dialect::postgresql:
      return {"begin",
              "",
              "prepare transaction " + quoted,
              "rollback",
              "commit prepared " + quoted,
              "rollback prepared " + quoted,
              "select gid from pg_prepared_xacts"};
  }
  return {};
}

/// The id goes into statements as text: parameters cannot stand there.
result<std::string> id_of(const branch_context& branch) {
  std::string id = branch.gid + "-" + branch.branch_id;
  if (id.find_first_of("'\\\n\r") != std::string::npos) return invalid("an XA branch cannot be named " + id);
  return id;
}

result<void> run(sql_session& session, const std::string& statement) {
  if (statement.empty()) return {};
  const auto ran = session.execute(statement);
  if (!ran) return ran.error();
  return {};
}

/// The first phase writes the key that a rollback writes, too: the one that comes second knows of the other.
result<void> work(sql_session& session, const branch_context& branch,
                  const std::function<result<void>(sql_session&)>& business) {
  const auto fresh =
      insert_barrier_row(session, default_barrier_table, branch, {branch.branch_id, "action", "01", "action"});
  if (!fresh) return fresh.error();
  if (!*fresh) return refused("branch " + branch.branch_id + " was ended before it came");
  return business(session);
}

bool is_gone(const failure& why) {
  return why.detail.find("XAER_NOTA") != std::string::npos || why.detail.find("does not exist") != std::string::npos;
}

/// Whether the database still has the transaction: it also denies knowing one whose connection is just being closed.
bool is_listed(sql_session& session, const xa_texts& texts, const std::string& id) {
  const auto listed = session.query(texts.list);
  return listed && std::any_of(listed->begin(), listed->end(),
                               [&](const sql_row& row) { return !row.empty() && row.back() && *row.back() == id; });
}

}  // namespace

result<void> prepare_xa(const branch_context& branch, const sql_connector& connect,
                        const std::function<result<void>(sql_session&)>& business) {
  const auto id = id_of(branch);
  if (!id) return id.error();
  const auto session = connect();
  if (!session) return session.error();
  const xa_texts texts = texts_for((*session)->dialect(), *id);
  if (auto started = run(**session, texts.start); !started) return started;
  // Whoever throws in here closes the connection, which rolls back.
  auto done = work(**session, branch, business);
  if (auto ended = run(**session, texts.end); !ended && done) done = ended;
  if (done) return run(**session, texts.prepare);
  static_cast<void>(run(**session, texts.give_up));  // closing the connection does the same
  return done;
}

result<void> end_xa(const branch_context& branch, const sql_connector& connect) {
  const auto id = id_of(branch);
  if (!id) return id.error();
  const auto session = connect();
  if (!session) return session.error();
  const xa_texts texts = texts_for((*session)->dialect(), *id);
  const bool is_commit = branch.op == "commit";
  const auto ended = run(**session, is_commit ? texts.commit : texts.rollback);
  if (!ended && !is_gone(ended.error())) return ended;
  if (!ended && is_listed(**session, texts, *id)) return unknown(*id + " still belongs to another connection");
  if (is_commit) return {};
  // Waits while a first phase is still at work, and keeps one out that comes late.
  const auto marked =
      insert_barrier_row(**session, default_barrier_table, branch, {branch.branch_id, "action", "01", "rollback"});
  if (!marked) return marked.error();
  return {};
}

}  // namespace treaty::client
