#pragma once

#include <rocksdb/iterator.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/keys.hpp"
#include "storage/rocksdb/database.hpp"

namespace treaty {

/// What part of the time a list is about: from `from` on, and before `before`.
struct list_span {
  time_point from = time_point::min();
  keys::position_parts before{};
};

/// The entries of one class, newest first. `how` lives as long as the walk.
class class_walk {
public:
  class_walk(const database& db, const rocksdb::ReadOptions& how, const keys::list_class& filed, const list_span& span);

  /// False: there is no other entry, or `status` says why not.
  bool has_entry() const { return entry_->Valid(); }
  void next();
  result<void> status() const;

  /// Errors: corrupt, naming the key.
  result<keys::position_parts> position() const;
  result<gid> id() const;

private:
  family from() const { return is_ended_ ? family::ended : family::open; }

  const bool is_ended_;
  const std::string first_;  // the bounds of the iterator, which keeps views of them
  const std::string behind_;
  const rocksdb::Slice lower_;
  const rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> entry_;
};

/// The entries of several classes, newest first.
class list_walk {
public:
  /// Errors of both: corrupt; unavailable.
  static result<list_walk> begin(const database& db, const rocksdb::ReadOptions& how,
                                 const std::vector<keys::list_class>& classes, const list_span& span);
  result<void> next();

  bool has_entry() const { return !walks_.empty(); }
  const keys::position_parts& position() const { return walks_[newest_].position; }
  result<gid> id() const { return walks_[newest_].walk->id(); }

private:
  struct standing {
    std::unique_ptr<class_walk> walk;
    keys::position_parts position;
  };
  void find_newest();

  std::vector<standing> walks_;  // those that have an entry
  std::size_t newest_ = 0;
};

}  // namespace treaty
