#include "storage/rocksdb/list_walk.hpp"

#include <algorithm>
#include <iterator>

#include "storage/codec.hpp"
#include "storage/rocksdb/reader.hpp"

namespace treaty {
namespace {

/// The least key behind this one.
std::string behind(const keys::listed_key& key) {
  return std::string{key.view()} + '\0';
}

std::string first_key(const keys::list_class& filed, const list_span& span) {
  if (is_final(filed.status)) return std::string{keys::make_ended(filed, span.from, 0).view()};
  return behind(keys::make_open(filed, span.before.created, span.before.row));
}

std::string behind_last(const keys::list_class& filed, const list_span& span) {
  if (is_final(filed.status)) {
    return std::string{keys::make_ended(filed, span.before.created, span.before.row).view()};
  }
  return behind(keys::make_open(filed, span.from, 0));
}

}  // namespace

class_walk::class_walk(const database& db, const rocksdb::ReadOptions& how, const keys::list_class& filed,
                       const list_span& span)
    : is_ended_{is_final(filed.status)},
      first_{first_key(filed, span)},
      behind_{behind_last(filed, span)},
      lower_{slice(first_)},
      upper_{slice(behind_)} {
  rocksdb::ReadOptions bounded = how;
  bounded.iterate_lower_bound = &lower_;
  bounded.iterate_upper_bound = &upper_;
  entry_.reset(db->NewIterator(bounded, db[from()]));
  is_ended_ ? entry_->SeekToLast() : entry_->SeekToFirst();
}

void class_walk::next() {
  is_ended_ ? entry_->Prev() : entry_->Next();
}

result<void> class_walk::status() const {
  return entry_->status().ok() ? result<void>{} : to_failure(entry_->status(), name_of(from()));
}

result<keys::position_parts> class_walk::position() const {
  const std::string_view key = view(entry_->key());
  const auto parts = is_ended_ ? keys::parse_ended(key) : keys::parse_open(key);
  if (!parts) return at(from(), key, {errc::corrupt, "is no key of this family"});
  return parts->position;
}

result<gid> class_walk::id() const {
  if (is_ended_) {
    auto entry = codec::decode_ended(view(entry_->value()));
    if (!entry) return at(from(), view(entry_->key()), entry.error());
    return std::move(entry->gid);
  }
  auto id = codec::decode_open(view(entry_->value()));
  if (!id) return at(from(), view(entry_->key()), id.error());
  return id;
}

young_walk::young_walk(const std::vector<young_entry>& young, const std::vector<keys::list_class>& classes,
                       const list_span& span) {
  std::copy_if(young.begin(), young.end(), std::back_inserter(entries_), [&](const young_entry& one) {
    const bool is_asked_for = std::find(classes.begin(), classes.end(), one.filed) != classes.end();
    return is_asked_for && one.position.created >= span.from && one.position < span.before;
  });
  std::sort(entries_.begin(), entries_.end(),
            [](const young_entry& left, const young_entry& right) { return left.position > right.position; });
}

result<list_walk> list_walk::begin(const database& db, const rocksdb::ReadOptions& how,
                                   const std::vector<keys::list_class>& classes, const list_span& span,
                                   const std::vector<young_entry>& young, const ended_floors& floors) {
  list_walk out;
  for (const keys::list_class& one : classes) {
    list_span own = span;
    if (is_final(one.status)) own.from = std::max(own.from, floors.of(keys::class_byte(one)));
    if (own.from > own.before.created) continue;
    if (auto added = out.add(std::make_unique<class_walk>(db, how, one, own)); !added) return added.error();
  }
  if (auto added = out.add(std::make_unique<young_walk>(young, classes, span)); !added) return added.error();
  out.find_newest();
  return out;
}

result<void> list_walk::add(std::unique_ptr<entry_walk> walk) {
  if (!walk->has_entry()) return walk->status();
  TREATY_TRY(const keys::position_parts position, walk->position());
  walks_.push_back({std::move(walk), position});
  return {};
}

result<void> list_walk::next() {
  standing& moved = walks_[newest_];
  moved.walk->next();
  if (moved.walk->has_entry()) {
    TREATY_TRY(moved.position, moved.walk->position());
  } else {
    if (auto ended = moved.walk->status(); !ended) return ended;
    walks_.erase(walks_.begin() + static_cast<std::ptrdiff_t>(newest_));
  }
  find_newest();
  return {};
}

void list_walk::find_newest() {
  const auto newest = std::max_element(walks_.begin(), walks_.end(), [](const standing& left, const standing& right) {
    return left.position < right.position;
  });
  newest_ = static_cast<std::size_t>(newest - walks_.begin());
}

}  // namespace treaty
