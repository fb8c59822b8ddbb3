#include "app/store_metrics.hpp"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>

namespace treaty {
namespace {

constexpr std::array all_states{store_state::serving, store_state::read_only, store_state::failed};

std::string word(store_state state) {
  switch (state) {
    case store_state::serving:
      return "serving";
    case store_state::read_only:
      return "read_only";
    case store_state::failed:
      return "failed";
  }
  return "unnamed";
}

}  // namespace

store_metrics::store_metrics(prometheus::Registry& registry) {
  auto& family = prometheus::BuildGauge()
                     .Name("treaty_store_state")
                     .Help(
                         "1 for the state that the store is in: serving; read_only (the disk is full, or failed a "
                         "write: it is tried again every second); failed (only a restart finds out what is stored).")
                     .Register(registry);
  for (std::size_t at = 0; at < all_states.size(); ++at) states_[at] = &family.Add({{"state", word(all_states[at])}});
  auto& memory = prometheus::BuildGauge()
                     .Name("treaty_store_memory_bytes")
                     .Help(
                         "Memory of the store by part: memtables (written, not yet in a file: Store.WriteBuffer bounds "
                         "it); block_cache (Store.BlockCache bounds it); table_readers (of open files).")
                     .Register(registry);
  memtables_ = &memory.Add({{"part", "memtables"}});
  block_cache_ = &memory.Add({{"part", "block_cache"}});
  table_readers_ = &memory.Add({{"part", "table_readers"}});
  files_ = &prometheus::BuildGauge()
                .Name("treaty_store_files_bytes")
                .Help("Size of the store's files on the disk, without its logs.")
                .Register(registry)
                .Add({});
  held_up_ = &prometheus::BuildGauge()
                  .Name("treaty_store_writers_held_up")
                  .Help("1 while the store slows commits down, because it cannot write its files as fast as they come.")
                  .Register(registry)
                  .Add({});
}

void store_metrics::refresh(const store_health& health, const store_footprint& takes) {
  for (std::size_t at = 0; at < all_states.size(); ++at) states_[at]->Set(all_states[at] == health.state ? 1 : 0);
  memtables_->Set(static_cast<double>(takes.memtables));
  block_cache_->Set(static_cast<double>(takes.block_cache));
  table_readers_->Set(static_cast<double>(takes.table_readers));
  files_->Set(static_cast<double>(takes.files));
  held_up_->Set(takes.holds_writers_up ? 1 : 0);
}

}  // namespace treaty
