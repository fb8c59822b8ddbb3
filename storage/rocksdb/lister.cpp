#include "storage/rocksdb/lister.hpp"

#include <algorithm>
#include <limits>

#include "core/model/record_size.hpp"
#include "storage/codec.hpp"

namespace treaty {
namespace {

std::vector<keys::list_class> classes_of(const list_query& query) {
  std::vector<keys::list_class> classes;
  for (const txn_status status : all_txn_statuses) {
    for (const trans_type type : all_trans_types) {
      for (const bool stuck : {false, true}) {
        if (matches(query, {status, type, stuck})) classes.push_back({status, type, stuck});
      }
    }
  }
  return classes;
}

list_span span_of(const list_query& query, const std::optional<keys::position_parts>& after) {
  list_span span{time_point::min(), {time_point::max(), std::numeric_limits<record_id>::max()}};
  if (is_set(query.created_from)) span.from = query.created_from;
  if (is_set(query.created_to) && query.created_to != time_point::max()) {
    span.before = {query.created_to + duration{1}, 0};
  }
  if (after) span.before = std::min(span.before, *after);
  return span;
}

/// All gids that begin with `prefix`, from `from` on. Views of the arguments stay in it.
class gid_walk {
public:
  gid_walk(const database& db, const rocksdb::ReadOptions& how, const std::string& prefix, const std::string& from)
      : behind_{keys::behind_prefix(prefix)}, upper_{slice(behind_)} {
    rocksdb::ReadOptions bounded = how;
    if (!behind_.empty()) bounded.iterate_upper_bound = &upper_;
    entry_.reset(db->NewIterator(bounded, db[family::gids]));
    entry_->Seek(slice(std::max(prefix, from)));
  }
  bool has_entry() const { return entry_->Valid(); }
  void next() { entry_->Next(); }
  std::string_view id() const { return view(entry_->key()); }
  result<codec::gid_entry> entry() const {
    auto decoded = codec::decode_gid(view(entry_->value()));
    if (!decoded) return at(family::gids, id(), decoded.error());
    return decoded;
  }
  result<void> status() const {
    return entry_->status().ok() ? result<void>{} : to_failure(entry_->status(), name_of(family::gids));
  }

private:
  const std::string behind_;
  const rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> entry_;
};

}  // namespace

result<list_page> lister::list(const list_query& query, const rocksdb::ReadOptions& how,
                               const std::vector<young_entry>& young, const ended_floors& floors) const {
  if (auto good = check_limit(query.limit); !good) return good.error();
  keys::list_position after;
  if (!query.after.empty()) {
    TREATY_TRY(after, keys::parse_list_cursor(query.after));
  }
  search at{query, how, young, floors, span_of(query, after.in_time), list_budget{query.bytes_max}, after.gids, {}};
  result<void> done;
  if (after.among_gids) {
    done = list_by_gid(at, *after.among_gids + '\0');
  } else if (query.gid_prefix.empty() || at.gids == keys::gids_found::too_many) {
    done = list_by_time(at);
  } else {
    TREATY_TRY(auto few, find_prefix(at));
    at.budget.restart();
    if (!few) at.gids = keys::gids_found::too_many;
    const bool is_first = query.after.empty();
    done = few                                           ? list_named(at, *std::move(few))
           : is_first && !narrows_classes_or_time(query) ? list_by_gid(at, {})
                                                         : list_by_time(at);
  }
  if (!done) return done.error();
  return std::move(at.page);
}

result<void> lister::list_by_time(search& at) const {
  TREATY_TRY(list_walk entries, list_walk::begin(db_, at.how, classes_of(at.query), at.span, at.young, at.floors));
  keys::position_parts last;
  while (entries.has_entry()) {
    if (at.is_over()) {
      at.page.next = keys::time_cursor(last, at.gids);
      return {};
    }
    last = entries.position();
    TREATY_TRY(const gid id, entries.id());
    if (id.value.starts_with(at.query.gid_prefix)) {
      if (auto looked = look_at(at, id, last.row); !looked) return looked;
    } else {
      at.budget.count_entry();
    }
    if (auto moved = entries.next(); !moved) return moved;
  }
  return {};
}

result<void> lister::list_by_gid(search& at, const std::string& after) const {
  gid_walk gids{db_, at.how, at.query.gid_prefix, after};
  std::string last;
  for (; gids.has_entry(); gids.next()) {
    if (at.is_over()) {
      at.page.next = keys::gid_cursor(last);
      return {};
    }
    last = gids.id();
    TREATY_TRY(const codec::gid_entry entry, gids.entry());
    if (!matches(at.query, entry.created)) {
      at.budget.count_entry();
      continue;
    }
    if (auto looked = look_at(at, gid{last}, entry.row); !looked) return looked;
  }
  return gids.status();
}

result<std::optional<std::vector<lister::named>>> lister::find_prefix(search& at) const {
  gid_walk gids{db_, at.how, at.query.gid_prefix, {}};
  std::vector<named> found;
  for (std::size_t seen = 0; gids.has_entry(); gids.next()) {
    if (++seen > prefix_matches_max) return std::optional<std::vector<named>>{};
    TREATY_TRY(const codec::gid_entry entry, gids.entry());
    const keys::position_parts position{entry.created, entry.row};
    if (entry.created >= at.span.from && position < at.span.before) {
      found.push_back({position, gid{std::string{gids.id()}}});
    }
  }
  if (auto ended = gids.status(); !ended) return ended.error();
  return std::optional{std::move(found)};
}

result<void> lister::list_named(search& at, std::vector<named> found) const {
  std::sort(found.begin(), found.end(), [](const named& a, const named& b) { return a.position > b.position; });
  for (const named& one : found) {
    if (at.is_over()) {
      at.page.next = keys::time_cursor((&one - 1)->position);
      return {};
    }
    if (auto looked = look_at(at, one.id, one.position.row); !looked) return looked;
  }
  return {};
}

/// Puts a record on the page when it is one of those that are asked for.
result<void> lister::look_at(search& at, const gid& id, record_id row) const {
  at.budget.count_record();
  if (!at.query.gid_prefix.empty()) {
    TREATY_TRY(const bool may, may_match(at, row));
    if (!may) return {};
  }
  TREATY_TRY(txn_record record, records_.load_row(at.how, id, row));
  at.budget.count_bytes(size_of(record));
  if (matches(at.query, record)) at.page.records.push_back(std::move(record));
  return {};
}

/// As far as the head of its progress says, which is read more quickly than a record.
result<bool> lister::may_match(const search& at, record_id row) const {
  if (!at.query.status && !at.query.type) return true;
  rocksdb::PinnableSlice value;
  const auto key = keys::make_row(row);
  if (auto read = db_.get(at.how, family::progress, key.view(), value); !read) {
    if (read.error().code == errc::not_found) return true;  // who loads it says what is wrong
    return read.error();
  }
  const auto head = codec::decode_progress_head(view(value));
  if (!head) return treaty::at(family::progress, key.view(), head.error());
  return (!at.query.status || *at.query.status == head->status) && (!at.query.type || *at.query.type == head->type);
}

}  // namespace treaty
