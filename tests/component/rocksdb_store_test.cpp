// What only the embedded store promises: that it survives its process, the machine's power and a bad disk, and that it
// keeps its hands off what is not its own.
#include "storage/rocksdb/rocksdb_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <thread>
#include <utility>

#include "storage/keys.hpp"
#include "tests/kit/disk_faults.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/raw_database.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/store_kit.hpp"

namespace treaty {
namespace {

namespace files = std::filesystem;
using kit::creation;
using kit::finishing;
using kit::following;
using kit::make_saga;
using kit::moment;
using kit::raw_database;
using testing::ElementsAre;
using testing::HasSubstr;

class RocksdbStore : public testing::Test {
protected:
  void TearDown() override {
    kit::disk::fail_syncs(0);
    kit::disk::fail_writes(0);
  }

  result<std::unique_ptr<store>> try_open(const std::string& path) {
    rocksdb_options options;
    options.path = path;
    options.block_cache_bytes = 1 << 20;
    options.write_buffer_bytes = 1 << 20;
    return open_rocksdb_store(options);
  }
  std::unique_ptr<store> open(const std::string& path) {
    auto opened = try_open(path);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
    return opened ? *std::move(opened) : nullptr;
  }
  failure refusal(const std::string& path) {
    const auto opened = try_open(path);
    EXPECT_FALSE(opened);
    if (opened) return {errc::unsupported, "was opened"};
    EXPECT_THAT(opened.error().detail, HasSubstr(path));
    return opened.error();
  }
  static write_set make(store& store, const std::string& id, std::int64_t ms = 0) {
    return creation(make_saga(id, 2, 50, moment(ms)), store.next_row());
  }
  static result<void> commit(store& store, const write_set& set, durability d = durability::synced) {
    return store.commit({&set, 1}, d).front();
  }
  /// Runs in a process of its own, because a lock is a process's and a fork of one with threads is no place to go on.
  static int in_child(const std::function<int()>& run) {
    const pid_t child = fork();
    if (child == 0) _exit(run());
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  kit::scratch_directory directory_;
  std::string path_ = (directory_.path() / "deep" / "store").string();
};

TEST_F(RocksdbStore, KeepsEverythingOverAReopen) {
  constexpr int count = 300;
  record_id last_row = 0;
  {
    const auto store = open(path_);
    for (int i = 0; i < count; ++i) {
      const write_set set = make(*store, "g" + std::to_string(i), i);
      ASSERT_TRUE(commit(*store, set, durability::buffered));
      if (i % 3 == 2) continue;
      const write_set second = i % 3 == 0 ? finishing(set, txn_status::succeed, moment(i)) : following(set);
      ASSERT_TRUE(commit(*store, second, durability::buffered));
    }
    ASSERT_EQ(*store->expire(moment(30), 1000), 10U);
    last_row = store->next_row();
  }
  const auto store = open(path_);
  EXPECT_GT(store->next_row(), last_row);
  for (int i = 0; i < count; ++i) {
    const auto found = store->load(gid{"g" + std::to_string(i)});
    const bool expired = i % 3 == 0 && i < 30;
    ASSERT_EQ(static_cast<bool>(found), !expired) << i;
    if (expired) continue;
    EXPECT_EQ(found->progress.status, i % 3 == 0 ? txn_status::succeed : txn_status::submitted);
    EXPECT_EQ(found->progress.revision, i % 3 == 2 ? 1U : 2U);
  }
  EXPECT_EQ(store->due({})->entries.size(), 200U);
}

// A row that was handed out and expired must not come back: an owner that slept would write into someone else's record.
TEST_F(RocksdbStore, NeverHandsOutARowAgain) {
  record_id highest = 0;
  for (int round = 0; round < 4; ++round) {
    const auto store = open(path_);
    const record_id row = store->next_row();
    EXPECT_GT(row, highest);
    highest = std::max(row, store->next_row());
  }
}

// The mark of the rows that were handed out is raised together with the first record beyond its middle. When that write
// fails, the mark stays where it was, and one of the next writes has to raise it.
TEST_F(RocksdbStore, NeverHandsOutARowAgainAlsoWhenTheWriteThatCoversItFails) {
  constexpr int beyond_the_middle = 600'000;  // of 1,048,576
  constexpr int beyond_the_end = 480'000;     // after that, and not beyond the middle of what that write was to cover
  const std::string left_behind = path_ + "-left-behind";
  const auto store = open(path_);
  for (int i = 0; i < beyond_the_middle; ++i) store->next_row();
  kit::disk::fail_writes(ENOSPC, ".log");
  EXPECT_FALSE(commit(*store, make(*store, "lost")));
  kit::disk::fail_writes(0);
  ASSERT_TRUE(kit::eventually([&] { return store->health().state == store_state::serving; }));
  for (int i = 0; i < beyond_the_end; ++i) store->next_row();
  const write_set last = make(*store, "last");
  ASSERT_TRUE(commit(*store, last));
  files::copy(path_, left_behind);  // what a killed process would have left
  EXPECT_GT(open(left_behind)->next_row(), last.row);
}

// Each gid that is known keeps a block of the cache in use until its answer has been read, and not for longer.
TEST_F(RocksdbStore, TakesNoMoreThanItsCacheAfterAskingForManyGids) {
  constexpr std::size_t known = 24'000;
  constexpr std::size_t cache_bytes = 1 << 20;
  const auto name = [](std::size_t i) { return std::to_string(100'000 + i) + std::string(100, 'g'); };
  {
    const auto store = open(path_);
    std::vector<write_set> sets;
    for (std::size_t i = 0; i < known; ++i) {
      sets.push_back(make(*store, name(i)));
      if (sets.size() < 1'000) continue;
      for (const auto& stored : store->commit(sets, durability::buffered)) ASSERT_TRUE(stored);
      sets.clear();
    }
  }
  const auto store = open(path_);  // it makes sorted files of its log
  std::vector<write_set> sets;
  for (std::size_t i = 0; i < known; i += 20) sets.push_back(make(*store, name(i)));
  for (const auto& refused : store->commit(sets, durability::buffered)) EXPECT_EQ(refused.error().code, errc::conflict);
  EXPECT_GT(store->footprint().block_cache, cache_bytes);
  EXPECT_EQ(commit(*store, make(*store, name(0))).error().code, errc::conflict);
  EXPECT_LE(store->footprint().block_cache, cache_bytes);
}

TEST_F(RocksdbStore, RefusesADirectoryThatIsOpenAlready) {
  const auto store = open(path_);
  const failure here = refusal(path_);
  EXPECT_EQ(here.code, errc::unavailable);
  EXPECT_THAT(here.detail, HasSubstr("in use"));
  EXPECT_TRUE(commit(*store, make(*store, "g1")));  // and the first goes on
}

TEST_F(RocksdbStore, RefusesADirectoryThatAnotherProcessHasOpen) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the thread sanitizer does not let a fork start threads";
#endif
  int to_child[2];
  int to_parent[2];
  ASSERT_EQ(pipe(to_child), 0);
  ASSERT_EQ(pipe(to_parent), 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    rocksdb_options options;
    options.path = path_;
    const auto opened = open_rocksdb_store(options);
    if (write(to_parent[1], opened ? "y" : "n", 1) != 1 || read(to_child[0], &byte, 1) < 0) _exit(1);
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(to_parent[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  const failure why = refusal(path_);
  EXPECT_EQ(why.code, errc::unavailable);
  EXPECT_THAT(why.detail, HasSubstr("in use by another process"));
  ASSERT_EQ(write(to_child[1], "x", 1), 1);
  waitpid(child, nullptr, 0);
  for (const int descriptor : {to_child[0], to_child[1], to_parent[0], to_parent[1]}) close(descriptor);
  EXPECT_NE(open(path_), nullptr);  // the dead hold no locks
}

TEST_F(RocksdbStore, RefusesANewerFormat) {
  open(path_).reset();
  { raw_database{path_}.put("meta", "format", "5"); }
  const failure why = refusal(path_);
  EXPECT_EQ(why.code, errc::unsupported);
  EXPECT_THAT(why.detail, HasSubstr("format 5"));
}

/// Turns the lists of a store back into what the formats 1 and 2 had: one timeline, and gids without a time. Only the
/// first `count` entries, and only when `keep_new` is set beside the families that came with format 3.
void make_older(const std::string& path, int format, std::size_t count, bool keep_new) {
  raw_database old{path, {"timeline"}};
  std::size_t made = 0;
  for (const char* const from : {"ended", "open"}) {
    for (const auto& [key, value] : old.all(from)) {
      const bool is_open = std::string{from} == "open";
      const auto parts = is_open ? keys::parse_open(key) : keys::parse_ended(key);
      const std::string head{static_cast<char>(parts->filed.status), static_cast<char>(parts->filed.type)};
      const std::string end = is_open ? std::string(8, '\0') + value.substr(1) : value.substr(1);
      const std::string flags = format == 1 ? "" : std::string(1, parts->filed.stuck ? '\1' : '\0');
      if (made++ == count) return;
      const auto position = keys::make_position(parts->position.created, parts->position.row);
      old.put("timeline", std::string{position.view()}, static_cast<char>(format) + flags + head + end);
      old.remove(from, key);
    }
  }
  for (const auto& [key, value] : old.all("gids")) old.put("gids", key, '\1' + value.substr(1, 8));
  if (format == 1) {
    for (const auto& [key, value] : old.all("due")) old.replace("due", key, '\1' + value.substr(2));  // without flags
  }
  old.put("meta", "format", std::to_string(format));
  old.remove("meta", "young");
  if (keep_new) return;
  old.drop("open");
  old.drop("ended");
}

std::vector<std::string> gids_of(const list_page& page) {
  std::vector<std::string> gids;
  for (const txn_record& one : page.records) gids.push_back(one.definition->gid.value);
  return gids;
}

/// Each way to ask for the records that the tests of upgrades store.
void expect_upgraded_lists(store& kept, bool knows_stuck) {
  EXPECT_THAT(gids_of(*kept.list({})), ElementsAre("stuck", "failed", "done", "open-2", "open-1"));
  EXPECT_THAT(gids_of(*kept.list({.status = txn_status::succeed})), ElementsAre("done"));
  EXPECT_THAT(gids_of(*kept.list({.status = txn_status::failed})), ElementsAre("failed"));
  EXPECT_EQ(kept.list({.stuck = true})->records.size(), knows_stuck ? 1U : 0U);
  EXPECT_THAT(gids_of(*kept.list({.created_to = moment(2), .gid_prefix = "open"})), ElementsAre("open-2", "open-1"));
}

// Who upgrades finds everything where it was, finished and unfinished, and can go on with it.
TEST_F(RocksdbStore, OpensStoresOfOlderFormatsAndBringsTheirListsToThisOne) {
  for (const int format : {1, 2}) {
    const std::string path = path_ + std::to_string(format);
    write_set first;
    {
      const auto store = open(path);
      first = make(*store, "open-1", 1);
      std::vector<write_set> sets{first, make(*store, "open-2", 2), make(*store, "done", 3), make(*store, "failed", 4),
                                  make(*store, "stuck", 5)};
      sets.push_back(finishing(sets[2], txn_status::succeed, moment(30)));
      sets.push_back(finishing(sets[3], txn_status::failed, moment(40)));
      sets.push_back(following(sets[4]));
      sets.back().progress.stuck = format > 1;
      for (const auto& one : store->commit(sets, durability::synced)) ASSERT_TRUE(one);
      ASSERT_EQ(store->due({})->entries.size(), 3U);  // older formats have entries for all
    }
    make_older(path, format, 5, /*keep_new=*/false);
    for (int start = 0; start < 2; ++start) {
      const auto store = open(path);
      ASSERT_NE(store, nullptr);
      expect_upgraded_lists(*store, format > 1);
      EXPECT_EQ(store->due({})->entries.size(), 3U);
      EXPECT_EQ(commit(*store, make(*store, "done", 9)).error().code, errc::conflict);
    }
    {
      raw_database upgraded{path};
      EXPECT_EQ(upgraded.get("meta", "format"), "4");
      EXPECT_FALSE(upgraded.has("timeline"));
    }
    const auto store = open(path);
    ASSERT_TRUE(commit(*store, finishing(first, txn_status::succeed, moment(50))));
    EXPECT_THAT(gids_of(*store->list({.status = txn_status::succeed})), ElementsAre("done", "open-1"));
    EXPECT_EQ(*store->expire(moment(1000), 100), 3U);
    EXPECT_THAT(gids_of(*store->list({})), ElementsAre("stuck", "open-2"));
  }
}

// The power may fail in the middle of an upgrade.
TEST_F(RocksdbStore, GoesOnWithAnUpgradeThatWasCutOff) {
  {
    const auto store = open(path_);
    std::vector<write_set> sets{make(*store, "open-1", 1), make(*store, "open-2", 2), make(*store, "done", 3),
                                make(*store, "failed", 4), make(*store, "stuck", 5)};
    sets.push_back(finishing(sets[2], txn_status::succeed, moment(30)));
    sets.push_back(finishing(sets[3], txn_status::failed, moment(40)));
    sets.push_back(following(sets[4]));
    sets.back().progress.stuck = true;
    for (const auto& one : store->commit(sets, durability::synced)) ASSERT_TRUE(one);
    ASSERT_EQ(store->due({})->entries.size(), 3U);  // older formats have entries for all
  }
  make_older(path_, 2, 3, /*keep_new=*/true);
  const auto store = open(path_);
  ASSERT_NE(store, nullptr);
  expect_upgraded_lists(*store, true);
}

// One entry that nobody can read must not cost the others, and is not thrown away.
TEST_F(RocksdbStore, LeavesAListEntryThatItCannotReadWhereItIs) {
  {
    const auto store = open(path_);
    ASSERT_TRUE(commit(*store, make(*store, "good", 1)));
    ASSERT_EQ(store->due({})->entries.size(), 1U);  // as above
  }
  make_older(path_, 2, 1, /*keep_new=*/false);
  const std::string key(16, '\1');
  { raw_database{path_}.put("timeline", key, "\7no entry"); }
  for (int start = 0; start < 2; ++start) EXPECT_THAT(gids_of(*open(path_)->list({})), ElementsAre("good"));
  EXPECT_EQ((raw_database{path_}.all("timeline")), (std::map<std::string, std::string>{{key, "\7no entry"}}));
}

// RocksDB promises nothing of a single removal of what was put twice: whatever files and levels the parts of such a
// change have reached, nothing that is gone may come back, and nothing that is there may go.
TEST_F(RocksdbStore, KeepsOneDueEntryForEachWhileItsStuckFlagComesAndGoes) {
  constexpr std::size_t count = 20;
  std::vector<write_set> sets;
  const auto flip = [&sets](store& store) {
    for (write_set& set : sets) {
      set = following(set);
      set.progress.stuck = !set.progress.stuck;
    }
    for (const auto& one : store.commit(sets, durability::synced)) ASSERT_TRUE(one);
  };
  {
    const auto store = open(path_);
    for (std::size_t i = 0; i < count; ++i) sets.push_back(make(*store, "g" + std::to_string(i)));
    for (const auto& one : store->commit(sets, durability::synced)) ASSERT_TRUE(one);
  }
  for (int round = 0; round < 12; ++round) {
    // A restart makes a file of what was in memory; a compaction takes it, or all there is, to the lowest level.
    if (round % 3 == 1) raw_database{path_}.compact("due");
    const auto store = open(path_);
    for (int times = 0; times < round % 4; ++times) flip(*store);
    for (std::size_t i = 0; i < count; ++i) {
      write_set set = following(sets[i]);
      set.progress.stuck = (round + i) % 2 == 0;
      if ((round + i) % 5 == 4) set.progress.due += std::chrono::seconds{1};
      sets[i] = set;
    }
    for (const auto& one : store->commit(sets, durability::synced)) ASSERT_TRUE(one);
    const auto page = store->due({});
    ASSERT_EQ(page->entries.size(), count);
    for (const due_entry& entry : page->entries) {
      const auto number = static_cast<std::size_t>(std::stoi(entry.gid.value.substr(1)));
      EXPECT_EQ(entry.stuck, sets[number].progress.stuck);
      EXPECT_EQ(entry.due, sets[number].progress.due);
    }
  }
  {
    // A removal that meets the last put in memory, while an older one is on the disk, must not uncover that one.
    const auto store = open(path_);
    flip(*store);
    for (write_set& set : sets) set = finishing(set, txn_status::failed, moment(9000));
    for (const auto& one : store->commit(sets, durability::synced)) ASSERT_TRUE(one);
    EXPECT_EQ(store->due({})->entries.size(), 0U);
  }
  EXPECT_EQ(open(path_)->due({})->entries.size(), 0U);
  raw_database raw{path_};
  EXPECT_EQ(raw.all("due").size(), 0U);
  raw.compact("due");
  EXPECT_EQ(raw.all("due").size(), 0U);
}

// What expired must be gone from the disk too, page by page.
TEST_F(RocksdbStore, LeavesNoHistoryOfWhatHasExpired) {
  constexpr int count = 500;
  {
    const auto store = open(path_);
    for (int i = 0; i < count; ++i) {
      write_set set = make(*store, "g" + std::to_string(i), i);
      set.history.entries.resize(3);
      write_set end = finishing(set, txn_status::succeed, moment(i));
      end.history.entries.resize(2);
      end.history.slot = end.history.number = 1;
      ASSERT_TRUE(store->commit(std::vector{set, end}, durability::buffered).back());
    }
    ASSERT_EQ(store->load_history(gid{"g7"})->size(), 2U);
    ASSERT_EQ(*store->expire(moment(200), 1000), 200U);
    ASSERT_EQ(*store->expire(moment(230), 1000), 30U);  // too few for a range
    EXPECT_EQ(store->load_history(gid{"g230"})->size(), 2U);
  }
  raw_database raw{path_};
  EXPECT_EQ(raw.all("history").size(), count - 230U);
  EXPECT_EQ(raw.all("progress").size(), count - 230U);
}

// Whoever began a transaction must not wait for the removal of all that has expired.
TEST_F(RocksdbStore, CommitsBetweenTheStretchesOfALongSweep) {
  constexpr int expired = 20'000;
  const auto store = open(path_);
  for (int i = 0; i < expired; ++i) {
    const write_set set = make(*store, "old" + std::to_string(i), i);
    ASSERT_TRUE(
        store->commit(std::vector{set, finishing(set, txn_status::succeed, moment(i))}, durability::buffered).back());
  }
  std::atomic<bool> swept = false;
  std::thread sweep{[&] {
    EXPECT_EQ(*store->expire(moment(expired), expired), expired);
    swept = true;
  }};
  int commits = 0;
  for (; !swept; ++commits) EXPECT_TRUE(commit(*store, make(*store, "new" + std::to_string(commits), expired)));
  sweep.join();
  EXPECT_GE(commits, 10);  // between nearly 80 stretches; a busy machine gives this thread fewer turns
}

TEST_F(RocksdbStore, NamesTheKeyOfACorruptPageOfHistory) {
  record_id row = 0;
  {
    const auto store = open(path_);
    const write_set set = make(*store, "g1");
    row = set.row;
    ASSERT_TRUE(commit(*store, set));
  }
  const std::string key{keys::make_branch(row, 4).view()};
  { raw_database{path_}.put("history", key, std::string{"\x07rest"}); }
  const auto store = open(path_);
  const failure why = store->load_history(gid{"g1"}).error();
  EXPECT_EQ(why.code, errc::corrupt);
  EXPECT_THAT(why.detail, HasSubstr("history " + keys::to_hex(key)));
  EXPECT_TRUE(store->load(gid{"g1"}));  // the transaction itself is whole
}

TEST_F(RocksdbStore, RefusesANewerFormatThatHasMoreFamilies) {
  open(path_).reset();
  { raw_database{path_, {"leases"}}.put("meta", "format", "3"); }
  const failure why = refusal(path_);
  EXPECT_EQ(why.code, errc::unsupported);
  EXPECT_THAT(why.detail, HasSubstr("format 3"));
}

TEST_F(RocksdbStore, RefusesADirectoryThatHoldsSomethingElse) {
  files::create_directories(path_);
  std::ofstream{files::path{path_} / "family-photos.zip"} << "precious";
  const failure why = refusal(path_);
  EXPECT_EQ(why.code, errc::invalid_argument);
  EXPECT_THAT(why.detail, HasSubstr("family-photos.zip"));
  EXPECT_EQ(std::distance(files::directory_iterator{path_}, {}), 1);
}

TEST_F(RocksdbStore, RefusesAnotherProgramsDatabase) {
  files::create_directories(path_);
  { raw_database{path_}.put("default", "their", "data"); }
  EXPECT_EQ(refusal(path_).code, errc::invalid_argument);
}

TEST_F(RocksdbStore, RefusesAFileInPlaceOfADirectory) {
  const std::string file = (directory_.path() / "file").string();
  std::ofstream{file} << "x";
  EXPECT_EQ(refusal(file).code, errc::unavailable);
  EXPECT_EQ(refusal(file + "/store").code, errc::unavailable);
}

// A crash while the very first files are made must not leave a directory that nobody can use.
TEST_F(RocksdbStore, FinishesACreationThatWasCutShort) {
  files::create_directories(path_);
  for (const char* const name : {"LOCK", "LOG", "MANIFEST-000001"}) std::ofstream{files::path{path_} / name} << "";
  EXPECT_NE(open(path_), nullptr);
  const std::string second = path_ + "2";
  files::create_directories(second);
  { raw_database created{second, {"gids", "transactions"}}; }
  EXPECT_NE(open(second), nullptr);
}

// Root may write anywhere, so the one who tries is nobody.
TEST_F(RocksdbStore, RefusesADirectoryThatItMayNotWrite) {
  open(path_).reset();
  for (const auto& at : {directory_.path(), directory_.path() / "deep", files::path{path_}}) {
    files::permissions(at, files::perms{0555});
  }
  const std::string empty = (directory_.path() / "new").string();
  const int answer = in_child([&] {
    if (getuid() == 0 && setuid(65534) != 0) return 9;
    const auto old = try_open(path_);
    const auto fresh = try_open(empty);
    if (old || fresh) return 1;
    if (old.error().code != errc::unavailable || fresh.error().code != errc::unavailable) return 2;
    const bool named =
        old.error().detail.find(path_) != std::string::npos && fresh.error().detail.find(empty) != std::string::npos;
    return named ? 0 : 3;
  });
  for (const auto& at : {directory_.path(), directory_.path() / "deep", files::path{path_}}) {
    files::permissions(at, files::perms{0755});
  }
  EXPECT_EQ(answer, 0);
}

TEST_F(RocksdbStore, RefusesADamagedManifest) {
  {
    const auto store = open(path_);
    ASSERT_TRUE(commit(*store, make(*store, "g1")));
  }
  for (const auto& entry : files::directory_iterator{path_}) {
    if (entry.path().filename().string().starts_with("MANIFEST")) std::ofstream{entry.path()} << "scrambled";
  }
  EXPECT_EQ(refusal(path_).code, errc::corrupt);
}

TEST_F(RocksdbStore, NamesTheKeyOfACorruptValue) {
  record_id row = 0;
  {
    const auto store = open(path_);
    const write_set set = make(*store, "g1");
    row = set.row;
    ASSERT_TRUE(commit(*store, set));
    ASSERT_TRUE(commit(*store, make(*store, "g2", 1)));
  }
  const std::string key{keys::make_row(row).view()};
  { raw_database{path_}.put("progress", key, std::string{"\x07rest"}); }
  const auto store = open(path_);
  for (const auto& why : {store->load(gid{"g1"}).error(), store->list({}).error()}) {
    EXPECT_EQ(why.code, errc::corrupt);
    EXPECT_THAT(why.detail, HasSubstr("progress " + keys::to_hex(key)));
    EXPECT_THAT(why.detail, HasSubstr("format 7"));
  }
  write_set update = following(creation(make_saga("g1", 2, 50, moment(0)), row));
  EXPECT_EQ(commit(*store, update).error().code, errc::corrupt);
  EXPECT_TRUE(store->load(gid{"g2"}));
}

// The first rule of the house: what could not be made durable is not acknowledged, now or later.
TEST_F(RocksdbStore, AcknowledgesNothingWhileSyncsFail) {
  const auto store = open(path_);
  ASSERT_TRUE(commit(*store, make(*store, "before")));
  kit::disk::fail_syncs(EIO);
  const std::vector<write_set> sets{make(*store, "a"), make(*store, "before"), make(*store, "b")};
  const auto results = store->commit(sets, durability::synced);
  EXPECT_EQ(results[0].error().code, errc::outcome_unknown);
  EXPECT_EQ(results[1].error().code, errc::conflict);
  EXPECT_EQ(results[2].error().code, errc::outcome_unknown);
  EXPECT_NE(store->health().state, store_state::serving);
  EXPECT_NE(store->health().detail, "");
  EXPECT_EQ(commit(*store, make(*store, "c")).error().code, errc::unavailable);
  EXPECT_EQ(store->load(gid{"c"}).error().code, errc::not_found);
  EXPECT_TRUE(store->load(gid{"before"}));  // what is stored can still be read
}

TEST_F(RocksdbStore, ServesAgainWhenTheDiskHasRoomAgain) {
  const auto store = open(path_);
  ASSERT_TRUE(commit(*store, make(*store, "before")));
  kit::disk::fail_syncs(ENOSPC);
  EXPECT_EQ(commit(*store, make(*store, "lost")).error().code, errc::outcome_unknown);
  EXPECT_EQ(store->health().state, store_state::read_only);
  kit::disk::fail_syncs(0);
  ASSERT_TRUE(kit::eventually([&] { return store->health().state == store_state::serving; }));
  EXPECT_TRUE(commit(*store, make(*store, "after")));
  EXPECT_TRUE(store->load(gid{"before"}));
}

// A disk that is full to the brim has room for a moment, and none again.
TEST_F(RocksdbStore, ServesAgainAlsoWhenItsFirstWriteAfterThatFails) {
  const auto store = open(path_);
  for (int round = 0; round < 4; ++round) {
    kit::disk::fail_syncs(ENOSPC);
    EXPECT_EQ(commit(*store, make(*store, "lost" + std::to_string(round))).error().code, errc::outcome_unknown);
    kit::disk::fail_syncs(0);
    ASSERT_TRUE(kit::eventually([&] { return store->health().state == store_state::serving; }));
  }
  EXPECT_TRUE(commit(*store, make(*store, "after")));
}

// After such an error nobody knows what the log holds: only a restart, which reads it, finds out. An operator, or the
// process itself, must be able to tell this from a full disk.
TEST_F(RocksdbStore, SaysThatItNeedsARestartAfterAnInputOutputError) {
  {
    const auto store = open(path_);
    ASSERT_TRUE(commit(*store, make(*store, "before")));
    kit::disk::fail_syncs(EIO);
    EXPECT_FALSE(commit(*store, make(*store, "lost")));
    EXPECT_EQ(store->health().state, store_state::failed);
    EXPECT_THAT(store->health().detail, HasSubstr("restart"));
    kit::disk::fail_syncs(0);
    EXPECT_EQ(commit(*store, make(*store, "refused")).error().code, errc::unavailable);
  }
  const auto store = open(path_);
  EXPECT_TRUE(store->load(gid{"before"}));
  EXPECT_EQ(store->load(gid{"refused"}).error().code, errc::not_found);
  EXPECT_TRUE(commit(*store, make(*store, "after")));
}

TEST_F(RocksdbStore, OutlivesAFullDisk) {
  const auto store = open(path_);
  ASSERT_TRUE(commit(*store, make(*store, "before")));
  kit::disk::fail_writes(ENOSPC);
  EXPECT_EQ(commit(*store, make(*store, "lost")).error().code, errc::outcome_unknown);
  EXPECT_EQ(store->health().state, store_state::read_only);
  EXPECT_THAT(store->health().detail, HasSubstr("no space"));
  EXPECT_TRUE(store->load(gid{"before"}));
  EXPECT_EQ(store->list({})->records.size(), 1U);
  EXPECT_FALSE(commit(*store, make(*store, "refused")));
  kit::disk::fail_writes(0);
  ASSERT_TRUE(kit::eventually([&] { return store->health().state == store_state::serving; }));
  EXPECT_TRUE(commit(*store, make(*store, "after")));
}

// A disk that is full gets room in pieces, while somebody clears it up.
TEST_F(RocksdbStore, ServesAgainWhenEachAttemptFindsRoomForOneFileOnly) {
  const auto store = open(path_);
  ASSERT_TRUE(commit(*store, make(*store, "before")));
  kit::disk::fail_writes(ENOSPC);
  EXPECT_FALSE(commit(*store, make(*store, "lost")));
  const auto is_serving = [&] { return store->health().state == store_state::serving; };
  for (int attempt = 0; attempt < 20 && !is_serving(); ++attempt) {
    const std::size_t failed = kit::disk::failed_writes();
    kit::disk::fail_writes(ENOSPC, ".sst", 1);
    ASSERT_TRUE(kit::eventually([&] { return kit::disk::failed_writes() > failed || is_serving(); }));
  }
  kit::disk::fail_writes(0);
  ASSERT_TRUE(kit::eventually(is_serving)) << store->health().detail;
  EXPECT_TRUE(commit(*store, make(*store, "after")));
  EXPECT_TRUE(store->load(gid{"before"}));
}

// Room for what is in memory, and none for the write that finds out whether all is well.
TEST_F(RocksdbStore, ServesAgainWhenItsOwnWriteFailsAfterEverythingWasFlushed) {
  const std::string left_behind = path_ + "-left-behind";
  const auto store = open(path_);
  ASSERT_TRUE(commit(*store, make(*store, "before")));
  const std::size_t failed = kit::disk::failed_writes();
  kit::disk::fail_writes(ENOSPC, ".log");
  EXPECT_FALSE(commit(*store, make(*store, "lost")));
  ASSERT_TRUE(kit::eventually([&] { return kit::disk::failed_writes() >= failed + 3; })) << store->health().detail;
  EXPECT_EQ(store->health().state, store_state::read_only);
  kit::disk::fail_writes(0);
  ASSERT_TRUE(kit::eventually([&] { return store->health().state == store_state::serving; }));
  EXPECT_TRUE(commit(*store, make(*store, "after")));
  files::copy(path_, left_behind);  // what a killed process would have left
  const auto survivor = open(left_behind);
  EXPECT_TRUE(survivor->load(gid{"before"}));
  EXPECT_TRUE(survivor->load(gid{"after"}));
}

/// Keeps RocksDB from flushing: its threads for that are busy.
class occupied_flush_threads {
public:
  occupied_flush_threads() {
    env().Schedule([](void* self) { static_cast<occupied_flush_threads*>(self)->let_go_.get_future().wait(); }, this,
                   rocksdb::Env::Priority::HIGH);
    EXPECT_TRUE(kit::eventually([] { return waiting() == 0; }));
  }
  ~occupied_flush_threads() {
    let_go();
    EXPECT_TRUE(kit::eventually([] { return waiting() == 0; }));
  }
  void let_go() {
    if (!std::exchange(has_let_go_, true)) let_go_.set_value();
  }
  static bool are_awaited() { return waiting() > 0; }

private:
  static rocksdb::Env& env() { return *rocksdb::Env::Default(); }
  static unsigned int waiting() { return env().GetThreadPoolQueueLen(rocksdb::Env::Priority::HIGH); }

  std::promise<void> let_go_;
  bool has_let_go_ = false;
};

/// Until memory is to be flushed, and the log is a new one.
void fill_memory(store& store) {
  for (int i = 0; !occupied_flush_threads::are_awaited(); ++i) {
    ASSERT_LT(i, 5'000);
    const std::string id = "fills-" + std::to_string(i);
    const write_set set = creation(make_saga(id, 2, 20'000, moment(i)), store.next_row());
    ASSERT_TRUE(store.commit({&set, 1}, durability::buffered).front());
  }
}

// RocksDB loses count of a flush that is queued, and not begun, when it takes note of an error: its way back would wait
// for one that nobody makes. The first write of a new log is what fails on a full disk, and a flush is queued then.
TEST_F(RocksdbStore, ServesAgainWhenAFlushWasQueuedAsTheWriteFailed) {
  const auto store = open(path_);
  occupied_flush_threads busy;
  fill_memory(*store);
  kit::disk::fail_writes(ENOSPC, ".log");
  auto lost = std::async(std::launch::async, [&] { return commit(*store, make(*store, "lost")); });
  lost.wait_for(std::chrono::milliseconds{200});  // it ends before, or waits for the flush
  busy.let_go();
  EXPECT_EQ(lost.get().error().code, errc::outcome_unknown);
  kit::disk::fail_writes(0);
  ASSERT_TRUE(kit::eventually([&] { return store->health().state == store_state::serving; }));
  EXPECT_TRUE(commit(*store, make(*store, "after")));
  EXPECT_TRUE(store->load(gid{"fills-0"}));
}

// Should it come to that after all: the operator hears of it, and the process can end.
TEST_F(RocksdbStore, SaysThatItNeedsARestartWhenRocksDbWaitsForAFlushThatDoesNotBegin) {
  {
    const auto store = open(path_);
    occupied_flush_threads busy;
    fill_memory(*store);
    kit::disk::fail_writes(ENOSPC, ".log");
    EXPECT_FALSE(commit(*store, make(*store, "lost")));  // does not wait for the flush for ever
    busy.let_go();                                       // and finds the error
    kit::disk::fail_writes(0);
    ASSERT_TRUE(kit::eventually([&] { return store->health().state == store_state::failed; }));
    EXPECT_THAT(store->health().detail, HasSubstr("restart"));
  }
  const auto store = open(path_);
  EXPECT_TRUE(store->load(gid{"fills-0"}));
  EXPECT_TRUE(commit(*store, make(*store, "after")));
}

TEST_F(RocksdbStore, OpensAgainAfterADeathOnAFullDisk) {
  const std::string left_behind = path_ + "-left-behind";
  const auto store = open(path_);
  ASSERT_TRUE(commit(*store, make(*store, "before")));
  kit::disk::fail_writes(ENOSPC);
  EXPECT_FALSE(commit(*store, make(*store, "lost")));
  kit::disk::fail_writes(0);
  files::copy(path_, left_behind);  // what a killed process would have left
  EXPECT_TRUE(open(left_behind)->load(gid{"before"}));
}

// Pulls the plug: what was acknowledged after a sync is there, whatever else was under way.
TEST_F(RocksdbStore, KeepsWhatItAcknowledgedThroughAPowerFailure) {
  kit::disk::remember_synced_bytes();
  const auto store = open(path_);
  std::vector<std::string> acknowledged;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 60; ++i) {
      const std::string id = "g" + std::to_string(round * 100 + i);
      const durability d = i % 7 == 6 ? durability::synced : durability::buffered;
      write_set set = make(*store, id, round * 100 + i);
      set.definition = make_saga(id, 2, 2000, moment(round * 100 + i));  // enough for log files to change and flushes
      ASSERT_TRUE(commit(*store, set, d));
      if (d == durability::synced) acknowledged.push_back(id);
    }
    const std::string copy = path_ + "-after-" + std::to_string(round);
    kit::disk::copy_as_after_power_failure(path_, copy);
    const auto survivor = open(copy);
    ASSERT_NE(survivor, nullptr);
    for (const std::string& id : acknowledged) ASSERT_TRUE(survivor->load(gid{id})) << id << " in round " << round;
    EXPECT_TRUE(commit(*survivor, make(*survivor, "next")));
  }
}

}  // namespace
}  // namespace treaty
