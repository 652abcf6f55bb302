// Job::Scratch: memory for as long as a body runs.
//
// Small pieces lie one after the other in a block that each thread that runs bodies keeps, since a small call is over
// in the time of a few allocations. Bodies nest on a thread (a progress callback may call offloop), and end in the
// order of a stack, so that a job gives back by setting the mark to where it was. Anything larger is fresh.
#include <atomic>
#include <cstdlib>

#include "core/control.h"
#include "core/job.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(_WIN32)
#include <malloc.h>
#endif

namespace offloop {
namespace {

std::atomic<int64_t> scratch_bytes{0};

// What thousands of leaders of a burst may keep for the ten seconds that they stay.
constexpr int64_t kKeptBytes = int64_t{256} << 10;

void* Allocate(int64_t bytes) {
#if defined(_WIN32)
  return _aligned_malloc(static_cast<size_t>(bytes), 64);
#else
  void* data = nullptr;
  return posix_memalign(&data, 64, static_cast<size_t>(bytes)) == 0 ? data : nullptr;
#endif
}

void Free(void* data) {
#if defined(_WIN32)
  _aligned_free(data);
#else
  std::free(data);
#endif
}

// Where a sanitizer looks for what lies beyond an allocation, each piece is one.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OFFLOOP_KEEP_SCRATCH 0
#endif
#endif
#ifndef OFFLOOP_KEEP_SCRATCH
#define OFFLOOP_KEEP_SCRATCH 1
#endif

struct Kept {
  char* data = nullptr;
  int64_t used = 0;
  ~Kept() { Free(data); }
};
thread_local Kept t_kept;

}  // namespace

void* Job::Private::KeptScratch(int64_t bytes) {
  Kept& kept = t_kept;
  if (bytes > kKeptBytes - kept.used) return nullptr;
  if (kept.data == nullptr) kept.data = static_cast<char*>(Allocate(kKeptBytes));
  if (kept.data == nullptr) return nullptr;
  if (kept_from < 0) kept_from = kept.used;
  char* const start = kept.data + kept.used;
  kept.used += bytes;
  return start;
}

void* Job::Private::FreshScratch(int64_t bytes) {
  auto* block = static_cast<Block*>(std::malloc(sizeof(Block)));
  if (block == nullptr) return nullptr;
  block->mapped = false;
  void* start = nullptr;
#if defined(__linux__)
  if (bytes >= kHugePageBytes) {
    // One huge page more, to start on one: an unaligned start would leave the ends on small pages.
    // Not MAP_NORESERVE: what exceeds the machine is to fail here, not when it is touched.
    bytes = ((bytes + kHugePageBytes - 1) & ~(kHugePageBytes - 1)) + kHugePageBytes;
    block->data = mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block->data == MAP_FAILED) {
      block->data = nullptr;
    } else {
      AdviseHuge(block->data, bytes);
      constexpr auto kMask = static_cast<uintptr_t>(kHugePageBytes) - 1;
      start = reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(block->data) + kMask) & ~kMask);
    }
    block->mapped = true;
  } else {
    block->data = Allocate(bytes);
  }
#else
  block->data = Allocate(bytes);
#endif
  if (block->data == nullptr) {
    std::free(block);
    return nullptr;
  }
  block->bytes = bytes;
  scratch_bytes.fetch_add(bytes, std::memory_order_relaxed);
  block->next = scratch;
  scratch = block;
  return start != nullptr ? start : block->data;
}

void Job::Private::FreeScratch() {
  if (kept_from >= 0) {
    t_kept.used = kept_from;
    kept_from = -1;
  }
  while (scratch != nullptr) {
    Block* const block = scratch;
    scratch = block->next;
    scratch_bytes.fetch_sub(block->bytes, std::memory_order_relaxed);
#if defined(__linux__)
    if (block->mapped)
      munmap(block->data, static_cast<size_t>(block->bytes));
    else
      Free(block->data);
#else
    Free(block->data);
#endif
    std::free(block);
  }
}

void* Job::ScratchBytes(int64_t count, int64_t size) {
  if (count < 0 || count > (int64_t{1} << 46) / size) return nullptr;
  int64_t bytes = (count * size + 63) & ~int64_t{63};
  if (bytes == 0) bytes = 64;
  if (OFFLOOP_KEEP_SCRATCH)
    if (void* kept = private_->KeptScratch(bytes)) return kept;
  return private_->FreshScratch(bytes);
}

int64_t JobControl::scratch() { return scratch_bytes.load(std::memory_order_relaxed); }

}  // namespace offloop
