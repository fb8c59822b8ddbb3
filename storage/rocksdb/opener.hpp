#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/rocksdb/database.hpp"

namespace treaty {

/// The steps of opening: look before touching, open, check or write the marks of a store of ours.
class opener {
public:
  opener(const rocksdb_options& options, std::shared_ptr<rocksdb::EventListener> listener);
  result<std::unique_ptr<database>> run();

private:
  enum class found : std::uint8_t { nothing, database };

  result<found> inspect_directory() const;
  /// Says whether an older build's timeline is there.
  result<bool> inspect_database() const;
  result<void> inspect_foreign(const std::vector<std::string>& names) const;
  result<void> inspect_logs(const std::vector<std::string>& names) const;
  failure explain(const rocksdb::Status& status) const;
  result<std::unique_ptr<database>> open_database() const;
  result<void> check_marks(const database& db) const;
  result<void> write_marks(const database& db) const;
  failure refuse(errc code, const std::string& why) const;

  const rocksdb_options& options_;
  rocksdb::DBOptions tuned_;
  std::shared_ptr<rocksdb::Cache> cache_;
  bool has_timeline_ = false;
};

}  // namespace treaty
