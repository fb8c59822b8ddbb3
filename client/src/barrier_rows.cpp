#include "client/src/barrier_rows.hpp"

namespace treaty::client {
namespace {

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

}  // namespace

result<bool> insert_barrier_row(sql_session& session, const std::string& table, const branch_context& context,
                                const barrier_row& row) {
  const auto inserted = session.execute(insert_text(session.dialect(), table),
                                        {context.trans_type, context.gid, std::string{row.branch_id},
                                         std::string{row.op}, std::string{row.barrier_id}, std::string{row.reason}});
  if (!inserted) return inserted.error();
  return *inserted > 0;
}

result<std::string> barrier_reason(sql_session& session, const std::string& table, const std::string& gid,
                                   const barrier_row& key) {
  const auto found = session.query(select_text(session.dialect(), table),
                                   {gid, std::string{key.branch_id}, std::string{key.op}, std::string{key.barrier_id}});
  if (!found) return found.error();
  if (found->empty() || found->front().empty()) return std::string{};
  return found->front().front().value_or("");
}

}  // namespace treaty::client
