// What storage/store.hpp promises, asked of every implementation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <thread>

#include "storage/memory/memory_store.hpp"
#include "storage/rocksdb/rocksdb_store.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/store_kit.hpp"

namespace treaty {
namespace {

using kit::creation;
using kit::finishing;
using kit::following;
using kit::make_branch;
using kit::make_saga;
using kit::moment;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct store_kind {
  std::string name;
  std::function<std::unique_ptr<store>(const std::string& path)> open;
};

std::unique_ptr<store> open_small_rocksdb(const std::string& path) {
  rocksdb_options options;
  options.path = path;
  options.block_cache_bytes = 1 << 20;
  options.write_buffer_bytes = 1 << 20;  // flushes and compactions happen within a test
  auto opened = open_rocksdb_store(options);
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
  return opened ? *std::move(opened) : nullptr;
}

void expect_same(const txn_record& found, const txn_record& wanted) {
  EXPECT_EQ(found.row, wanted.row);
  EXPECT_EQ(*found.definition, *wanted.definition);
  EXPECT_EQ(found.progress, wanted.progress);
  ASSERT_EQ(found.branches.size(), wanted.branches.size());
  for (std::size_t i = 0; i < found.branches.size(); ++i) EXPECT_EQ(*found.branches[i], *wanted.branches[i]);
}

class StoreContract : public testing::TestWithParam<store_kind> {
protected:
  void SetUp() override {
    store_ = GetParam().open((directory_.path() / "store").string());
    ASSERT_NE(store_, nullptr);
  }

  std::vector<result<void>> commit_all(const std::vector<write_set>& sets, durability d = durability::synced) {
    return store_->commit(sets, d);
  }
  result<void> commit(const write_set& set) { return commit_all({set}).front(); }
  void must_commit(const write_set& set) {
    const auto stored = commit(set);
    ASSERT_TRUE(stored) << stored.error().detail;
  }
  write_set make_creation(const std::string& id, time_point created = moment(0)) {
    return creation(make_saga(id, 2, 20, created), store_->next_row());
  }
  /// The creation of one whose legs are the branches that clients register.
  write_set make_creation_of(trans_type type, const std::string& id, time_point created = moment(0)) {
    auto definition = std::make_shared<txn_definition>();
    definition->gid = gid{id};
    definition->type = type;
    definition->create_time = created;
    return creation(definition, store_->next_row());
  }
  static write_set with_branches(write_set set, std::vector<std::shared_ptr<const registered_branch>> branches) {
    set.new_branches = std::move(branches);
    set.progress.legs.resize(set.first_new_branch + set.new_branches.size());
    return set;
  }
  write_set created(const std::string& id, time_point at = moment(0)) {
    write_set set = make_creation(id, at);
    must_commit(set);
    return set;
  }
  write_set finished(const std::string& id, time_point at, time_point end) {
    const write_set set = finishing(created(id, at), txn_status::succeed, end);
    must_commit(set);
    return set;
  }
  std::vector<std::string> list_gids(list_query query) {
    std::vector<std::string> gids;
    do {
      const auto page = store_->list(query);
      EXPECT_TRUE(page);
      if (!page) break;
      for (const txn_record& record : page->records) gids.push_back(record.definition->gid.value);
      query.after = page->next;
    } while (!query.after.empty());
    return gids;
  }
  std::vector<due_entry> all_due(due_query query = {}) {
    std::vector<due_entry> entries;
    do {
      const auto page = store_->due(query);
      EXPECT_TRUE(page);
      if (!page) break;
      entries.insert(entries.end(), page->entries.begin(), page->entries.end());
      query.after = page->next;
    } while (!query.after.empty());
    return entries;
  }

