// Records that have no entries in the indexes of unfinished ones: docs/decisions/0013-young-records-are-not-indexed.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "storage/rocksdb/rocksdb_store.hpp"
#include "tests/kit/disk_faults.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/raw_database.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/store_kit.hpp"

namespace treaty {
namespace {

using kit::creation;
using kit::finishing;
using kit::following;
using kit::make_saga;
using kit::moment;

class YoungRecords : public testing::Test {
protected:
  void TearDown() override {
    kit::disk::fail_syncs(0);
    kit::disk::fail_writes(0);
  }
  std::unique_ptr<store> open(std::size_t most) {
    rocksdb_options options;
    options.path = path_;
    options.block_cache_bytes = 1 << 20;
    options.write_buffer_bytes = 1 << 20;
    options.young_records_max = most;
    auto opened = open_rocksdb_store(options);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
    return opened ? *std::move(opened) : nullptr;
  }
  static write_set make(store& kept, const std::string& id) {
    return creation(make_saga(id, 1, 20, moment(0)), kept.next_row());
  }
  static result<void> commit(store& kept, const write_set& set) {
    return kept.commit({&set, 1}, durability::synced).front();
  }

  static std::multiset<std::string> due_gids(const store& kept) {
    std::multiset<std::string> found;
    const auto page = kept.due({.limit = 1000});
    for (const due_entry& one : page->entries) found.insert(one.gid.value);
    return found;
  }
  static std::multiset<std::string> listed_gids(const store& kept, list_query query) {
    std::multiset<std::string> found;
    do {
      auto page = kept.list(query);
      for (const txn_record& one : page->records) found.insert(one.definition->gid.value);
      query.after = std::move(page->next);
    } while (!query.after.empty());
    return found;
  }

