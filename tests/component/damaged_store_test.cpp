// A store whose files were damaged behind its back. What was acknowledged is there, or the store is not opened and says
// why and what can be done: never a loss without a word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "storage/rocksdb/rocksdb_store.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/store_kit.hpp"

namespace treaty {
namespace {

namespace files = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr int records = 40;

std::string read_all(const files::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write_all(const files::path& file, const std::string& bytes) {
  std::ofstream{file, std::ios::binary | std::ios::trunc} << bytes;
}

class DamagedStore : public testing::Test {
protected:
  DamagedStore() {
    const files::path live = directory_.path() / "live";
    const auto store = open(live);
    for (int number = 0; number < records; ++number) {
      // Small and large ones: some lie within one block of the log, some over several.
      const std::size_t bytes = number % 8 == 3 ? 20'000 : 50;
      const write_set set =
          kit::creation(kit::make_saga(name(number), 2, bytes, kit::moment(number)), (*store)->next_row());
      EXPECT_TRUE((*store)->commit({&set, 1}, durability::synced).front());
    }
    files::copy(live, original_);  // what a killed process would have left
  }

  static std::string name(int number) { return "g" + std::to_string(number); }
  static result<std::unique_ptr<store>> open(const files::path& path) {
    rocksdb_options options;
    options.path = path.string();
    options.block_cache_bytes = 1 << 20;
    return open_rocksdb_store(options);
  }
  /// A fresh copy of the store.
  files::path copy() {
    const files::path path = directory_.path() / "copy";
    files::remove_all(path);
    files::copy(original_, path);
    return path;
  }
  /// The log that all the records are in.
  static files::path log_of(const files::path& path) {
    files::path longest;
    for (const auto& entry : files::directory_iterator{path}) {
      if (entry.path().extension() != ".log") continue;
      if (longest.empty() || files::file_size(entry.path()) > files::file_size(longest)) longest = entry.path();
    }
    return longest;
  }
  /// How many records are there, counted from the first one; those behind them must all be missing.
  static int kept(store& opened) {
    int count = 0;
    while (count < records && opened.load(gid{name(count)})) ++count;
    for (int number = count; number < records; ++number) {
      EXPECT_FALSE(opened.load(gid{name(number)})) << number << " is there and " << count << " is not";
    }
    return count;
  }
  /// All, all but the one that the damage may have taken for a torn write, or -1: refused, and said why.
  static int outcome(const files::path& path, const std::string& context) {
    const auto opened = open(path);
    if (opened) return kept(**opened);
    EXPECT_EQ(opened.error().code, errc::corrupt) << context;
    EXPECT_THAT(opened.error().detail, AllOf(HasSubstr(path.string()), HasSubstr("othing was changed"))) << context;
    return -1;
  }

  kit::scratch_directory directory_;
  files::path original_ = directory_.path() / "original";
};

// Wherever a bit of the log turns over: only the very last write may be taken for one that a crash cut off.
TEST_F(DamagedStore, LosesNoAcknowledgedWriteToABadByteWithoutAWord) {
  const std::string good = read_all(log_of(original_));
  int refused = 0;
  for (std::size_t at = 3; at < good.size(); at += 1 + good.size() / 120) {
    const files::path path = copy();
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    write_all(log_of(path), bad);
    const int found = outcome(path, "byte " + std::to_string(at));
    refused += found < 0 ? 1 : 0;
    EXPECT_TRUE(found < 0 || found >= records - 1) << found << " are left after byte " << at << " of " << good.size();
  }
  EXPECT_GT(refused, 60);
}

// RocksDB takes zeros for the end of a block and goes on behind them.
TEST_F(DamagedStore, RefusesALogWithAHole) {
  const std::string good = read_all(log_of(original_));
  for (const std::size_t size : {std::size_t{512}, std::size_t{4'096}, std::size_t{40'000}}) {
    for (std::size_t at = 4'096; at + size + 4'096 < good.size(); at += good.size() / 7) {
      const files::path path = copy();
      write_all(log_of(path), std::string{good}.replace(at, size, std::string(size, '\0')));
      EXPECT_EQ(outcome(path, "hole"), -1) << size << " bytes at " << at;
    }
  }
}

// A crash of the machine leaves any part of the last write, or a block's old bytes behind it. That is no reason not to
// start.
TEST_F(DamagedStore, OpensWithWhateverACrashLeavesAtTheEnd) {
  const std::string good = read_all(log_of(original_));
  for (const std::string& rest : {std::string(5, '\1'), std::string(5'000, '\0'), std::string(70'000, 'x')}) {
    const files::path path = copy();
    write_all(log_of(path), good + rest);
    EXPECT_EQ(outcome(path, "tail"), records) << rest.size() << " bytes behind the end";
  }
  int last = records;
  for (std::size_t cut = 1; cut < good.size(); cut += 1 + cut / 3) {
    const files::path path = copy();
    write_all(log_of(path), good.substr(0, good.size() - cut));
    const int found = outcome(path, "cut");
    EXPECT_GE(found, 0) << cut;
    EXPECT_LE(found, last) << cut;
    last = found;
  }
}

TEST_F(DamagedStore, ATornEndIsToldInTheLog) {
  const files::path path = copy();
  const std::string good = read_all(log_of(path));
  write_all(log_of(path), good.substr(0, good.size() - 10));
  testing::internal::CaptureStderr();
  EXPECT_EQ(outcome(path, "torn"), records - 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), AllOf(HasSubstr("was cut off"), HasSubstr(".log at byte ")));
  testing::internal::CaptureStderr();
  EXPECT_EQ(outcome(path, "torn"), records - 1);  // and only once
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// What the refusal proposes works: the operator decides to go on without what follows the damage.
TEST_F(DamagedStore, GoesOnAsTheRefusalProposes) {
  const files::path path = copy();
  std::string bad = read_all(log_of(path));
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
  write_all(log_of(path), bad);
  const auto refused = open(path);
  ASSERT_FALSE(refused);
  std::smatch command;
  const std::string why = refused.error().detail;
  ASSERT_TRUE(std::regex_search(why, command, std::regex{"truncate -s ([0-9]+) ([^ ,]+)"})) << why;
  files::resize_file(command[2].str(), std::stoul(command[1].str()));
  const auto opened = open(path);
  ASSERT_TRUE(opened) << opened.error().detail;
  const int found = kept(**opened);
  EXPECT_GT(found, 0);
  EXPECT_LT(found, records);
}

// A crash may come before an old log is removed. Whatever such a log holds, it says nothing about what is stored.
TEST_F(DamagedStore, DoesNotMindALogWhoseWritesAreInItsFilesAlready) {
  const files::path path = copy();
  const files::path log = log_of(path);
  const std::string good = read_all(log);
  {
    const auto store = open(path);  // a second life makes files of what it found, and has a log of its own
    ASSERT_TRUE(store);
    const write_set set = kit::creation(kit::make_saga("later", 2, 50, kit::moment(99)), (*store)->next_row());
    ASSERT_TRUE((*store)->commit({&set, 1}, durability::synced).front());
  }
  for (const std::string& left : {good, good.substr(0, good.size() - 10), good.substr(0, 100), std::string(900, 'x')}) {
    write_all(log, left);
    const auto opened = open(path);
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_EQ(kept(**opened), records);
    EXPECT_TRUE((*opened)->load(gid{"later"}));
  }
}

// While some families are written to files and others are not, several logs are needed.
TEST_F(DamagedStore, RefusesDamageInAnEarlierLogThatIsStillNeeded) {
  const files::path path = directory_.path() / "several";
  const files::path left = directory_.path() / "left";
  {
    rocksdb_options options;
    options.path = path.string();
    options.write_buffer_bytes = 1 << 20;
    const auto store = open_rocksdb_store(options);
    ASSERT_TRUE(store);
    for (int number = 0; number < 300; ++number) {
      const write_set set =
          kit::creation(kit::make_saga(name(number), 2, 3'000, kit::moment(number)), (*store)->next_row());
      ASSERT_TRUE((*store)->commit({&set, 1}, durability::synced).front());
    }
    // As a killed process would have left it. RocksDB may still write and remove files of its own accord.
    ASSERT_TRUE(kit::eventually([&] {
      std::error_code moved_on;
      files::remove_all(left);
      files::copy(path, left, moved_on);
      return !moved_on;
    }));
  }
  std::vector<files::path> logs;
  for (const auto& entry : files::directory_iterator{left}) {
    if (entry.path().extension() == ".log" && files::file_size(entry.path()) > 10'000) logs.push_back(entry.path());
  }
  std::sort(logs.begin(), logs.end());
  ASSERT_GT(logs.size(), 1U);
  std::string bad = read_all(logs.front());
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
  write_all(logs.front(), bad);
  const auto refused = open(left);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::corrupt);
  EXPECT_THAT(refused.error().detail,
              AllOf(HasSubstr(logs.front().string() + " at byte "), HasSubstr(", and move away")));
  if (logs.size() < 3) return;
  files::remove(logs[1]);
  const auto incomplete = open(left);
  ASSERT_FALSE(incomplete);
  EXPECT_EQ(incomplete.error().code, errc::corrupt);
}

struct damage {
  const char* name;
  void (*make)(const files::path& store);
  const char* said;
};
void PrintTo(const damage& one, std::ostream* out) {
  *out << one.name;
}

files::path file_like(const files::path& store, const std::string& part) {
  for (const auto& entry : files::directory_iterator{store}) {
    if (entry.path().filename().string().find(part) != std::string::npos) return entry.path();
  }
  return {};
}

class DamagedFile : public DamagedStore, public testing::WithParamInterface<damage> {};

TEST_P(DamagedFile, IsNamedAndTheStoreLeftAlone) {
  const files::path path = copy();
  { ASSERT_TRUE(open(path)); }  // a restart makes sorted files of the log
  ASSERT_FALSE(file_like(path, ".sst").empty());
  GetParam().make(path);
  const auto refused = open(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::corrupt) << refused.error().detail;
  EXPECT_THAT(refused.error().detail, AllOf(HasSubstr(path.string()), HasSubstr(GetParam().said),
                                            HasSubstr("nothing was changed: restore the directory")));
}

INSTANTIATE_TEST_SUITE_P(
    Each, DamagedFile,
    testing::Values(
        damage{"a missing manifest", [](const files::path& it) { files::remove(file_like(it, "MANIFEST")); },
               "MANIFEST"},
        damage{"a scrambled manifest", [](const files::path& it) { write_all(file_like(it, "MANIFEST"), "scrambled"); },
               "MANIFEST"},
        damage{"a missing CURRENT", [](const files::path& it) { files::remove(it / "CURRENT"); }, "CURRENT is missing"},
        damage{"an empty CURRENT", [](const files::path& it) { write_all(it / "CURRENT", ""); }, "CURRENT"},
        damage{"a CURRENT that points nowhere",
               [](const files::path& it) { write_all(it / "CURRENT", "MANIFEST-999999\n"); }, "MANIFEST-999999"},
        damage{"a missing sorted file", [](const files::path& it) { files::remove(file_like(it, ".sst")); },
               "MANIFEST"},
        damage{"an empty sorted file", [](const files::path& it) { files::resize_file(file_like(it, ".sst"), 0); },
               ".sst"},
        damage{"a sorted file without its end",
               [](const files::path& it) {
                 const files::path file = file_like(it, ".sst");
                 files::resize_file(file, files::file_size(file) - 60);
               },
               ".sst"}));

// Damage within a sorted file is met when it is read: those that cannot be read are named, the others are served.
TEST_F(DamagedStore, NamesTheTransactionsThatADamagedBlockHolds) {
  const files::path path = copy();
  { ASSERT_TRUE(open(path)); }
  files::path longest = file_like(path, ".sst");
  for (const auto& entry : files::directory_iterator{path}) {
    const bool is_longer = entry.path().extension() == ".sst" && files::file_size(entry) > files::file_size(longest);
    if (is_longer) longest = entry.path();
  }
  std::string bytes = read_all(longest);
  for (std::size_t at = bytes.size() / 2; at < bytes.size() / 2 + 64; ++at)
    bytes[at] = static_cast<char>(bytes[at] ^ 7);
  write_all(longest, bytes);
  const auto opened = open(path);
  ASSERT_TRUE(opened) << opened.error().detail;
  int whole = 0;
  int named = 0;
  testing::internal::CaptureStderr();
  for (int number = 0; number < records; ++number) {
    const auto loaded = (*opened)->load(gid{name(number)});
    whole += loaded ? 1 : 0;
    if (loaded) continue;
    EXPECT_EQ(loaded.error().code, errc::corrupt);
    EXPECT_THAT(loaded.error().detail, HasSubstr(longest.filename().string()));
    named += 1;
  }
  EXPECT_GT(whole, 0);
  EXPECT_GT(named, 0);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("the store's files are damaged"));
  EXPECT_EQ((*opened)->health().state, store_state::serving);
}

/// Damages the first block of the sorted files of a family. A sorted file names its family in its properties.
void damage_family(const files::path& store, const std::string& family) {
  int damaged = 0;
  for (const auto& entry : files::directory_iterator{store}) {
    if (entry.path().extension() != ".sst") continue;
    std::string bytes = read_all(entry.path());
    const std::size_t named = bytes.find("name" + family);
    if (named == std::string::npos) continue;
    bytes[10] = static_cast<char>(bytes[10] ^ 0xff);
    write_all(entry.path(), bytes);
    ++damaged;
  }
  ASSERT_GT(damaged, 0) << family;
}

// What a start has to read is not left as it is: nobody would carry out what is due, or rows would be handed out again.
TEST_F(DamagedStore, IsNamedWhenABlockIsDamagedThatAStartNeeds) {
  const auto told = AllOf(HasSubstr("copy is a store, and damaged: restore the directory"), HasSubstr(".sst"));
  const files::path without_marks = copy();
  { ASSERT_TRUE(open(without_marks)); }
  damage_family(without_marks, "meta");
  write_all(log_of(without_marks), "");  // which holds what the last start wrote there
  const auto refused = open(without_marks);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::corrupt);
  EXPECT_THAT(refused.error().detail, told);

  const files::path without_due = copy();
  { ASSERT_TRUE((*open(without_due))->due({})); }
  { ASSERT_TRUE(open(without_due)); }
  damage_family(without_due, "due");
  const auto opened = open(without_due);
  ASSERT_TRUE(opened) << opened.error().detail;
  const auto due = (*opened)->due({});
  ASSERT_FALSE(due);
  EXPECT_EQ(due.error().code, errc::corrupt);
  EXPECT_THAT(due.error().detail, told);
}

}  // namespace
}  // namespace treaty
