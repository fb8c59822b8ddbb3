#include "storage/rocksdb/gid_look_up.hpp"

#include <algorithm>

namespace treaty {

void gid_look_up::ask(std::span<const write_set> writes) {
  places_.resize(writes.size());
  let_go();
  for (std::size_t index = 0; index < writes.size(); ++index) {
    if (writes[index].expected != 0) continue;
    places_[index] = static_cast<std::uint32_t>(gids_.size());
    gids_.push_back(slice(writes[index].gid.value));
  }
  if (gids_.empty()) return;
  make_room();
  if (gids_.size() == 1) {
    statuses_[0] = db_->Get({}, db_[family::gids], gids_[0], &values_[0]);  // without the preparations for many
  } else {
    db_->MultiGet({}, db_[family::gids], gids_.size(), gids_.data(), values_.get(), statuses_.data());
  }
}

/// Of all that were found the last time: a value keeps its whole block in memory.
void gid_look_up::let_go() {
  for (std::size_t at = 0; at < gids_.size(); ++at) values_[at].Reset();
  gids_.clear();
}

void gid_look_up::make_room() {
  if (gids_.size() <= statuses_.size()) return;
  statuses_.resize(std::max(gids_.size(), 2 * statuses_.size()));
  values_ = std::make_unique<rocksdb::PinnableSlice[]>(statuses_.size());
}

result<std::optional<codec::gid_entry>> gid_look_up::answer(std::size_t index) const {
  const std::size_t at = places_[index];
  if (statuses_[at].IsNotFound()) return std::optional<codec::gid_entry>{};
  if (!statuses_[at].ok()) return to_failure(statuses_[at], name_key(family::gids, view(gids_[at])));
  TREATY_TRY(const codec::gid_entry stored, codec::decode_gid(view(values_[at])));
  return std::optional{stored};
}

}  // namespace treaty
