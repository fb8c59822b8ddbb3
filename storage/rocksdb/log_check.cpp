#include "storage/rocksdb/log_check.hpp"

#include <rocksdb/db.h>
#include <rocksdb/wal_filter.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <set>

#include "storage/rocksdb/database.hpp"
#include "storage/rocksdb/log_scan.hpp"
#include "storage/rocksdb/silent_log.hpp"
#include "storage/rocksdb/tuning.hpp"

namespace treaty {
namespace {

namespace files = std::filesystem;
constexpr std::string_view log_ending = ".log";

/// Hears what RocksDB would replay, and has it keep none of it.
class replay_witness final : public rocksdb::WalFilter {
public:
  void ColumnFamilyLogNumberMap(const std::map<std::uint32_t, std::uint64_t>& logs,
                                const std::map<std::string, std::uint32_t>&) override {
    for (const auto& [id, number] : logs) first_log_ = std::min(first_log_, number);
  }
  WalProcessingOption LogRecordFound(unsigned long long log, const std::string&, const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch*, bool*) override {
    replayed_logs_.insert(log);
    const std::string& bytes = batch.Data();
    std::uint64_t first = 0;  // eight bytes, little endian, in front of the batch
    for (std::size_t at = 8; at > 0; --at) first = first << 8 | static_cast<unsigned char>(bytes[at - 1]);
    if (end_ != 0 && first > end_ && gap_ == 0) gap_ = first;
    end_ = std::max<std::uint64_t>(end_, first + batch.Count());
    return WalProcessingOption::kIgnoreCurrentRecord;
  }
  const char* Name() const override { return "treaty.replay_witness"; }
  /// Behind the last write that is replayed; 0: none is.
  std::uint64_t end() const { return end_; }
  /// The first write in front of which others are missing; 0: none.
  std::uint64_t gap() const { return gap_; }
  /// What of it counts is not in the database's files already.
  bool needs(const log_scan& log) const {
    if (log.number < first_log_) return false;
    return replayed_logs_.contains(log.number) || !log.damaged || log.damaged->whole_before == 0;
  }

private:
  std::uint64_t first_log_ = std::numeric_limits<std::uint64_t>::max();
  std::set<std::uint64_t> replayed_logs_;
  std::uint64_t end_ = 0;
  std::uint64_t gap_ = 0;
};

result<std::vector<log_scan>> scan_all(const std::string& path) {
  std::vector<log_scan> scans;
  std::error_code error;
  for (const auto& entry : files::directory_iterator{path, error}) {
    const std::string name = entry.path().filename().string();
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
    if (parsed.ec != std::errc{} || std::string_view{parsed.ptr} != log_ending) continue;
    TREATY_TRY(log_scan one, scan_log(number, entry.path().string()));
    scans.push_back(std::move(one));
  }
  if (error) return failure{errc::unavailable, path + " cannot be read: " + error.message()};
  std::sort(scans.begin(), scans.end(), [](const log_scan& a, const log_scan& b) { return a.number < b.number; });
  return scans;
}

/// Every byte is whole and no write is missing, whichever of the logs are still needed.
bool are_whole(const std::vector<log_scan>& scans) {
  std::uint64_t end = 0;
  for (const log_scan& one : scans) {
    if (one.damaged || one.gap_before || (end != 0 && one.first > end)) return false;
    end = std::max(end, one.end);
  }
  return true;
}

/// Asks RocksDB, which knows what of the logs is in its files already.
rocksdb::Status rehearse(const std::string& path, const std::vector<std::string>& families, replay_witness& witness) {
  rocksdb::DBOptions options;
  options.info_log = std::make_shared<silent_log>();
  options.wal_recovery_mode = log_recovery_mode;
  options.wal_filter = &witness;
  std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
  for (const std::string& name : families) wanted.emplace_back(name, rocksdb::ColumnFamilyOptions{});
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::OpenForReadOnly(options, path, wanted, &handles, &opened);
  const std::unique_ptr<rocksdb::DB> db{opened};
  for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  return status;
}

std::string words(const log_scan& log) {
  return log.file + " at byte " + std::to_string(log.damaged->offset);
}

failure lost(const log_scan& damaged, const std::vector<log_scan>& scans) {
  std::string text = "the write-ahead log " + words(damaged) + " is damaged, and ";
  text += damaged.damaged->whole_behind > 0 ? std::to_string(damaged.damaged->whole_behind) + " whole writes follow"
                                            : "whole writes follow in later logs";
  text +=
      ": they were acknowledged and would be lost. Nothing was changed. Restore the directory from a backup or a "
      "snapshot; or, to go on without them, save a copy, then cut the log off there: truncate -s " +
      std::to_string(damaged.damaged->offset) + ' ' + damaged.file;
  std::string later;
  for (const log_scan& one : scans)
    if (one.number > damaged.number && one.first != 0) later += ' ' + files::path{one.file}.filename().string();
  if (!later.empty()) text += ", and move away" + later;
  return {errc::corrupt, std::move(text)};
}

result<std::string> judge(const std::vector<log_scan>& scans, const replay_witness& replayed, const std::string& path) {
  const auto damaged =
      std::find_if(scans.begin(), scans.end(), [&](const log_scan& one) { return one.damaged && replayed.needs(one); });
  if (damaged != scans.end()) {
    const bool has_more = damaged->damaged->whole_behind > 0 && damaged->end > replayed.end();
    const bool is_followed =
        std::any_of(damaged + 1, scans.end(), [&](const log_scan& one) { return one.end > replayed.end(); });
    if (has_more || is_followed) return lost(*damaged, scans);
  }
  if (replayed.gap() != 0) {
    return failure{errc::corrupt, path + ": write-ahead logs are missing: of the writes in front of number " +
                                      std::to_string(replayed.gap()) +
                                      " some are not there. Nothing was changed. Restore the directory from a backup "
                                      "or a snapshot."};
  }
  if (damaged == scans.end()) return std::string{};
  return words(*damaged) + ", " + std::to_string(damaged->damaged->bytes) + " bytes";
}

}  // namespace

result<std::string> check_logs(const std::string& path, const std::vector<std::string>& families) {
  TREATY_TRY(const std::vector<log_scan> scans, scan_all(path));
  if (are_whole(scans)) return std::string{};
  replay_witness witness;
  const auto status = rehearse(path, families, witness);
  if (status.ok()) return judge(scans, witness, path);
  const auto damaged = std::find_if(scans.begin(), scans.end(), [](const log_scan& one) { return one.damaged; });
  if (status.IsCorruption() && damaged != scans.end()) return lost(*damaged, scans);
  return to_failure(status, path);
}

}  // namespace treaty