  kit::scratch_directory directory_;
  std::unique_ptr<store> store_;
};

TEST_P(StoreContract, HandsOutRowsThatGrow) {
  const record_id first = store_->next_row();
  EXPECT_GT(first, 0U);
  EXPECT_GT(store_->next_row(), first);
}

TEST_P(StoreContract, GivesBackWhatWasStored) {
  const write_set set = created("g1");
  const auto found = store_->load(gid{"g1"});
  ASSERT_TRUE(found);
  expect_same(*found, kit::after_all({set}));
}

TEST_P(StoreContract, KnowsNothingOfAnUnstoredGid) {
  EXPECT_EQ(store_->load(gid{"nobody"}).error().code, errc::not_found);
  EXPECT_EQ(store_->load(gid{""}).error().code, errc::not_found);
  EXPECT_EQ(store_->load(gid{std::string(10'000, 'g')}).error().code, errc::not_found);
}

TEST_P(StoreContract, RefusesASecondCreationOfAGid) {
  const write_set first = created("g1");
  const write_set second = make_creation("g1");
  EXPECT_EQ(commit(second).error().code, errc::conflict);
  expect_same(*store_->load(gid{"g1"}), kit::after_all({first}));
  EXPECT_EQ(all_due().size(), 1U);
}

TEST_P(StoreContract, RefusesAnUpdateOfAnOldRevision) {
  const write_set first = created("g1");
  const write_set second = following(first);
  must_commit(second);
  EXPECT_EQ(commit(following(first)).error().code, errc::conflict);
  expect_same(*store_->load(gid{"g1"}), kit::after_all({first, second}));
}

TEST_P(StoreContract, RefusesAnUpdateOfWhatWasNeverCreated) {
  EXPECT_EQ(commit(following(make_creation("g1"))).error().code, errc::conflict);
  EXPECT_EQ(store_->load(gid{"g1"}).error().code, errc::not_found);
  EXPECT_THAT(all_due(), IsEmpty());
}

// One bad set must not cost the hundreds of others that share its sync.
TEST_P(StoreContract, LeavesOutOnlyTheSetThatConflicts) {
  const write_set old = created("old");
  const std::vector<write_set> sets{make_creation("a"), make_creation("old"), make_creation("b"), following(old)};
  const auto results = commit_all(sets);
  ASSERT_EQ(results.size(), 4U);
  EXPECT_TRUE(results[0]);
  EXPECT_EQ(results[1].error().code, errc::conflict);
  EXPECT_TRUE(results[2]);
  EXPECT_TRUE(results[3]);
  EXPECT_TRUE(store_->load(gid{"a"}));
  EXPECT_TRUE(store_->load(gid{"b"}));
  EXPECT_EQ(store_->load(gid{"old"})->progress.revision, 2U);
  EXPECT_EQ(store_->load(gid{"old"})->row, old.row);
}

// A transaction may be created and finished while one sync is under way: both wait for the next.
TEST_P(StoreContract, BuildsSetsOfOneGidInOneCallOnEachOther) {
  const write_set first = make_creation("g1");
  const write_set second = following(first);
  const write_set third = finishing(second, txn_status::failed, moment(70));
  for (const auto& one : commit_all({first, second, third})) EXPECT_TRUE(one);
  expect_same(*store_->load(gid{"g1"}), kit::after_all({first, second, third}));
  EXPECT_THAT(all_due(), IsEmpty());
  EXPECT_THAT(list_gids({.status = txn_status::failed}), ElementsAre("g1"));
}

TEST_P(StoreContract, ChecksGuardsAgainstEarlierSetsOfTheSameCall) {
  const write_set first = make_creation("g1");
  const auto results = commit_all({first, make_creation("g1"), following(first), following(first)});
  EXPECT_TRUE(results[0]);
  EXPECT_EQ(results[1].error().code, errc::conflict);
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(results[3].error().code, errc::conflict);
  EXPECT_EQ(store_->load(gid{"g1"})->progress.revision, 2U);
  EXPECT_EQ(store_->load(gid{"g1"})->row, first.row);
}

TEST_P(StoreContract, AnswersAnEmptyCallWithNothing) {
  EXPECT_THAT(commit_all({}), IsEmpty());
}

TEST_P(StoreContract, ReplacesTheDefinitionThatASubmitBrings) {
  const write_set first = make_creation_of(trans_type::msg, "g1");
  must_commit(first);
  write_set second = following(first);
  auto submitted = std::make_shared<txn_definition>(*make_saga("g1", 3, 8, moment(0)));
  submitted->type = trans_type::msg;
  second.definition = submitted;
  second.progress.legs.resize(3);
  must_commit(second);
  expect_same(*store_->load(gid{"g1"}), kit::after_all({first, second}));
}

TEST_P(StoreContract, AppendsBranchesInOrder) {
  const write_set first = make_creation_of(trans_type::tcc, "g1");
  const write_set second = with_branches(following(first), {make_branch("01"), make_branch("02")});
  const write_set third = with_branches(following(second), {make_branch("03", std::string(1000, '\0'))});
  must_commit(first);
  for (const auto& one : commit_all({second, third})) EXPECT_TRUE(one);
  expect_same(*store_->load(gid{"g1"}), kit::after_all({first, second, third}));
}

TEST_P(StoreContract, KeepsBytesOfAnySizeAsTheyWere) {
  auto definition = std::make_shared<txn_definition>(*make_saga("g1", 3, 0, moment(0)));
  definition->payloads[1] = std::string(1 << 20, '\xff');
  definition->payloads[2] = std::string("\0\x80 not utf-8 \xc3", 15);
  definition->custom_data = std::string("{\"orders\":\0}", 12);
  const write_set set = creation(definition, store_->next_row());
  must_commit(set);
  expect_same(*store_->load(gid{"g1"}), kit::after_all({set}));
}

TEST_P(StoreContract, StoresTheLongestGidAndRefusesALongerOne) {
  const std::string longest(gid_length_max, 'g');
  created(longest);
  EXPECT_EQ(store_->load(gid{longest})->definition->gid.value, longest);
  const auto results = commit_all({make_creation("before"), make_creation(longest + "g"), make_creation("")});
  EXPECT_TRUE(results[0]);
  EXPECT_EQ(results[1].error().code, errc::invalid_argument);
  EXPECT_EQ(results[2].error().code, errc::invalid_argument);
  EXPECT_EQ(list_gids({}).size(), 2U);
}

TEST_P(StoreContract, RefusesSetsThatDoNotFitTogether) {
  write_set no_definition = make_creation("g1");
  no_definition.definition = nullptr;
  write_set skips = make_creation("g2");
  skips.progress.revision = 2;
  write_set other = make_creation("g3");
  other.gid = gid{"g4"};
  for (const auto& one : commit_all({no_definition, skips, other})) EXPECT_EQ(one.error().code, errc::invalid_argument);
  EXPECT_THAT(list_gids({}), IsEmpty());
}

TEST_P(StoreContract, MovesTheDueEntryWithTheRecord) {
  write_set set = created("g1");
  const shard_id shard = shard_of(gid{"g1"});
  EXPECT_THAT(all_due(), ElementsAre(due_entry{shard, set.progress.due, set.row, moment(0), gid{"g1"}}));
  const write_set kept = following(set);
  must_commit(kept);
  EXPECT_THAT(all_due(), ElementsAre(due_entry{shard, set.progress.due, set.row, moment(0), gid{"g1"}}));
  write_set moved = following(kept);
  moved.progress.due = moment(9000);
  must_commit(moved);
  EXPECT_THAT(all_due(), ElementsAre(due_entry{shard, moment(9000), set.row, moment(0), gid{"g1"}}));
  write_set back = following(moved);
  back.progress.due = set.progress.due;
  must_commit(back);
  EXPECT_THAT(all_due(), ElementsAre(due_entry{shard, set.progress.due, set.row, moment(0), gid{"g1"}}));
  must_commit(finishing(back, txn_status::succeed, moment(9500)));
  EXPECT_THAT(all_due(), IsEmpty());
}

TEST_P(StoreContract, PagesThroughWhatIsDueByShardAndTime) {
  for (int i = 0; i < 50; ++i) created("g" + std::to_string(i), moment(1000 - i));
  const auto everything = all_due({.limit = 7});
  ASSERT_EQ(everything.size(), 50U);
  for (std::size_t i = 1; i < everything.size(); ++i) {
    EXPECT_LE(std::pair(everything[i - 1].shard, everything[i - 1].due),
              std::pair(everything[i].shard, everything[i].due));
  }
  EXPECT_EQ(all_due({.limit = 50}), everything);
  const shard_id middle = everything[25].shard;
  auto low = all_due({.first = 0, .last = middle, .limit = 3});
  const auto high = all_due({.first = static_cast<shard_id>(middle + 1), .limit = 3});
  low.insert(low.end(), high.begin(), high.end());
  EXPECT_EQ(low, everything);
}

TEST_P(StoreContract, ListsNewestFirst) {
  created("b", moment(20));
  created("c", moment(30));
  created("a", moment(10));
  EXPECT_THAT(list_gids({}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(list_gids({.limit = 1}), ElementsAre("c", "b", "a"));
}

TEST_P(StoreContract, ListsByStatusTypeAndTime) {
  created("open", moment(10));
  finished("done", moment(20), moment(25));
  const write_set tcc = make_creation_of(trans_type::tcc, "tcc", moment(30));
  must_commit(tcc);
  must_commit(finishing(tcc, txn_status::failed, moment(35)));

  EXPECT_THAT(list_gids({.status = txn_status::submitted}), ElementsAre("open"));
  EXPECT_THAT(list_gids({.status = txn_status::succeed}), ElementsAre("done"));
  EXPECT_THAT(list_gids({.status = txn_status::failed, .limit = 1}), ElementsAre("tcc"));
  EXPECT_THAT(list_gids({.status = txn_status::failed, .type = trans_type::saga}), IsEmpty());
  EXPECT_THAT(list_gids({.type = trans_type::saga}), ElementsAre("done", "open"));
  EXPECT_THAT(list_gids({.created_from = moment(20)}), ElementsAre("tcc", "done"));
  EXPECT_THAT(list_gids({.created_to = moment(20)}), ElementsAre("done", "open"));
  EXPECT_THAT(list_gids({.created_from = moment(20), .created_to = moment(20)}), ElementsAre("done"));
  EXPECT_THAT(list_gids({.created_from = moment(21), .created_to = moment(29)}), IsEmpty());
}

// An operator who turns pages while traffic goes on must see each older transaction once.
TEST_P(StoreContract, KeepsPagesStableWhileNewOnesArrive) {
  for (int i = 0; i < 10; ++i) created("old" + std::to_string(i), moment(i));
  std::vector<std::string> seen;
  list_query query{.limit = 3};
  for (int page_number = 0; page_number == 0 || !query.after.empty(); ++page_number) {
    const auto page = store_->list(query);
    ASSERT_TRUE(page);
    for (const txn_record& record : page->records) seen.push_back(record.definition->gid.value);
    query.after = page->next;
    created("new" + std::to_string(page_number), moment(100 + page_number));
  }
  EXPECT_THAT(seen, ElementsAre("old9", "old8", "old7", "old6", "old5", "old4", "old3", "old2", "old1", "old0"));
}

TEST_P(StoreContract, EndsAPageThatIsExactlyFull) {
  for (int i = 0; i < 4; ++i) created("g" + std::to_string(i), moment(i));
  const auto page = store_->list({.limit = 4});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->records.size(), 4U);
  EXPECT_EQ(page->next, "");
}

TEST_P(StoreContract, RefusesPositionsThatNoPageGaveOut) {
  for (const char* const position : {"2", "xyz", "g", "0011", "ABCDEF0123456789ABCDEF0123456789"}) {
    EXPECT_EQ(store_->list({.after = position}).error().code, errc::invalid_argument) << position;
    EXPECT_EQ(store_->due({.after = position}).error().code, errc::invalid_argument) << position;
  }
  EXPECT_EQ(store_->list({.limit = 0}).error().code, errc::invalid_argument);
  EXPECT_EQ(store_->due({.limit = 0}).error().code, errc::invalid_argument);
}

TEST_P(StoreContract, ExpiresOnlyWhatFinishedBefore) {
  finished("early", moment(0), moment(100));
  finished("exactly", moment(1), moment(200));
  finished("late", moment(2), moment(300));
  created("open", moment(3));
  EXPECT_EQ(*store_->expire(moment(200), 100), 1U);
  EXPECT_EQ(store_->load(gid{"early"}).error().code, errc::not_found);
  EXPECT_THAT(list_gids({}), ElementsAre("open", "late", "exactly"));
  EXPECT_EQ(*store_->expire(moment(100'000), 100), 2U);
  EXPECT_THAT(list_gids({}), ElementsAre("open"));
  EXPECT_TRUE(store_->load(gid{"open"}));
  EXPECT_EQ(all_due().size(), 1U);
  EXPECT_EQ(store_->figures().records_expired, 3U);
}

TEST_P(StoreContract, ExpiresNoMoreThanAsked) {
  for (int i = 0; i < 10; ++i) finished("g" + std::to_string(i), moment(i), moment(50));
  EXPECT_EQ(*store_->expire(moment(1000), 4), 4U);
  EXPECT_EQ(list_gids({}).size(), 6U);
  EXPECT_EQ(*store_->expire(moment(1000), 0), 0U);
  EXPECT_EQ(*store_->expire(moment(1000), 100), 6U);
  EXPECT_EQ(*store_->expire(moment(1000), 100), 0U);
  EXPECT_THAT(list_gids({}), IsEmpty());
}

// Expiry that has walked past an old unfinished transaction must come back for it.
TEST_P(StoreContract, ExpiresWhatFinishesAfterTheWalkHasPassedIt) {
  const write_set slow = created("slow", moment(0));
  for (int i = 1; i <= 6; ++i) finished("g" + std::to_string(i), moment(i), moment(50));
  EXPECT_EQ(*store_->expire(moment(1000), 3), 3U);
  must_commit(finishing(slow, txn_status::succeed, moment(60)));
  finished("older still", moment(-5), moment(55));
  EXPECT_EQ(*store_->expire(moment(1000), 100), 5U);
  EXPECT_THAT(list_gids({}), IsEmpty());
}

// What was created before all that has expired, and ended just now, is there for every list.
TEST_P(StoreContract, ListsWhatEndedLateBehindWhatExpired) {
  const write_set slow = created("slow", moment(0));
  const write_set slower = created("slower", moment(1));
  for (int i = 2; i <= 6; ++i) finished("g" + std::to_string(i), moment(i), moment(50));
  finished("kept", moment(7), moment(3000));
  EXPECT_EQ(*store_->expire(moment(1000), 100), 5U);
  EXPECT_THAT(list_gids({.created_to = moment(6)}), ElementsAre("slower", "slow"));
  must_commit(finishing(slow, txn_status::succeed, moment(2000)));
  EXPECT_THAT(list_gids({.status = txn_status::succeed}), ElementsAre("kept", "slow"));
  EXPECT_THAT(list_gids({.created_to = moment(3)}), ElementsAre("slower", "slow"));
  EXPECT_EQ(*store_->expire(moment(1000), 100), 0U);
  EXPECT_THAT(list_gids({}), ElementsAre("kept", "slower", "slow"));
  EXPECT_EQ(*store_->expire(moment(2500), 100), 1U);
  must_commit(finishing(slower, txn_status::succeed, moment(2600)));
  EXPECT_THAT(list_gids({}), ElementsAre("kept", "slower"));
}

TEST_P(StoreContract, FreesTheGidOfWhatExpired) {
  const write_set old = finished("g1", moment(0), moment(10));
  EXPECT_EQ(*store_->expire(moment(1000), 10), 1U);
  const write_set fresh = created("g1", moment(2000));
  EXPECT_NE(fresh.row, old.row);
  expect_same(*store_->load(gid{"g1"}), kit::after_all({fresh}));
  EXPECT_EQ(commit(following(old)).error().code, errc::conflict);  // an owner that slept through it all
}

// Long runs go as ranges: nothing beside them may go with them.
TEST_P(StoreContract, ExpiresLongRunsAndNothingBesideThem) {
  constexpr int count = 1000;
  const std::set<int> open{0, 77, 500, 501, 999};
  std::vector<write_set> sets;
  for (int i = 0; i < count; ++i) {
    sets.push_back(with_branches(make_creation_of(trans_type::tcc, "g" + std::to_string(i), moment(i)),
                                 {make_branch("01"), make_branch("02")}));
    if (!open.contains(i)) sets.push_back(finishing(sets.back(), txn_status::succeed, moment(i + 1)));
  }
  for (const auto& one : commit_all(sets)) ASSERT_TRUE(one);
  EXPECT_EQ(*store_->expire(moment(100'000), 2000), count - open.size());
  EXPECT_THAT(list_gids({}), ElementsAre("g999", "g501", "g500", "g77", "g0"));
  for (const int i : open) EXPECT_EQ(store_->load(gid{"g" + std::to_string(i)})->branches.size(), 2U);
  EXPECT_EQ(all_due().size(), open.size());
}

/// A page with one entry that says which page it was.
history_page make_page(std::uint32_t number, std::uint32_t slot) {
  history_page page{number, slot, number % 3, {}};
  page.entries.push_back({.at = moment(number), .outcome = call_outcome::success, .text = std::to_string(number)});
  return page;
}

TEST_P(StoreContract, TellsTheHistoryOfATransactionInTheOrderInWhichItHappened) {
  write_set set = make_creation("g1");
  set.history = make_page(0, 0);
  must_commit(set);
  set = following(set);
  must_commit(set);  // with nothing to tell
  set = following(set);
  set.history = make_page(1, 7);
  must_commit(set);
  set = finishing(set, txn_status::succeed, moment(50));
  set.history = make_page(2, 3);
  must_commit(set);
  EXPECT_THAT(*store_->load_history(gid{"g1"}), ElementsAre(make_page(0, 0), make_page(1, 7), make_page(2, 3)));
}

TEST_P(StoreContract, KnowsNoHistoryOfAnUnstoredGidAndAnEmptyOneOfAFreshOne) {
  EXPECT_EQ(store_->load_history(gid{"nobody"}).error().code, errc::not_found);
  EXPECT_EQ(store_->load_history(gid{""}).error().code, errc::not_found);
  created("g1");
  EXPECT_THAT(*store_->load_history(gid{"g1"}), IsEmpty());
}

// Its slots bound what a transaction that is retried for weeks can fill.
TEST_P(StoreContract, KeepsTheNewestPageOfEachSlot) {
  write_set set = created("g1");
  for (std::uint32_t number = 0; number < 100; ++number) {
    set = following(set);
    set.history = make_page(number, history_slot(number, 4));
    must_commit(set);
  }
  EXPECT_THAT(*store_->load_history(gid{"g1"}),
              ElementsAre(make_page(0, 0), make_page(97, 1), make_page(98, 2), make_page(99, 3)));
}

// An answer that comes late, or an operator, may add to what has ended; together with the end or long after it.
TEST_P(StoreContract, KeepsThePageOfTheEndWhenMoreIsToldAfterIt) {
  for (const bool together : {true, false}) {
    const std::string id = together ? "g1" : "g2";
    std::vector<write_set> sets{make_creation(id)};
    sets.back().history = make_page(0, 0);
    const auto add = [&](write_set next, std::uint32_t number, std::uint32_t slot) {
      next.history = make_page(number, slot);
      sets.push_back(std::move(next));
    };
    add(finishing(sets.back(), txn_status::succeed, moment(50)), 1, 1);
    add(following(sets.back()), 2, 2);
    sets.push_back(following(sets.back()));
    sets.back().history = {};           // nothing to tell
    add(following(sets.back()), 3, 1);  // in the slot of the end's page
    if (together) {
      for (const auto& one : commit_all(sets)) ASSERT_TRUE(one);
    } else {
      for (const write_set& set : sets) must_commit(set);
    }
    EXPECT_THAT(*store_->load_history(gid{id}), ElementsAre(make_page(0, 0), make_page(2, 2), make_page(3, 1))) << id;
  }
}

TEST_P(StoreContract, KeepsEachTransactionsHistoryApart) {
  std::vector<write_set> sets;
  for (std::uint32_t i = 0; i < 20; ++i) {
    sets.push_back(make_creation("g" + std::to_string(i), moment(i)));
    sets.back().history = make_page(i, i % 2);
  }
  for (const auto& one : commit_all(sets)) ASSERT_TRUE(one);
  for (std::uint32_t i = 0; i < 20; ++i) {
    EXPECT_THAT(*store_->load_history(gid{"g" + std::to_string(i)}), ElementsAre(make_page(i, i % 2)));
  }
}

TEST_P(StoreContract, WritesNoHistoryForASetWhoseGuardDoesNotHold) {
  created("g1");
  write_set late = make_creation("g1");
  late.history = make_page(0, 0);
  EXPECT_EQ(commit(late).error().code, errc::conflict);
  EXPECT_THAT(*store_->load_history(gid{"g1"}), IsEmpty());
}

// A gid is free again after its end: the next one to use it must not inherit what happened to somebody else.
TEST_P(StoreContract, ForgetsTheHistoryWithTheRecord) {
  constexpr std::uint32_t count = 300;  // a run that goes as a range, and the single ones around it
  std::vector<write_set> sets;
  for (std::uint32_t i = 0; i < count; ++i) {
    sets.push_back(make_creation("g" + std::to_string(i), moment(i)));
    sets.back().history = make_page(0, 0);
    if (i % 100 == 99) continue;
    sets.push_back(finishing(sets.back(), txn_status::succeed, moment(i + 1)));
    sets.back().history = make_page(1, 1);
  }
  for (const auto& one : commit_all(sets)) ASSERT_TRUE(one);
  EXPECT_EQ(*store_->expire(moment(100'000), 1000), count - 3);
  EXPECT_EQ(store_->load_history(gid{"g0"}).error().code, errc::not_found);
  for (const char* const open : {"g99", "g199", "g299"}) {
    EXPECT_THAT(*store_->load_history(gid{open}), ElementsAre(make_page(0, 0)));
  }
  created("g0", moment(2000));
  EXPECT_THAT(*store_->load_history(gid{"g0"}), IsEmpty());
}

// Whether something is stuck can be asked of both indexes, without a look at the records.
TEST_P(StoreContract, SaysWhatIsStuckWhereverTheDueMomentIs) {
  write_set set = created("g1");
  const auto due_says = [&] {
    const auto entries = all_due();
    EXPECT_EQ(entries.size(), 1U);
    if (entries.empty()) return std::pair{time_point{}, false};
    return std::pair{entries[0].due, entries[0].stuck};
  };
  EXPECT_EQ(due_says(), std::pair(set.progress.due, false));
  for (int round = 0; round < 3; ++round) {
    set = following(set);  // the due moment stays
    set.progress.stuck = true;
    must_commit(set);
    EXPECT_EQ(due_says(), std::pair(set.progress.due, true));
    EXPECT_THAT(list_gids({.stuck = true}), ElementsAre("g1"));
    EXPECT_THAT(list_gids({.stuck = false}), IsEmpty());
    set = following(set);  // it moves, and stuck stays
    set.progress.due += std::chrono::seconds{1};
    must_commit(set);
    EXPECT_EQ(due_says(), std::pair(set.progress.due, true));
    set = following(set);  // both change
    set.progress.due += std::chrono::seconds{1};
    set.progress.stuck = false;
    must_commit(set);
    EXPECT_EQ(due_says(), std::pair(set.progress.due, false));
    EXPECT_THAT(list_gids({.stuck = true}), IsEmpty());
    EXPECT_THAT(list_gids({.stuck = false}), ElementsAre("g1"));
  }
  set = following(set);
  set.progress.stuck = true;
  must_commit(set);
  EXPECT_EQ(store_->load(gid{"g1"})->progress, set.progress);
  set = finishing(set, txn_status::failed, moment(9500));
  set.progress.stuck = false;
  must_commit(set);
  EXPECT_THAT(list_gids({.stuck = true}), IsEmpty());
}

// A transaction may get stuck and recover while one sync is under way.
TEST_P(StoreContract, BuildsChangesOfStuckInOneCallOnEachOther) {
  const write_set first = make_creation("g1");
  write_set second = following(first);
  second.progress.stuck = true;
  write_set third = following(second);
  third.progress.stuck = false;
  write_set fourth = following(third);
  fourth.progress.stuck = true;
  for (const auto& one : commit_all({first, second, third, fourth})) EXPECT_TRUE(one);
  ASSERT_EQ(all_due().size(), 1U);
  EXPECT_TRUE(all_due()[0].stuck);
  EXPECT_TRUE(store_->load(gid{"g1"})->progress.stuck);
  must_commit(finishing(fourth, txn_status::failed, moment(70)));
  EXPECT_THAT(all_due(), IsEmpty());
}

TEST_P(StoreContract, ListsByTheBeginningOfTheGid) {
  created("order-1", moment(10));
  created("order-22", moment(20));
  created("payment-1", moment(30));
  created("order", moment(40));
  EXPECT_THAT(list_gids({.gid_prefix = "order-"}), ElementsAre("order-22", "order-1"));
  EXPECT_THAT(list_gids({.gid_prefix = "order", .limit = 1}), ElementsAre("order", "order-22", "order-1"));
  EXPECT_THAT(list_gids({.created_from = moment(20), .gid_prefix = "order"}), ElementsAre("order", "order-22"));
  EXPECT_THAT(list_gids({.gid_prefix = "Order"}), IsEmpty());
  EXPECT_THAT(list_gids({.gid_prefix = std::string(10'000, 'o')}), IsEmpty());
}

/// One of each kind that a list can ask for: every status, type and stuck, at several times, under two beginnings.
std::vector<txn_record> fill_with_all_kinds(store& kept) {
  std::vector<write_set> sets;
  std::vector<txn_record> stored;
  for (const txn_status status : all_txn_statuses) {
    for (const trans_type type : all_trans_types) {
      for (const bool stuck : {false, true}) {
        const std::size_t number = stored.size();
        auto definition = std::make_shared<txn_definition>();
        definition->gid = gid{(number % 3 == 0 ? "order-" : "payment-") + std::to_string(number)};
        definition->type = type;
        definition->query_prepared = number % 4 == 0 ? "http://bank:8080/query" : "http://shop:80/query";
        definition->create_time = moment(static_cast<std::int64_t>(number * 37 % 50));
        std::vector<write_set> life{creation(definition, kept.next_row())};
        life[0].progress.status = txn_status::prepared;
        life.push_back(is_final(status) ? finishing(life[0], status, moment(1000)) : following(life[0]));
        life[1].progress.status = status;
        life[1].progress.stuck = stuck;
        stored.push_back(kit::after_all(life));
        sets.insert(sets.end(), life.begin(), life.end());
      }
    }
  }
  for (const auto& one : kept.commit(sets, durability::synced)) EXPECT_TRUE(one);
  return stored;
}

template <class T>
std::vector<std::optional<T>> any_or(const auto& values) {
  std::vector<std::optional<T>> all{std::nullopt};
  all.insert(all.end(), values.begin(), values.end());
  return all;
}

std::vector<list_query> all_list_queries() {
  std::vector<list_query> queries;
  for (const auto status : any_or<txn_status>(all_txn_statuses)) {
    for (const auto type : any_or<trans_type>(all_trans_types)) {
      for (const auto stuck : any_or<bool>(std::array{false, true})) {
        for (const int span : {0, 1, 2}) {
          for (const char* const prefix : {"", "order-", "p", "none"}) {
            list_query query{.status = status, .type = type, .gid_prefix = prefix, .stuck = stuck};
            if (span > 0) query.created_from = moment(10);
            if (span > 1) query.created_to = moment(30);
            queries.push_back(query);
          }
        }
      }
    }
  }
  return queries;
}

/// What a list must hold, found in the plainest way.
std::vector<std::string> expected_gids(std::vector<txn_record> stored, const list_query& query) {
  std::sort(stored.begin(), stored.end(), [](const txn_record& left, const txn_record& right) {
    return std::pair(left.definition->create_time, left.row) > std::pair(right.definition->create_time, right.row);
  });
  std::vector<std::string> gids;
  for (const txn_record& one : stored) {
    const txn_definition& is = *one.definition;
    const bool wanted = (!query.status || *query.status == one.progress.status) &&
                        (!query.type || *query.type == is.type) &&
                        (!query.stuck || *query.stuck == one.progress.stuck) &&
                        (!is_set(query.created_from) || is.create_time >= query.created_from) &&
                        (!is_set(query.created_to) || is.create_time <= query.created_to) &&
                        is.gid.value.starts_with(query.gid_prefix) &&
                        (query.destination.empty() || is.query_prepared.find(query.destination) != std::string::npos);
    if (wanted) gids.push_back(is.gid.value);
  }
  return gids;
}

// Filters are answered from several indexes: each must give the same list as a look at every record would.
TEST_P(StoreContract, ListsEveryCombinationOfFilters) {
  const auto stored = fill_with_all_kinds(*store_);
  std::size_t number = 0;
  for (list_query query : all_list_queries()) {
    query.limit = 1 + number % 7;
    if (number++ % 5 == 0) query.destination = "bank:8080";
    ASSERT_EQ(list_gids(query), expected_gids(stored, query))
        << (query.status ? to_string(*query.status) : "any status") << ' '
        << (query.type ? to_string(*query.type) : "any type") << ' ' << query.gid_prefix << ' '
        << (query.stuck ? (*query.stuck ? "stuck" : "not stuck") : "") << (is_set(query.created_from) ? " from" : "")
        << (is_set(query.created_to) ? " to" : "") << ", " << query.destination << " by " << query.limit;
  }
}

// To put a million in order of time means to look at all of them; an operator who types "o" does not wait for that.
TEST_P(StoreContract, ListsGidsThatBeginAlikeByGidWhenTheyAreMany) {
  constexpr std::size_t many = 10'001;
  std::vector<write_set> sets;
  for (std::size_t i = 0; i < many; ++i) {  // the order of the gids is not that of time
    const std::string id = "order-" + std::to_string(100'000 + i * 7'919 % many);
    sets.push_back(make_creation(id, moment(static_cast<std::int64_t>(i))));
  }
  sets.push_back(make_creation("other", moment(5)));
  for (const auto& one : commit_all(sets)) ASSERT_TRUE(one);
  must_commit(finishing(sets[3], txn_status::failed, moment(90'000)));
  must_commit(finishing(sets[7], txn_status::failed, moment(90'000)));

  const auto by_gid = list_gids({.gid_prefix = "order-", .limit = 1'000});
  EXPECT_EQ(by_gid.size(), many);
  EXPECT_TRUE(std::is_sorted(by_gid.begin(), by_gid.end()));
  const auto of_one_place = list_gids({.gid_prefix = "order-", .destination = "localhost:8081", .limit = 4'000});
  EXPECT_EQ(of_one_place, by_gid);
  // What else narrows keeps the newest in front.
  EXPECT_THAT(list_gids({.status = txn_status::failed, .gid_prefix = "order-"}),
              ElementsAre(sets[7].gid.value, sets[3].gid.value));
  EXPECT_THAT(list_gids({.created_from = moment(10'000), .gid_prefix = "order-"}), ElementsAre(sets[10'000].gid.value));
  // And so do those that are few.
  EXPECT_THAT(list_gids({.gid_prefix = "order-10000"}), testing::SizeIs(10));
  EXPECT_FALSE(std::ranges::is_sorted(list_gids({.gid_prefix = "order-10000"})));
}

TEST_P(StoreContract, GoesOnBehindAGidThatIsGone) {
  for (const char* const id : {"a", "c", "b"}) created(id);
  EXPECT_THAT(list_gids({.gid_prefix = "", .after = "g6261"}), ElementsAre("c"));  // behind "ba"
  EXPECT_THAT(list_gids({.gid_prefix = "b", .after = "g61"}), ElementsAre("b"));
  EXPECT_THAT(list_gids({.status = txn_status::failed, .after = "g61"}), IsEmpty());
}

// "Who is waiting for the bank?" is asked while the bank is down.
TEST_P(StoreContract, ListsByTheDestinationThatIsCalled) {
  const auto of_two = [&](const std::string& id, const std::string& action, const std::string& undo, int at) {
    auto definition = std::make_shared<txn_definition>(*make_saga(id, 1, 8, moment(at)));
    definition->steps[0] = {action, undo};
    must_commit(creation(definition, store_->next_row()));
  };
  of_two("a", "http://bank:8080/in", "http://bank:8080/undo", 10);
  of_two("b", "http://shop:80/in", "http://bank:8080/undo", 20);
  of_two("c", "http://shop:80/bank:8080", "", 30);
  must_commit(with_branches(make_creation_of(trans_type::tcc, "d", moment(40)), {make_branch("01")}));
  EXPECT_THAT(list_gids({.destination = "bank:8080"}), ElementsAre("b", "a"));
  EXPECT_THAT(list_gids({.destination = "shop:80", .limit = 1}), ElementsAre("c", "b"));
  EXPECT_THAT(list_gids({.destination = "localhost:8081"}), ElementsAre("d"));
  EXPECT_THAT(list_gids({.created_to = moment(15), .destination = "bank:8080"}), ElementsAre("a"));
  EXPECT_THAT(list_gids({.destination = "bank"}), IsEmpty());
}

// A question that few records answer must not hold up a store that has millions: it gives back what it has, and goes
// on.
TEST_P(StoreContract, FindsAFewDestinationsAmongManyPageByPage) {
  constexpr int count = 2500;
  std::vector<write_set> sets;
  for (int i = 0; i < count; ++i) sets.push_back(make_creation("g" + std::to_string(i), moment(i)));
  auto definition = std::make_shared<txn_definition>(*sets[100].definition);
  definition->steps[1].compensate = "http://bank:8080/undo";
  sets[100].definition = definition;
  for (const auto& one : commit_all(sets)) ASSERT_TRUE(one);
  list_query query{.destination = "bank:8080"};
  const auto first = store_->list(query);
  ASSERT_TRUE(first);
  EXPECT_THAT(first->records, IsEmpty());
  EXPECT_NE(first->next, "");
  EXPECT_THAT(list_gids(query), ElementsAre("g100"));
}

// Whoever lists transactions with large payloads must not have all of them in memory at once.
TEST_P(StoreContract, ReadsLargeRecordsAFewAtATime) {
  constexpr std::size_t large = 300'000;
  constexpr std::size_t huge = 3'000'000;
  for (int i = 0; i < 8; ++i) {
    must_commit(creation(make_saga("g" + std::to_string(i), 1, i == 4 ? huge : large, moment(i)), store_->next_row()));
  }
  list_query query{.bytes_max = 1'000'000};
  std::vector<std::size_t> sizes;
  std::vector<std::string> seen;
  do {
    const auto page = store_->list(query);
    ASSERT_TRUE(page);
    sizes.push_back(page->records.size());
    for (const txn_record& one : page->records) seen.push_back(one.definition->gid.value);
    query.after = page->next;
  } while (!query.after.empty());
  EXPECT_THAT(seen, ElementsAre("g7", "g6", "g5", "g4", "g3", "g2", "g1", "g0"));
  EXPECT_THAT(sizes, ElementsAre(4, 4)) << "a page ends with the record that reaches over the bound";
  EXPECT_THAT(list_gids({.gid_prefix = "g", .bytes_max = 1}), SizeIs(8)) << "one at a time, and none is left out";
}

TEST_P(StoreContract, CountsOneSyncForAWholeCall) {
  const auto before = store_->figures().syncs;
  commit_all({make_creation("a"), make_creation("b"), make_creation("c")});
  EXPECT_EQ(store_->figures().syncs, before + 1);
  commit_all({make_creation("d")}, durability::buffered);
  EXPECT_EQ(store_->figures().syncs, before + 1);
  EXPECT_EQ(store_->health().state, store_state::serving);
  EXPECT_TRUE(store_->load(gid{"d"}));
}

// Readers must never see half a record, whatever is being written and removed meanwhile.
TEST_P(StoreContract, ShowsWholeRecordsToReadersWhileWritesGoOn) {
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  const auto read = [&] {
    while (!stop) {
      const auto record = store_->load(gid{"busy"});
      if (record) {
        wrong += record->progress.last_error != std::to_string(record->progress.revision);
        wrong += record->branches.size() != record->progress.revision;
      } else {
        wrong += record.error().code != errc::not_found;
      }
      wrong += !store_->list({.limit = 5});
      wrong += !store_->due({});
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(read);
  for (int round = 0; round < 20; ++round) {
    write_set set = make_creation_of(trans_type::workflow, "busy", moment(round * 100));
    for (int i = 0; i < 10; ++i) {
      if (i > 0) set = following(set);
      set.progress.last_error = std::to_string(set.progress.revision);
      set = with_branches(set, {make_branch("01")});
      if (!commit_all({set}, durability::buffered).front()) ++wrong;
    }
    set = finishing(set, txn_status::succeed, moment(round * 100 + 1));
    set.progress.last_error = std::to_string(set.progress.revision);
    set = with_branches(set, {make_branch("01")});
    if (!commit_all({set}, durability::buffered).front()) ++wrong;
    wrong += !store_->expire(moment(round * 100 + 50), 10);
  }
  stop = true;
  for (auto& one : readers) one.join();
  EXPECT_EQ(wrong, 0);
}

kv_record topic(const std::string& key, std::uint64_t version = 1, const std::string& category = "topics") {
  return {category, key, "v" + std::to_string(version), version, moment(1), moment(version)};
}

TEST_P(StoreContract, KeepsAValueUnderItsKeyVersionByVersion) {
  EXPECT_EQ(store_->load_kv("topics", "t").error().code, errc::not_found);
  ASSERT_TRUE(store_->put_kv(topic("t"), 0));
  EXPECT_EQ(*store_->load_kv("topics", "t"), topic("t"));
  ASSERT_TRUE(store_->put_kv(topic("t", 2), 1));
  EXPECT_EQ(*store_->load_kv("topics", "t"), topic("t", 2));
  EXPECT_EQ(store_->load_kv("other", "t").error().code, errc::not_found);
}

// Of two writers that read the same version one wins, and the other must know.
TEST_P(StoreContract, RefusesAValueThatWasDecidedOnAnotherVersion) {
  EXPECT_EQ(store_->put_kv(topic("t", 2), 1).error().code, errc::conflict);
  ASSERT_TRUE(store_->put_kv(topic("t"), 0));
  EXPECT_EQ(store_->put_kv(topic("t"), 0).error().code, errc::already_exists);
  EXPECT_EQ(store_->put_kv(topic("t", 3), 2).error().code, errc::conflict);
  EXPECT_EQ(store_->put_kv(topic("t", 3), 1).error().code, errc::invalid_argument);
  EXPECT_EQ(*store_->load_kv("topics", "t"), topic("t"));
}

TEST_P(StoreContract, RefusesAValueWithoutAUsableKey) {
  EXPECT_EQ(store_->put_kv(topic(""), 0).error().code, errc::invalid_argument);
  EXPECT_EQ(store_->put_kv(topic("t", 1, ""), 0).error().code, errc::invalid_argument);
  EXPECT_EQ(store_->put_kv(topic("t", 1, std::string("a\0b", 3)), 0).error().code, errc::invalid_argument);
  EXPECT_EQ(store_->put_kv(topic(std::string(kv_key_bytes_max + 1, 'k')), 0).error().code, errc::invalid_argument);
  EXPECT_TRUE(store_->put_kv(topic(std::string("k\0\xff", 3)), 0));
  EXPECT_TRUE(store_->load_kv("topics", std::string("k\0\xff", 3)));
}

TEST_P(StoreContract, ADeletedValueIsGoneAndMayBeginAgain) {
  EXPECT_EQ(store_->delete_kv("topics", "t").error().code, errc::not_found);
  ASSERT_TRUE(store_->put_kv(topic("t"), 0));
  ASSERT_TRUE(store_->delete_kv("topics", "t"));
  EXPECT_EQ(store_->load_kv("topics", "t").error().code, errc::not_found);
  EXPECT_TRUE(store_->put_kv(topic("t"), 0));
}

// A thousand topics of many subscribers must not be in memory at once.
TEST_P(StoreContract, PagesOfLargeValuesAreShorter) {
  for (const char* key : {"a", "b", "c", "d", "e", "f"}) {
    kv_record large = topic(key);
    large.value.assign(kv_value_bytes_max, '<');
    ASSERT_TRUE(store_->put_kv(large, 0));
  }
  const auto first = store_->list_kv({.category = "topics", .limit = 6});
  ASSERT_TRUE(first);
  EXPECT_THAT(first->records, SizeIs(4));
  const auto second = store_->list_kv({.category = "topics", .after = first->next, .limit = 6});
  ASSERT_TRUE(second);
  EXPECT_THAT(second->records, SizeIs(2));
  EXPECT_EQ(second->next, "");
}

TEST_P(StoreContract, PagesThroughTheValuesOfOneCategoryOrOfAll) {
  for (const char* key : {"c", "a", "b"}) ASSERT_TRUE(store_->put_kv(topic(key), 0));
  ASSERT_TRUE(store_->put_kv(topic("x", 1, "alone"), 0));
  ASSERT_TRUE(store_->put_kv(topic("y", 1, "topicsandmore"), 0));
  const auto keys_of = [this](kv_query query) {
    std::vector<std::string> found;
    do {
      const auto page = store_->list_kv(query);
      EXPECT_TRUE(page);
      if (!page) break;
      EXPECT_LE(page->records.size(), query.limit);
      for (const kv_record& one : page->records) found.push_back(one.key);
      query.after = page->next;
    } while (!query.after.empty());
    return found;
  };
  for (const std::size_t limit : {1, 2, 3, 100}) {
    EXPECT_THAT(keys_of({.category = "topics", .limit = limit}), ElementsAre("a", "b", "c"));
    EXPECT_THAT(keys_of({.limit = limit}), ElementsAre("x", "a", "b", "c", "y"));
  }
  EXPECT_THAT(keys_of({.category = "nothing"}), IsEmpty());
  EXPECT_EQ(store_->list_kv({.after = "zz"}).error().code, errc::invalid_argument);
  EXPECT_EQ(store_->list_kv({.after = "6162"}).error().code, errc::invalid_argument);
  EXPECT_EQ(store_->list_kv({.limit = 0}).error().code, errc::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         testing::Values(store_kind{"memory", [](const std::string&) { return make_memory_store(); }},
                                         store_kind{"rocksdb", open_small_rocksdb}),
                         [](const auto& given) { return given.param.name; });

}  // namespace
}  // namespace treaty
