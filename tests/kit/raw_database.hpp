#pragma once

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace treaty::kit {

/// A RocksDB opened behind the store's back, with whatever families it has.
class raw_database {
public:
  explicit raw_database(const std::string& path, std::vector<std::string> extra = {}) {
    std::vector<std::string> names;
    rocksdb::DB::ListColumnFamilies({}, path, &names).PermitUncheckedError();
    if (names.empty()) names = {rocksdb::kDefaultColumnFamilyName};
    names.insert(names.end(), extra.begin(), extra.end());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, path, families, &handles_, &opened);
    EXPECT_TRUE(status.ok()) << status.ToString();
    db_.reset(opened);
  }
  ~raw_database() {
    for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }

  void put(const std::string& family, const std::string& key, const std::string& value) {
    EXPECT_TRUE(db_->Put({}, in(family), key, value).ok());
  }
  std::string get(const std::string& family, const std::string& key) {
    std::string value;
    EXPECT_TRUE(db_->Get({}, in(family), key, &value).ok());
    return value;
  }
  std::map<std::string, std::string> all(const std::string& family) {
    std::map<std::string, std::string> found;
    const std::unique_ptr<rocksdb::Iterator> entry{db_->NewIterator({}, in(family))};
    for (entry->SeekToFirst(); entry->Valid(); entry->Next())
      found[entry->key().ToString()] = entry->value().ToString();
    return found;
  }
  /// As the family `due` must be written: one put for each removal.
  void replace(const std::string& family, const std::string& key, const std::string& value) {
    EXPECT_TRUE(db_->SingleDelete({}, in(family), key).ok());
    put(family, key, value);
  }
  void remove(const std::string& family, const std::string& key) { EXPECT_TRUE(db_->Delete({}, in(family), key).ok()); }
  void drop(const std::string& family) { EXPECT_TRUE(db_->DropColumnFamily(in(family)).ok()); }
  bool has(const std::string& family) const {
    return std::any_of(handles_.begin(), handles_.end(), [&](auto* handle) { return handle->GetName() == family; });
  }
  void compact(const std::string& family) { EXPECT_TRUE(db_->CompactRange({}, in(family), nullptr, nullptr).ok()); }

private:
  rocksdb::ColumnFamilyHandle* in(const std::string& family) {
    for (auto* handle : handles_) {
      if (handle->GetName() == family) return handle;
    }
    ADD_FAILURE() << "no family " << family;
    return handles_.front();
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

}  // namespace treaty::kit
