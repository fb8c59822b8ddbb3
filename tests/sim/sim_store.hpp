#pragma once

#include "storage/store.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/engine.hpp"

namespace treaty::sim {

/// How bad the disk is; shares in percent of commits.
struct disk_faults {
  std::size_t slow = 0;
  std::size_t failing = 0;
  duration slowest{};
};

/// The store of one life of the coordinator, over the disk that outlives it.
class sim_store final : public store {
public:
  sim_store(disk& under, engine& all, dice& chance, disk_faults how)
      : under_{under}, all_{all}, chance_{chance}, how_{how} {}

  /// The process died: from here on nothing reaches the disk.
  void cut_off() { cut_off_ = true; }
  /// From here on everything works, at once or soon.
  void mend() { how_ = {}; }

  record_id next_row() override { return under_.next_row(); }
  std::vector<result<void>> commit(std::span<const write_set> writes, durability d) override;
  result<txn_record> load(const gid& id) const override;
  result<std::vector<history_page>> load_history(const gid& id) const override;
  result<due_page> due(const due_query& query) const override;
  result<list_page> list(const list_query& query) const override;
  result<std::size_t> expire(time_point, std::size_t) override { return std::size_t{0}; }
  result<void> put_kv(const kv_record&, std::uint64_t) override { return refusal(); }
  result<void> delete_kv(const std::string&, const std::string&) override { return refusal(); }
  result<kv_record> load_kv(const std::string&, const std::string&) const override;
  result<kv_page> list_kv(const kv_query&) const override { return kv_page{}; }
  store_health health() const override;
  store_figures figures() const override { return {}; }

private:
  failure refusal() const { return {errc::unavailable, "the disk is away"}; }
  bool is_serving() const { return !cut_off_ && all_.clock() >= serves_from_; }
  std::vector<result<void>> fail(std::span<const write_set> writes, std::vector<result<void>> results);
  void report_failed(std::span<const write_set> writes);
  void read_slowly() const;

  disk& under_;
  engine& all_;
  dice& chance_;
  disk_faults how_;
  bool cut_off_ = false;
  time_point serves_from_{};
};

}  // namespace treaty::sim
