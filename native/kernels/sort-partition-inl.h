// Partitioning ranges too large for a leaf of `sort`: by one thread in steps (AdvanceRange), or by all of
// them (PartitionShared). After every grain the array is a permutation of what it was.
#pragma once

#include "core/job.h"
#include "kernels/sort-leaf-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {

// Bytes. A leaf of 128 KB of doubles takes 100-115 us with AVX-512 and 150 with AVX2, a step 120-160.
constexpr int64_t kLeafBytes = 128 << 10, kPieceBytes = 64 << 10, kStepBytes = 1 << 20;
constexpr int64_t kChunkBytes = 512 << 10, kSharedBytes = 4 << 20;
template <class L>
constexpr int64_t kLeaf = kLeafBytes / sizeof(L);
template <class L>
constexpr int64_t kPiece = kPieceBytes / sizeof(L);
template <class L>
constexpr int64_t kStep = kStepBytes / sizeof(L);
template <class L>
constexpr int64_t kChunk = kChunkBytes / sizeof(L);
template <class L>
constexpr int64_t kShared = kSharedBytes / sizeof(L);
constexpr int kMaxRanges = 64;
constexpr int64_t kMaxSample = 1023;

// What is known of a range, or being done to it.
enum Mode : int {
  kFresh,    // nothing
  kByPivot,  // being partitioned by a pivot of the sample
  kByEqual,  // the same, and the right part will hold equal keys only
  kByBit,    // the same, by bit `bit` of its keys
};

// [lo, l) is <= pivot, [r, hi) is > pivot, [l, r) is not yet looked at.
template <class L>
struct Range {
  int64_t lo, hi, l, r;
  L pivot;
  Mode mode;
  int depth;  // pivots it may still choose
  int bit;
  bool heavy;  // many keys equal the pivot
};

// In four words: 44 bits for each position, 16 for the rest.
template <class L>
OFFLOOP_INLINE Task Pack(const Range<L>& x) {
  const uint64_t small = static_cast<uint64_t>(x.mode | x.heavy << 2 | x.bit << 3 | x.depth << 9);
  const uint64_t rest = static_cast<uint64_t>(x.l) | small << 44;
  const auto join = [](int64_t low, uint64_t high) {
    return static_cast<int64_t>(static_cast<uint64_t>(low) | high << 44);
  };
  return {join(x.lo, rest & 0xFFFFF), join(x.hi, rest >> 20 & 0xFFFFF), join(x.r, rest >> 40),
          static_cast<int64_t>(x.pivot)};
}
template <class L>
OFFLOOP_INLINE Range<L> Unpack(const Task& t) {
  const auto a = static_cast<uint64_t>(t.a), b = static_cast<uint64_t>(t.b), c = static_cast<uint64_t>(t.c);
  constexpr uint64_t kLow = (uint64_t{1} << 44) - 1;
  const uint64_t rest = a >> 44 | b >> 44 << 20 | c >> 44 << 40, small = rest >> 44;
  return {static_cast<int64_t>(a & kLow),
          static_cast<int64_t>(b & kLow),
          static_cast<int64_t>(rest & kLow),
          static_cast<int64_t>(c & kLow),
          static_cast<L>(t.d),
          static_cast<Mode>(small & 3),
          static_cast<int>(small >> 9),
          static_cast<int>(small >> 3 & 63),
          (small >> 2 & 1) != 0};
}

template <class L>
OFFLOOP_INLINE Range<L> Fresh(int64_t lo, int64_t hi, int depth) {
  return {lo, hi, lo, hi, 0, kFresh, depth, 0, false};
}

// Progress: what sorting n elements is worth, in passes over a chunk. A leaf costs eight
// partitions. Grows faster than linearly, so the parts of a range are worth less than the range:
// the difference is what partitioning it was worth, and it all adds up.
template <class L>
int64_t Worth(int64_t n) {
  int64_t levels = 8;
  for (int64_t m = n; m > kLeaf<L>; m >>= 1) ++levels;
  return n * levels / kChunk<L>;
}

// Elements against a pivot, without making keys of them: for a pivot of sign s the folded order
// of two floats is the order of their bits, xored by the same constant, as far as "<= pivot" goes.
template <class L>
struct RawTraits {
  using D = hn::SortTag<L>;
  hn::Vec<D> mask;
  L scalar_mask;
  static constexpr bool Is128() { return false; }
  HWY_INLINE hn::Mask<D> Compare(D, hn::Vec<D> pivot, hn::Vec<D> v) const { return hn::Lt(pivot, hn::Xor(v, mask)); }
  template <class V, class M>
  HWY_INLINE V CompressKeys(V v, M mask) const {
    return hn::CompressNot(v, mask);
  }
};

