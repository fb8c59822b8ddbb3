// Positions that travel through clients, and keys as they stand in the store. The first byte: what the rest is.

#include <memory>
#include <set>

#include "storage/keys.hpp"
#include "storage/memory/memory_store.hpp"
#include "storage/store.hpp"
#include "tests/fuzz/check.hpp"

namespace treaty::fuzz {
namespace {

constexpr std::size_t stored = 7;

/// A few records of each kind, made once.
const store& some_store() {
  static const std::unique_ptr<store> made = [] {
    auto out = make_memory_store();
    for (std::size_t at = 0; at < stored; ++at) {
      auto definition = std::make_shared<txn_definition>();
      definition->gid = gid{"g" + std::to_string(at)};
      definition->create_time = time_point{std::chrono::seconds{1'000'000 + 10 * at}};
      write_set write;
      write.gid = definition->gid;
      write.row = out->next_row();
      write.progress.revision = 1;
      write.progress.due = definition->create_time;
      write.create_time = definition->create_time;
      write.definition = std::move(definition);
      FUZZ_CHECK(out->commit({&write, 1}, durability::synced).front());
      FUZZ_CHECK(out->put_kv({"topics", "t" + std::to_string(at), "[]", 1, {}, {}}, 0));
    }
    return out;
  }();
  return *made;
}

/// Pages from any accepted position end, and show nothing twice.
template <class Query, class Read, class NameOf>
void walk(std::string_view position, Query query, Read read, NameOf name_of) {
  query.after = position;
  query.limit = 2;
  std::set<std::string> seen;
  for (std::size_t pages = 0;; ++pages) {
    FUZZ_CHECK(pages <= stored, "pages without end");
    const auto page = read(query);
    if (!page) {
      FUZZ_CHECK(pages == 0 && page.error().code == errc::invalid_argument, page.error().detail);
      return;
    }
    for (const auto& one : name_of(*page)) FUZZ_CHECK(seen.insert(one).second, "shown twice: " + one);
    if (page->next.empty()) return;
    query.after = page->next;
  }
}

void walk_all(std::string_view position) {
  const store& kept = some_store();
  walk(
      position, list_query{}, [&](const list_query& query) { return kept.list(query); },
      [](const list_page& page) {
        std::vector<std::string> names;
        for (const txn_record& one : page.records) names.push_back(one.definition->gid.value);
        return names;
      });
  walk(
      position, due_query{}, [&](const due_query& query) { return kept.due(query); },
      [](const due_page& page) {
        std::vector<std::string> names;
        for (const due_entry& one : page.entries) names.push_back(one.gid.value);
        return names;
      });
  walk(
      position, kv_query{}, [&](const kv_query& query) { return kept.list_kv(query); },
      [](const kv_page& page) {
        std::vector<std::string> names;
        for (const kv_record& one : page.records) names.push_back(one.key);
        return names;
      });
}

void check_cursor(std::string_view cursor) {
  for (const std::size_t length : {sizeof(keys::position_key), sizeof(keys::due_key)}) {
    const auto key = keys::parse_cursor(cursor, length);
    if (key) FUZZ_CHECK(key->size() == length && keys::to_hex(*key) == cursor);
  }
  const auto key = keys::parse_kv_cursor(cursor);
  if (key) FUZZ_CHECK(keys::parse_kv(*key) && keys::to_hex(*key) == cursor);
  if (const auto position = keys::parse_list_cursor(cursor)) {
    FUZZ_CHECK(cursor == (position->in_time ? keys::time_cursor(*position->in_time, position->gids)
                                            : keys::gid_cursor(*position->among_gids)));
  }
  walk_all(cursor);
}

/// A key that is taken apart can be put together again.
void check_key(std::string_view bytes) {
  if (const auto row = keys::parse_row(bytes)) FUZZ_CHECK(keys::make_row(*row).view() == bytes);
  if (const auto parts = keys::parse_branch(bytes)) {
    FUZZ_CHECK(keys::make_branch(parts->row, parts->index).view() == bytes);
  }
  if (const auto parts = keys::parse_due(bytes)) {
    FUZZ_CHECK(keys::make_due(parts->shard, parts->due, parts->row).view() == bytes);
  }
  if (const auto parts = keys::parse_position(bytes)) {
    FUZZ_CHECK(keys::make_position(parts->created, parts->row).view() == bytes);
  }
  if (const auto parts = keys::parse_open(bytes)) {
    FUZZ_CHECK(keys::make_open(parts->filed, parts->position.created, parts->position.row).view() == bytes);
  }
  if (const auto parts = keys::parse_ended(bytes)) {
    FUZZ_CHECK(keys::make_ended(parts->filed, parts->position.created, parts->position.row).view() == bytes);
  }
  if (const auto parts = keys::parse_kv(bytes)) FUZZ_CHECK(keys::make_kv(parts->category, parts->key) == bytes);
  FUZZ_CHECK(keys::from_hex(keys::to_hex(bytes)) == bytes);
  walk_all(keys::to_hex(bytes));
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treaty::fuzz;
  input in{data, size};
  const bool is_text = in.byte() % 2 == 0;
  is_text ? check_cursor(in.all()) : check_key(in.all());
  return 0;
}
