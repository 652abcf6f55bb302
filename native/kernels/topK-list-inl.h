// The lists of topK: the k best of each query while rows come in, and their order at the end.
#pragma once

#include "core/job.h"
#include "kernels/topK-score-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {

// The order of the result: lower cost, then (also for −0 and +0) lower index; NaN last.
template <class T>
HWY_INLINE bool Better(T a, uint32_t i, T b, uint32_t j) {
  if (a < b) return true;
  if (a > b) return false;
  if (a == b) return i < j;
  const bool a_nan = a != a, b_nan = b != b;
  return a_nan == b_nan ? i < j : b_nan;
}

HWY_INLINE void Pause() {
#if HWY_ARCH_X86
  __builtin_ia32_pause();
#elif HWY_ARCH_ARM
  __asm__ volatile("yield");
#endif
}

template <class T>
HWY_INLINE T QuietNaN() {
  return static_cast<T>(__builtin_nan(""));
}

// In a heap of `count` with the worst on top, puts the pair in place `at` or below.
template <class T>
HWY_INLINE void Sink(T* costs, uint32_t* indices, int64_t count, int64_t at, T cost, uint32_t index) {
  for (;;) {
    int64_t down = 2 * at + 1;
    if (down >= count) break;
    if (down + 1 < count && Better(costs[down], indices[down], costs[down + 1], indices[down + 1])) ++down;
    if (!Better(cost, index, costs[down], indices[down])) break;
    costs[at] = costs[down];
    indices[at] = indices[down];
    at = down;
  }
  costs[at] = cost;
  indices[at] = index;
}

// The k best of every query so far, as heaps with the worst on top, in the caller's own
// output arrays: no memory besides. Any thread may insert into any heap, under its lock,
// held for one path of the heap; with a filter before it that happens about
// k·ln(n / k) times per query, so the locks are idle. Heaps per thread would need none,
// but threads × queries × k memory, and would each warm up on their own.
//
// Positions come from counts, never from values: another thread that scribbles over
// inputs or outputs spoils the answer and nothing else.
template <class T>
struct Board {
  T* costs;
  uint32_t* indices;
  uint32_t* counts;
  uint32_t* locks;
  T* limits;  // the k-th best cost; NaN (nothing is worse) until there are k. Atomic, relaxed.
  int64_t k;

  HWY_INLINE T Limit(int64_t query) const {
    T limit;
    __atomic_load(limits + query, &limit, __ATOMIC_RELAXED);
    return limit;
  }

  HWY_INLINE void Reset(int64_t query) {
    counts[query] = 0;
    locks[query] = 0;
    limits[query] = QuietNaN<T>();
  }

  // Returns the limit after it. Out of line; the caller has compared with a recent limit.
  HWY_NOINLINE T Insert(int64_t query, T cost, uint32_t index) {
    uint32_t* lock = locks + query;
    while (__atomic_exchange_n(lock, 1u, __ATOMIC_ACQUIRE) != 0)
      while (__atomic_load_n(lock, __ATOMIC_RELAXED) != 0) Pause();
    T* cost_heap = costs + query * k;
    uint32_t* index_heap = indices + query * k;
    T limit = Limit(query);
    const int64_t count = counts[query];
    if (count < k) {
      int64_t at = count;
      for (; at > 0; at = (at - 1) / 2) {
        const int64_t up = (at - 1) / 2;
        if (!Better(cost_heap[up], index_heap[up], cost, index)) break;
        cost_heap[at] = cost_heap[up];
        index_heap[at] = index_heap[up];
      }
      cost_heap[at] = cost;
      index_heap[at] = index;
      counts[query] = static_cast<uint32_t>(count + 1);
      if (count + 1 == k) limit = cost_heap[0];
    } else if (Better(cost, index, cost_heap[0], index_heap[0])) {
      Sink(cost_heap, index_heap, k, 0, cost, index);
      limit = cost_heap[0];
    }
    __atomic_store(limits + query, &limit, __ATOMIC_RELAXED);
    __atomic_store_n(lock, 0u, __ATOMIC_RELEASE);
    return limit;
  }
};

// ---- From heaps to sorted lists ----
//
// A list of up to kChunk is one grain's heapsort. Longer ones are sorted by chunks and merged,
// a grain writing kChunk pairs of the output, found by bisection (merge path; Odeh, Green,
// Mwassi, Shmueli & Birk, 2012): one query with k = 10^6 is no grain of 300 ms, and uses all threads.

