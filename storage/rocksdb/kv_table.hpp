#pragma once

#include <string>

#include "storage/rocksdb/commit_path.hpp"
#include "storage/rocksdb/database.hpp"
#include "storage/rocksdb/fair_mutex.hpp"
#include "storage/rocksdb/health_monitor.hpp"
#include "storage/store.hpp"

namespace treaty {

/// The family `kv`. Threads: any; writes take the store's write lock, under which their guard is checked.
class kv_table {
public:
  kv_table(database& db, commit_path& writes, health_monitor& monitor, fair_mutex& write_lock)
      : db_{db}, writes_{writes}, monitor_{monitor}, write_lock_{write_lock} {}

  result<void> put(const kv_record& record, std::uint64_t expected);
  result<void> remove(const std::string& category, const std::string& key);
  result<kv_record> load(const std::string& category, const std::string& key) const;
  result<kv_page> list(const kv_query& query) const;

private:
  result<void> check_serving() const;

  database& db_;
  commit_path& writes_;
  health_monitor& monitor_;
  fair_mutex& write_lock_;
};

}  // namespace treaty
