// Counts allocations, and has mimalloc serve them, as treatyd has: what stands in the program goes before what shared
// libraries define. Memory that is asked for with an alignment through C (RocksDB's arenas) is not counted.
#include <mimalloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "bench/micro/measure.hpp"

namespace {

/// One for each thread, so that counting is no atomic operation. Threads beyond the last share it and may lose some.
struct alignas(64) slot {
  std::atomic<std::uint64_t> count{0};
};
constinit std::array<slot, 512> slots;
constinit std::atomic<std::size_t> taken{0};
constinit thread_local slot* mine = nullptr;

void count() noexcept {
  if (mine == nullptr) mine = &slots[std::min(taken.fetch_add(1, std::memory_order_relaxed), slots.size() - 1)];
  mine->count.store(mine->count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

std::size_t number(std::align_val_t alignment) {
  return static_cast<std::size_t>(alignment);
}

}  // namespace

std::uint64_t treaty::micro::allocations() {
  std::uint64_t sum = 0;
  const std::size_t used = std::min(taken.load(std::memory_order_relaxed), slots.size());
  for (std::size_t at = 0; at < used; ++at) sum += slots[at].count.load(std::memory_order_relaxed);
  return sum;
}

extern "C" {
void* malloc(std::size_t size) noexcept {
  count();
  return mi_malloc(size);
}
void* calloc(std::size_t many, std::size_t size) noexcept {
  count();
  return mi_calloc(many, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  count();
  return mi_realloc(old, size);
}
void free(void* old) noexcept {
  mi_free(old);
}
}

void* operator new(std::size_t size) {
  count();
  return mi_new(size);
}
void* operator new[](std::size_t size) {
  count();
  return mi_new(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  count();
  return mi_new_nothrow(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  count();
  return mi_new_nothrow(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  count();
  return mi_new_aligned(size, number(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  count();
  return mi_new_aligned(size, number(alignment));
}

void operator delete(void* old) noexcept {
  mi_free(old);
}
void operator delete[](void* old) noexcept {
  mi_free(old);
}
void operator delete(void* old, std::size_t) noexcept {
  mi_free(old);
}
void operator delete[](void* old, std::size_t) noexcept {
  mi_free(old);
}
void operator delete(void* old, const std::nothrow_t&) noexcept {
  mi_free(old);
}
void operator delete[](void* old, const std::nothrow_t&) noexcept {
  mi_free(old);
}
void operator delete(void* old, std::align_val_t) noexcept {
  mi_free(old);
}
void operator delete[](void* old, std::align_val_t) noexcept {
  mi_free(old);
}
void operator delete(void* old, std::size_t, std::align_val_t) noexcept {
  mi_free(old);
}
void operator delete[](void* old, std::size_t, std::align_val_t) noexcept {
  mi_free(old);
}
