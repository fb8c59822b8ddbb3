#pragma once

#include <rocksdb/iterator.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "storage/keys.hpp"
#include "storage/rocksdb/database.hpp"
#include "storage/rocksdb/young_records.hpp"

namespace treaty {

/// What part of the time a list is about: from `from` on, and before `before`.
struct list_span {
  time_point from = time_point::min();
  keys::position_parts before{};
};

/// For each class of what has ended: nothing that was created earlier is stored. Walks that end there need not wade
/// through what was removed.
class ended_floors {
public:
  ended_floors() { created_.fill(time_point::min()); }
  time_point of(char class_byte) const { return created_[static_cast<unsigned char>(class_byte)]; }
  void set(char class_byte, time_point created) { created_[static_cast<unsigned char>(class_byte)] = created; }

private:
  std::array<time_point, 256> created_{};
};

/// Entries of lists, newest first.
class entry_walk {
public:
  entry_walk() = default;
  entry_walk(const entry_walk&) = delete;
  entry_walk& operator=(const entry_walk&) = delete;
  virtual ~entry_walk() = default;

  /// False: there is no other entry, or `status` says why not.
  virtual bool has_entry() const = 0;
  virtual void next() = 0;
  virtual result<void> status() const = 0;
  /// Errors: corrupt, naming the key.
  virtual result<keys::position_parts> position() const = 0;
  virtual result<gid> id() const = 0;
};

/// Those of one class that are stored. `how` lives as long as the walk.
class class_walk final : public entry_walk {
public:
  class_walk(const database& db, const rocksdb::ReadOptions& how, const keys::list_class& filed, const list_span& span);

  bool has_entry() const override { return entry_->Valid(); }
  void next() override;
  result<void> status() const override;
  result<keys::position_parts> position() const override;
  result<gid> id() const override;

private:
  family from() const { return is_ended_ ? family::ended : family::open; }

  const bool is_ended_;
  const std::string first_;  // the bounds of the iterator, which keeps views of them
  const std::string behind_;
  const rocksdb::Slice lower_;
  const rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> entry_;
};

/// Those that are not stored yet (young_records.hpp), of any class.
class young_walk final : public entry_walk {
public:
  young_walk(const std::vector<young_entry>& young, const std::vector<keys::list_class>& classes,
             const list_span& span);

  bool has_entry() const override { return at_ < entries_.size(); }
  void next() override { ++at_; }
  result<void> status() const override { return {}; }
  result<keys::position_parts> position() const override { return entries_[at_].position; }
  result<gid> id() const override { return entries_[at_].id; }

private:
  std::vector<young_entry> entries_;
  std::size_t at_ = 0;
};

/// The entries of several classes, newest first.
class list_walk {
public:
  /// Errors of both: corrupt; unavailable.
  static result<list_walk> begin(const database& db, const rocksdb::ReadOptions& how,
                                 const std::vector<keys::list_class>& classes, const list_span& span,
                                 const std::vector<young_entry>& young, const ended_floors& floors);
  result<void> next();

  bool has_entry() const { return !walks_.empty(); }
  const keys::position_parts& position() const { return walks_[newest_].position; }
  result<gid> id() const { return walks_[newest_].walk->id(); }

private:
  struct standing {
    std::unique_ptr<entry_walk> walk;
    keys::position_parts position;
  };
  result<void> add(std::unique_ptr<entry_walk> walk);
  void find_newest();

  std::vector<standing> walks_;  // those that have an entry
  std::size_t newest_ = 0;
};

}  // namespace treaty