  kit::scratch_directory directory_;
  std::string path_ = (directory_.path() / "store").string();
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(YoungRecords, AreFoundByTheNextStart) {
  {
    const auto kept = open(4'096);
    ASSERT_TRUE(commit(*kept, make(*kept, "left")));
    const write_set done = make(*kept, "done");
    ASSERT_TRUE(commit(*kept, done));
    ASSERT_TRUE(commit(*kept, finishing(done, txn_status::succeed, moment(9))));
  }
  for (int start = 0; start < 2; ++start) {
    const auto kept = open(4'096);
    EXPECT_THAT(due_gids(*kept), ElementsAre("left"));
    EXPECT_THAT(listed_gids(*kept, {.status = txn_status::submitted}), ElementsAre("left"));
    EXPECT_THAT(listed_gids(*kept, {}), ElementsAre("done", "left"));
  }
}

TEST_F(YoungRecords, AreListedWhileTheDiskIsFull) {
  const auto kept = open(4'096);
  ASSERT_TRUE(commit(*kept, make(*kept, "before")));
  kit::disk::fail_writes(ENOSPC);
  EXPECT_FALSE(commit(*kept, make(*kept, "lost")));
  EXPECT_THAT(listed_gids(*kept, {.status = txn_status::submitted}), ElementsAre("before"));
}

// A start must not have to look for more of them, however large the batches are in which they come.
TEST_F(YoungRecords, AreFew) {
  constexpr std::size_t batch = 1'000;
  {
    const auto kept = open(100);
    for (int round = 0; round < 3; ++round) {
      std::vector<write_set> sets;
      while (sets.size() < batch)
        sets.push_back(make(*kept, "g" + std::to_string(round) + "-" + std::to_string(sets.size())));
      for (const auto& one : kept->commit(sets, durability::synced)) ASSERT_TRUE(one);
    }
  }
  EXPECT_GE(kit::raw_database{path_}.all("open").size(), 3 * batch - batch - 100);
  EXPECT_EQ(open(100)->due({.limit = 10'000})->entries.size(), 3 * batch);
}

// Lanes take their rows before they write, and one may write so late that its row is among the old ones.
TEST_F(YoungRecords, ARowThatComesLateIsNotForgotten) {
  {
    const auto kept = open(4);
    const write_set late = make(*kept, "late");
    for (int i = 0; i < 50; ++i) {
      const write_set set = make(*kept, "g" + std::to_string(i));
      ASSERT_TRUE(commit(*kept, set));
      ASSERT_TRUE(commit(*kept, finishing(set, txn_status::succeed, moment(9))));
    }
    ASSERT_TRUE(commit(*kept, late));
    EXPECT_THAT(listed_gids(*kept, {.status = txn_status::submitted}), ElementsAre("late"));
  }
  const auto kept = open(4);
  EXPECT_THAT(due_gids(*kept), ElementsAre("late"));
}

/// What a store should hold of one transaction: its last write that is stored.
using model = std::map<std::string, write_set>;

std::multiset<std::string> unfinished(const model& all, std::optional<bool> stuck = std::nullopt) {
  std::multiset<std::string> found;
  for (const auto& [id, last] : all) {
    if (!is_final(last.progress.status) && (!stuck || last.progress.stuck == *stuck)) found.insert(id);
  }
  return found;
}

write_set next_of(const write_set& last, std::mt19937& random) {
  if (random() % 3 == 0) return finishing(last, txn_status::succeed, moment(9));
  write_set next = following(last);
  if (random() % 2 == 0) next.progress.due = moment(1'000 + static_cast<std::int64_t>(random() % 50));
  if (random() % 4 == 0) next.progress.stuck = !last.progress.stuck;
  return next;
}

/// What became of a write whose outcome is unknown.
void learn(const store& kept, model& all, const write_set& tried) {
  const auto stored = kept.load(tried.gid);
  ASSERT_TRUE(stored || stored.error().code == errc::not_found);
  if (stored && stored->progress.revision == tried.progress.revision) all[tried.gid.value] = tried;
}

// Whatever fails and however often it is opened again: what is unfinished has its entries, each once, and nothing else.
TEST_F(YoungRecords, AgreeWithTheirRecordsWhateverHappens) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    path_ = (directory_.path() / ("store" + std::to_string(seed))).string();
    std::mt19937 random{seed};
    model all;
    auto kept = open(random() % 8);
    int made = 0;
    for (int step = 0; step < 150; ++step) {
      const unsigned what = random() % 100;
      std::vector<write_set> sets;
      for (unsigned count = 1 + random() % 3; count > 0; --count) {
        const auto open_ones = unfinished(all);
        if (open_ones.empty() || random() % 2 == 0) {
          sets.push_back(make(*kept, "g" + std::to_string(made++)));
          if (random() % 4 == 0) sets.push_back(next_of(sets.back(), random));
          continue;
        }
        const std::string id = *std::next(open_ones.begin(), static_cast<int>(random() % open_ones.size()));
        const bool is_taken =
            std::any_of(sets.begin(), sets.end(), [&](const write_set& set) { return set.gid.value == id; });
        if (!is_taken) sets.push_back(next_of(all.at(id), random));
      }
      if (what < 2) kit::disk::fail_syncs(ENOSPC);
      if (what == 2 || what == 3) kit::disk::fail_writes(ENOSPC);
      const auto results = kept->commit(sets, durability::synced);
      kit::disk::fail_syncs(0);
      kit::disk::fail_writes(0);
      ASSERT_TRUE(kit::eventually([&] { return kept->health().state == store_state::serving; }));
      for (std::size_t at = 0; at < sets.size(); ++at) {
        if (results[at])
          all[sets[at].gid.value] = sets[at];
        else
          learn(*kept, all, sets[at]);
      }
      if (what < 20) {
        EXPECT_EQ(listed_gids(*kept, {.status = txn_status::submitted, .limit = 1000}), unfinished(all)) << step;
        EXPECT_EQ(listed_gids(*kept, {.status = txn_status::submitted, .stuck = true, .limit = 1000}),
                  unfinished(all, true))
            << step;
      }
      if (what == 98) {
        EXPECT_EQ(due_gids(*kept), unfinished(all)) << step;
      }
      if (what == 99 || what == 2) {
        kept.reset();
        kept = open(random() % 8);
      }
      ASSERT_FALSE(HasFailure()) << "seed " << seed << " step " << step;
    }
    kept.reset();
    kept = open(4'096);
    EXPECT_EQ(due_gids(*kept), unfinished(all));
    EXPECT_EQ(listed_gids(*kept, {.status = txn_status::submitted, .limit = 1000}), unfinished(all));
    EXPECT_EQ(listed_gids(*kept, {.limit = 1000}).size(), all.size());
    for (const auto& [id, last] : all) {
      if (is_final(last.progress.status)) continue;
      ASSERT_TRUE(commit(*kept, finishing(last, txn_status::succeed, moment(9))));
    }
    kept.reset();
    EXPECT_THAT(due_gids(*open(4'096)), IsEmpty());
  }
}

}  // namespace
}  // namespace treaty
