#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/rocksdb/rocksdb_store.hpp"
#include "storage/store.hpp"
#include "tests/kit/scratch_directory.hpp"

// What the coordinator writes of sagas with two steps and payloads of 200 bytes.
namespace treaty::micro {

inline constexpr std::size_t steps = 2;
inline constexpr std::size_t payload_bytes = 200;

enum class with_history : bool { no, yes };

/// The first write of transaction `number`. Gids are as newGid makes them: nothing of their order is known.
write_set make_creation(std::uint64_t number, record_id row);
std::string make_gid(std::uint64_t number);
/// Its last write, and what the end of such a saga tells: two calls and a decision.
write_set make_finish(const write_set& created, with_history told);

/// `count` of them, from `number` on, which goes on with each.
std::vector<write_set> make_creations(store& store, std::size_t count, std::uint64_t& number);
std::vector<write_set> make_finishes(const std::vector<write_set>& creations, with_history told);
/// False: not every one was committed.
bool commit_all(store& store, const std::vector<write_set>& sets, durability d);

/// A RocksDB store in a directory of its own.
class scratch_store {
public:
  /// Why it does not serve; empty: it does.
  const std::string& complaint() const { return complaint_; }
  store& operator*() const { return *store_; }
  store* operator->() const { return store_.get(); }

  scratch_store() { open(); }
  /// Closes and opens it: what was in memory is in files then.
  void open_again() {
    store_.reset();
    open();
  }

private:
  void open();

  kit::scratch_directory directory_;
  std::unique_ptr<store> store_;
  std::string complaint_;
};

}  // namespace treaty::micro