constexpr int64_t kChunk = 8192;

template <class T>
struct Pairs {
  T* costs;
  uint32_t* indices;
  HWY_INLINE bool Before(int64_t i, int64_t j) const { return Better(costs[i], indices[i], costs[j], indices[j]); }
};

// Sorts `count` pairs, best first.
template <class T>
HWY_NOINLINE void SortChunk(T* costs, uint32_t* indices, int64_t count) {
  for (int64_t at = count / 2; at-- > 0;) Sink(costs, indices, count, at, costs[at], indices[at]);
  for (int64_t last = count - 1; last > 0; --last) {
    const T cost = costs[last];
    const uint32_t index = indices[last];
    costs[last] = costs[0];
    indices[last] = indices[0];
    Sink(costs, indices, last, 0, cost, index);
  }
}

// Places [begin, end) of the merger of from[0, middle) and from[middle, size).
template <class T>
HWY_NOINLINE void MergePart(const Pairs<T>& from, int64_t middle, int64_t size, int64_t begin, int64_t end,
                            const Pairs<T>& to) {
  // How many of the first `begin` places come from the left run.
  int64_t low = begin > size - middle ? begin - (size - middle) : 0, high = begin < middle ? begin : middle;
  while (low < high) {
    const int64_t left = (low + high) / 2;
    if (from.Before(left, middle + begin - 1 - left))
      low = left + 1;
    else
      high = left;
  }
  int64_t left = low, right = middle + begin - low;
  for (int64_t at = begin; at < end; ++at) {
    const int64_t take = right >= size || (left < middle && from.Before(left, right)) ? left++ : right++;
    to.costs[at] = from.costs[take];
    to.indices[at] = from.indices[take];
  }
}

inline int64_t MergePasses(int64_t k) {
  int64_t passes = 0;
  for (int64_t run = kChunk; run < k; run *= 2) ++passes;
  return passes;
}

// For job.Total.
inline int64_t SortItems(int64_t lists, int64_t k) {
  return lists * ((k + kChunk - 1) / kChunk) * (MergePasses(k) + 2);
}

// Sorts every list of the board and turns costs back into scores.
template <class T>
Status SortLists(Job& job, const Board<T>& board, int64_t lists, bool negated) {
  const int64_t k = board.k, chunks = (k + kChunk - 1) / kChunk;
  const int64_t grain = kChunk / k > 1 ? kChunk / k : 1;
  Pairs<T> from{board.costs, board.indices}, to{nullptr, nullptr};
  if (chunks > 1) {
    to = {job.Scratch<T>(lists * k), job.Scratch<uint32_t>(lists * k)};
    if (to.costs == nullptr || to.indices == nullptr) return Status::kNoMemory;
  }
  // fn(start of the list, [begin, end) within it) for every chunk of every list.
  const auto each_chunk = [&](auto&& fn) {
    return job.For(lists * chunks, grain, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const int64_t begin = i % chunks * kChunk;
        fn(i / chunks * k, begin, begin + kChunk < k ? begin + kChunk : k);
      }
    });
  };
  if (!each_chunk([&](int64_t list, int64_t begin, int64_t end) {
        SortChunk(from.costs + list + begin, from.indices + list + begin, end - begin);
      }))
    return job.status();
  for (int64_t run = kChunk; run < k; run *= 2) {
    if (!each_chunk([&](int64_t list, int64_t begin, int64_t end) {
          const int64_t base = begin / (2 * run) * (2 * run), start = list + base;
          const int64_t size = k - base < 2 * run ? k - base : 2 * run, middle = size < run ? size : run;
          MergePart<T>({from.costs + start, from.indices + start}, middle, size, begin - base, end - base,
                       {to.costs + start, to.indices + start});
        }))
      return job.status();
    const Pairs<T> swap = from;
    from = to;
    to = swap;
  }
  const bool ran = each_chunk([&](int64_t list, int64_t begin, int64_t end) {
    for (int64_t i = list + begin; i < list + end; ++i) {
      board.costs[i] = negated ? -from.costs[i] : from.costs[i];
      board.indices[i] = from.indices[i];
    }
  });
  return ran ? Status::kOk : job.status();
}

}  // namespace
}  // namespace offloop::OFFLOOP_ISA