// Moves the elements with keys <= pivot to the front; returns how many there are.
template <class L>
HWY_NOINLINE int64_t PartitionPiece(const Order<L>& order, L* v, int64_t n, L pivot) {
  const hn::SortTag<L> d;
  const L mask = static_cast<L>(order.flip ^ (order.real && pivot < 0 ? kMax<L> : 0));
  if (n <= static_cast<int64_t>(8 * HWY_LANES(L))) {
    int64_t left = 0;
    for (int64_t i = 0; i < n; ++i) {
      const L x = v[i];
      v[i] = v[left];
      v[left] = x;
      left += static_cast<L>(x ^ mask) <= pivot;
    }
    return left;
  }
  HWY_ALIGN L buffer[hwy::SortConstants::BufNum<L>(HWY_LANES(L))];
  const RawTraits<L> st{hn::Set(d, mask), mask};
  return static_cast<int64_t>(hs::Partition(d, st, v, static_cast<size_t>(n), hn::Set(d, pivot), buffer));
}

template <class L>
OFFLOOP_INLINE void SwapRuns(L* a, L* b, int64_t n) {
  const hn::ScalableTag<L> d;
  constexpr int64_t kN = HWY_LANES(L);
  int64_t i = 0;
  for (; i + kN <= n; i += kN) {
    const auto x = hn::LoadU(d, a + i), y = hn::LoadU(d, b + i);
    hn::StoreU(y, d, a + i);
    hn::StoreU(x, d, b + i);
  }
  for (; i < n; ++i) {
    const L x = a[i];
    a[i] = b[i];
    b[i] = x;
  }
}

// Partitions up to kStep elements of the range; true once it is done. One piece from each end is
// partitioned in cache, and their wrong parts change places; what is left over, little if the
// pivot is near the median, changes places with unseen elements of the other end. Every cache
// line so comes from memory once and goes back once.
template <class L>
HWY_NOINLINE bool AdvanceRange(const Order<L>& order, L* v, Range<L>& x) {
  for (int64_t done = 0; done < kStep<L>; done += 2 * kPiece<L>) {
    if (x.r - x.l <= (done == 0 ? kStep<L> : 2 * kPiece<L>)) {
      x.l += PartitionPiece(order, v + x.l, x.r - x.l, x.pivot);
      x.r = x.l;
      return true;
    }
    const int64_t tail = x.r - kPiece<L>, unseen = tail - x.l - kPiece<L>;
    const int64_t large = kPiece<L> - PartitionPiece(order, v + x.l, kPiece<L>, x.pivot);  // in the front piece
    const int64_t small = PartitionPiece(order, v + tail, kPiece<L>, x.pivot);             // in the back piece
    const int64_t front = x.l + kPiece<L> - large;                                         // the first large one
    if (large >= small) {
      SwapRuns(v + front, v + tail, small);
      const int64_t rest = large - small, count = rest < unseen ? rest : unseen;
      SwapRuns(v + front + small, v + tail - count, count);
      x.l = front + small;
    } else {
      SwapRuns(v + front, v + tail + small - large, large);
      const int64_t rest = small - large, count = rest < unseen ? rest : unseen;
      SwapRuns(v + tail + rest - count, v + front + large, count);
      x.l = front + large + rest;
    }
    x.r = x.l + unseen;
  }
  return false;
}

// Chooses the pivot of a fresh range: the median of a random sample of its keys.
template <class L>
HWY_NOINLINE void ChoosePivot(const Order<L>& order, const L* v, Range<L>& x) {
  if (x.depth == 0) {
    x.mode = kByBit, x.pivot = -1, x.bit = sizeof(L) * 8 - 1;
    return;
  }
  HWY_ALIGN L sample[kMaxSample];
  const int64_t n = x.hi - x.lo;
  const int64_t count = n > kShared<L> ? kMaxSample : n > kStep<L> ? 255 : 127;
  uint64_t state = static_cast<uint64_t>(x.lo) * 0x9E3779B97F4A7C15u ^ static_cast<uint64_t>(n);
  for (int64_t i = 0; i < count; ++i) {
    state += 0x9E3779B97F4A7C15u;  // splitmix64 (Steele, Lea, Flood 2014)
    uint64_t z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    const auto index = static_cast<int64_t>(((z >> 32) * (static_cast<uint64_t>(n) & 0xFFFFFFFFu) >> 32) +
                                            (z >> 32) * (static_cast<uint64_t>(n) >> 32));
    sample[i] = Key(order, v[x.lo + index]);
  }
  SortKeys(sample, count);
  const int64_t mid = count / 2, quarter = count / 8;
  x.pivot = sample[mid];
  x.heavy = sample[mid - quarter] == x.pivot && sample[mid + quarter] == x.pivot;
  x.mode = kByPivot;
  --x.depth;
}

