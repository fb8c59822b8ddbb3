#include "storage/rules.hpp"

#include <algorithm>
#include <limits>

#include "core/msg/advance.hpp"
#include "core/saga/advance.hpp"

namespace treaty {
namespace {

// Above, a damaged one would soon overflow.
constexpr revision revision_most = std::numeric_limits<revision>::max() / 2;

}  // namespace

result<void> check_storable(const write_set& set) {
  const auto refuse = [](std::string why) -> result<void> { return failure{errc::invalid_argument, std::move(why)}; };
  if (set.gid.empty()) return refuse("gid is empty");
  if (set.gid.value.size() > gid_length_max) {
    return refuse("gid has " + std::to_string(set.gid.value.size()) + " bytes, at most " +
                  std::to_string(gid_length_max) + " are stored");
  }
  if (set.row == 0) return refuse("write set of " + set.gid.value + " has no row");
  if (set.progress.revision != set.expected + 1) return refuse("write set of " + set.gid.value + " skips a revision");
  if (set.expected == 0 && set.definition == nullptr)
    return refuse("first write of " + set.gid.value + " defines nothing");
  if (set.definition != nullptr && set.definition->gid != set.gid) {
    return refuse("write set of " + set.gid.value + " defines " + set.definition->gid.value);
  }
  return {};
}

result<void> check_limit(std::size_t limit) {
  if (limit == 0) return failure{errc::invalid_argument, "a page needs a limit of at least 1"};
  return {};
}

result<void> check_guard(const write_set& set, revision stored, record_id stored_row) {
  if (stored != set.expected) {
    return failure{errc::conflict, set.gid.value + " is at revision " + std::to_string(stored) + ", not " +
                                       std::to_string(set.expected)};
  }
  if (stored != 0 && stored_row != set.row) {
    return failure{errc::conflict, set.gid.value + " is kept in row " + std::to_string(stored_row) + ", not " +
                                       std::to_string(set.row)};
  }
  return {};
}

result<void> check_storable(const kv_record& record, std::uint64_t expected) {
  const auto refuse = [](std::string why) -> result<void> { return failure{errc::invalid_argument, std::move(why)}; };
  if (record.category.empty() || record.key.empty()) return refuse("kv record without category or key");
  if (record.category.find('\0') != std::string::npos) return refuse("category holds a zero byte");
  if (record.category.size() > kv_category_bytes_max) return refuse("category is too long");
  if (record.key.size() > kv_key_bytes_max) {
    return refuse("key has " + std::to_string(record.key.size()) + " bytes, at most " +
                  std::to_string(kv_key_bytes_max) + " are stored");
  }
  if (record.value.size() > kv_value_bytes_max) {
    return refuse("value has " + std::to_string(record.value.size()) + " bytes, at most " +
                  std::to_string(kv_value_bytes_max) + " are stored");
  }
  if (record.version != expected + 1) return refuse(record.category + ' ' + record.key + " skips a version");
  return {};
}

result<void> check_guard(const kv_record& record, std::uint64_t expected, std::uint64_t stored) {
  if (expected == stored) return {};
  const std::string name = record.category + ' ' + record.key;
  if (expected == 0) return failure{errc::already_exists, name + " is stored"};
  return failure{errc::conflict,
                 name + " is at version " + std::to_string(stored) + ", not " + std::to_string(expected)};
}

result<void> check_readable(const txn_record& record) {
  const auto refuse = [](std::string why) -> result<void> { return failure{errc::corrupt, std::move(why)}; };
  const txn_definition& definition = *record.definition;
  const std::size_t legs = record.progress.legs.size();
  const bool has_steps = definition.type == trans_type::saga || definition.type == trans_type::msg;
  const std::size_t wanted = has_steps ? initial_leg_count(definition) : record.branches.size();
  if (legs != wanted) {
    return refuse("has " + std::to_string(legs) + " legs; its " + (has_steps ? "steps" : "branches") + " make " +
                  std::to_string(wanted));
  }
  if (has_steps && !record.branches.empty()) return refuse("has branches beside its steps");
  if (record.progress.revision > revision_most) return refuse("has a revision that nothing reaches");
  if (definition.create_time > time_point::max() - longest_wait) return refuse("was created too late for any clock");
  if (definition.type == trans_type::saga) {
    if (auto usable = saga::check(definition); !usable) return refuse(usable.error().detail);
  } else if (definition.type == trans_type::msg) {
    if (auto usable = msg::check(definition); !usable) return refuse(usable.error().detail);
  }
  return {};
}

void sort_by_number(std::vector<history_page>& pages) {
  std::sort(pages.begin(), pages.end(),
            [](const history_page& left, const history_page& right) { return left.number < right.number; });
}

failure no_kv(const std::string& category, const std::string& key) {
  return {errc::not_found, category + ' ' + key + " is not stored"};
}

bool matches(const list_query& query, const keys::list_class& filed) {
  if (query.status && *query.status != filed.status) return false;
  if (query.type && *query.type != filed.type) return false;
  return !query.stuck || *query.stuck == filed.stuck;
}

bool matches(const list_query& query, time_point created) {
  if (is_set(query.created_from) && created < query.created_from) return false;
  return !is_set(query.created_to) || created <= query.created_to;
}

bool matches(const list_query& query, const txn_record& record) {
  return matches(query, class_of(record)) && matches(query, record.definition->create_time) &&
         record.definition->gid.value.starts_with(query.gid_prefix) &&
         (query.destination.empty() || calls_destination(record, query.destination));
}

bool narrows_classes_or_time(const list_query& query) {
  return query.status || query.type || query.stuck || is_set(query.created_from) || is_set(query.created_to);
}

keys::list_class class_of(const txn_record& record) {
  return {record.progress.status, record.definition->type, record.progress.stuck};
}

bool may_expire(const codec::ended_entry& entry, time_point finished_before) {
  return entry.end < finished_before;
}

}  // namespace treaty