// What a partitioned range leaves to do: at most two ranges, given to push(range).
template <class L, class Push>
OFFLOOP_INLINE void Split(const Range<L>& x, Push&& push) {
  const int64_t at = x.l;
  if (x.mode == kByBit) {
    if (x.bit == 0) return;
    const L half = static_cast<L>(L{1} << (x.bit - 1));
    if (at < x.hi) push(Range<L>{at, x.hi, at, x.hi, static_cast<L>(x.pivot + half), kByBit, 0, x.bit - 1, false});
    if (x.lo < at) push(Range<L>{x.lo, at, x.lo, at, static_cast<L>(x.pivot - half), kByBit, 0, x.bit - 1, false});
    return;
  }
  if (x.mode == kByPivot && at < x.hi) push(Fresh<L>(at, x.hi, x.depth));
  if (x.lo == at) return;
  if (x.mode == kByPivot && (x.heavy || at == x.hi)) {
    if (x.pivot == kMin<L>) return;
    push(Range<L>{x.lo, at, x.lo, at, static_cast<L>(x.pivot - 1), kByEqual, x.depth, 0, false});
  } else {
    push(Fresh<L>(x.lo, at, x.depth));
  }
}

// The partition of one range by all threads. x is where elements come from the first time.
// `splits` has room for two numbers per chunk.
template <class L>
bool PartitionShared(Job& job, const Order<L>& order, const L* src, L* v, Range<L>& x, int64_t* splits,
                     int64_t* spent) {
  const int64_t n = x.hi - x.lo, chunks = (n + kChunk<L> - 1) / kChunk<L>;
  int64_t* left = splits;             // chunk -> elements <= pivot
  int64_t* before = splits + chunks;  // chunk -> elements on the wrong side in all chunks before, of its side
  const L pivot = x.pivot;
  const int64_t lo = x.lo, hi = x.hi;
  if (!job.For(chunks, 1, [&](int64_t b, int64_t e) {
        for (int64_t c = b; c < e; ++c) {
          const int64_t begin = lo + c * kChunk<L>, size = hi - begin < kChunk<L> ? hi - begin : kChunk<L>;
          if (src != nullptr) Prepare(order, src + begin, v + begin, size);
          left[c] = PartitionPiece(order, v + begin, size, pivot);
        }
      }))
    return false;
  int64_t bound = lo;
  for (int64_t c = 0; c < chunks; ++c) bound += left[c];
  // Chunk c's wrong elements: its right part as far as it lies below the boundary, or its left
  // part as far as it lies above. The k-th of one kind changes places with the k-th of the other.
  const auto begin_of = [&](int64_t c) { return lo + c * kChunk<L>; };
  const auto end_of = [&](int64_t c) { return c + 1 < chunks ? begin_of(c + 1) : hi; };
  const auto low_from = [&](int64_t c) { return begin_of(c) + left[c]; };
  const auto low_count = [&](int64_t c) {
    const int64_t end = end_of(c) < bound ? end_of(c) : bound;
    return end > low_from(c) ? end - low_from(c) : 0;
  };
  const auto high_from = [&](int64_t c) { return begin_of(c) > bound ? begin_of(c) : bound; };
  const auto high_count = [&](int64_t c) { return low_from(c) > high_from(c) ? low_from(c) - high_from(c) : 0; };
  // A chunk across the boundary has at most one kind, so one prefix sum per kind fits one array:
  // chunks up to the boundary's count the low kind, those from it on the high one.
  const int64_t middle = (bound - lo) / kChunk<L>;
  int64_t wrong = 0;
  for (int64_t c = 0; c < chunks && c <= middle; ++c) before[c] = wrong, wrong += low_count(c);
  const int64_t lows = (chunks < middle + 1 ? chunks : middle + 1);
  int64_t high = middle < chunks ? high_count(middle) : 0;
  const int64_t middle_high = high;
  for (int64_t c = lows; c < chunks; ++c) before[c] = high, high += high_count(c);
  *spent += chunks;
  const int64_t grain = kStep<L> / 4, first_high = middle_high > 0 ? middle : lows;
  if (wrong > 0 && !job.For((wrong + grain - 1) / grain, 1, [&](int64_t b, int64_t e) {
        int64_t k = b * grain;
        const int64_t end = e * grain < wrong ? e * grain : wrong;
        const auto last_at = [&](int64_t from, int64_t to) {  // the last chunk of [from, to) with before <= k
          while (to - from > 1) {
            const int64_t mid = from + (to - from) / 2;
            if (before[mid] <= k)
              from = mid;
            else
              to = mid;
          }
          return from;
        };
        int64_t i = last_at(0, lows);
        int64_t j = k < middle_high || lows >= chunks ? first_high : last_at(lows, chunks);
        while (k < end && i < lows && j < chunks) {
          const int64_t j_before = j == middle ? 0 : before[j];
          const int64_t low_left = low_count(i) - (k - before[i]), high_left = high_count(j) - (k - j_before);
          if (low_left <= 0) {
            ++i;
            continue;
          }
          if (high_left <= 0) {
            ++j;
            continue;
          }
          int64_t count = low_left < high_left ? low_left : high_left;
          if (count > end - k) count = end - k;
          SwapRuns(v + low_from(i) + (k - before[i]), v + high_from(j) + (k - j_before), count);
          k += count;
        }
      }))
    return false;
  x.l = x.r = bound;
  return true;
}

}  // namespace
}  // namespace offloop::OFFLOOP_ISA
