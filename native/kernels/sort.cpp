// sort: the order of TypedArray.prototype.sort, out of place or in place (out == x).
//
// Ascending: -inf … -0, +0 … +inf, NaN. Descending: the same from high to low, +0 before -0, and
// NaN still last. NaNs keep their number, not their bits. The sorted sequence is unique up to
// that, so the result does not depend on threads. Elements may change while this runs: the result
// is then unspecified, but nothing is read or written outside and everything ends.
//
// Quicksort all the way down, by keys (sort-leaf-inl.h, sort-partition-inl.h). Ranges too large for one thread are
// partitioned by all of them: each chunk by itself, in cache, then the elements on the wrong side
// of the boundary are swapped across it. Tsigas and Zhang's block neutralising (PDP 2003) moves
// each element once instead of 1.5 times, but needs a cleanup that holds blocks outside the array;
// only log2(threads) levels are done so. Below that, ranges are tasks: one partitions up to
// kStep elements and pushes the rest of its work, until ranges fit a leaf. After every grain the
// array is a permutation of the input, so an aborted in-place sort leaves one.
//
// One algorithm for both forms: distributing a copy into 256 buckets would save memory sweeps (eight
// of eleven levels above a leaf at 32M doubles), an estimated 20 %, for a second algorithm.
//
// Never quadratic: pivots come from up to 1023 random elements; keys equal to a frequent or
// largest pivot are split off by one more partition; a range whose depth budget is spent is
// partitioned by the bits of its keys, which ends after as many levels as a key has bits.

#include "core/job.h"
#include "core/kernel.h"
#include "kernels/sort-partition-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {

// One grain: a step of a partition, or a leaf. `push` takes what is left to do.
template <class L, class Push>
OFFLOOP_INLINE void RunRange(Job& job, const Order<L>& order, L* v, Range<L> x, Push&& push) {
  const int64_t n = x.hi - x.lo;
  int64_t worth = Worth<L>(n);
  if (n <= kLeaf<L>) {
    SortLeaf(order, v + x.lo, v + x.lo, n);
  } else {
    if (x.mode == kFresh) ChoosePivot(order, v, x);
    if (!AdvanceRange(order, v, x)) {
      push(x);
      return;
    }
    Split(x, [&](const Range<L>& part) {
      worth -= Worth<L>(part.hi - part.lo);
      push(part);
    });
  }
  if (worth > 0) job.Advance(worth);
}

template <class L>
Status SortLanes(Job& job, const Order<L>& order, const L* src, L* v, int64_t n) {
  if (n <= kLeaf<L>) {
    if (n > 0) job.Serial([&] { SortLeaf(order, src, v, n); });
    return job.status();
  }
  const bool prepare = src != v || order.real;
  const int threads = job.threads();
  int depth = 8;
  for (int64_t m = n; m > 0; m >>= 1) depth += 2;
  Range<L> ranges[kMaxRanges];
  ranges[0] = Fresh<L>(0, n, depth < 127 ? depth : 127);
  int count = 1;
  const int64_t chunks = (n + kChunk<L> - 1) / kChunk<L>;
  job.Total(Worth<L>(n));
  int64_t spent = 0;
  bool prepared = !prepare;
  if (n > kShared<L>) {
    auto* splits = job.Scratch<int64_t>(2 * chunks);
    if (splits == nullptr) return Status::kNoMemory;
    // Largest first, until there is a range for every thread.
    while (count > 0 && count + 2 <= kMaxRanges) {
      int at = 0;
      for (int i = 1; i < count; ++i)
        if (ranges[i].hi - ranges[i].lo > ranges[at].hi - ranges[at].lo) at = i;
      Range<L> x = ranges[at];
      if (prepared && (count >= threads || x.hi - x.lo <= kShared<L>)) break;
      ranges[at] = ranges[--count];
      if (x.mode == kFresh) job.Serial([&] { ChoosePivot(order, prepared ? v : src, x); });
      if (!PartitionShared(job, order, prepared ? nullptr : src, v, x, splits, &spent)) return job.status();
      prepared = true;
      Split(x, [&](const Range<L>& part) { ranges[count++] = part; });
    }
  }
  // Ranges of equal keys are done already; what they were worth is not.
  for (int i = 0; i < count; ++i) spent += Worth<L>(ranges[i].hi - ranges[i].lo);
  if (Worth<L>(n) > spent) job.Advance(Worth<L>(n) - spent);
  if (!prepared && !job.For(chunks, 1, [&](int64_t b, int64_t e) {
        const int64_t end = e * kChunk<L> < n ? e * kChunk<L> : n;
        Prepare(order, src + b * kChunk<L>, v + b * kChunk<L>, end - b * kChunk<L>);
      }))
    return job.status();
  if (count == 0) return job.status();
  Task tasks[kMaxRanges];
  for (int i = 0; i < count; ++i) tasks[i] = Pack(ranges[i]);
  job.Fork(tasks, count, [&](const Task& task, Forks& forks) {
    RunRange(job, order, v, Unpack<L>(task), [&](const Range<L>& range) { forks.Push(Pack(range)); });
  });
  return job.status();
}

template <class T>
Status Sort(Job& job, In<T> x, Out<T> out, bool descending) {
  using L = std::conditional_t<sizeof(T) == 8, int64_t, int32_t>;
  constexpr bool kReal = std::is_floating_point_v<T>, kSigned = std::is_signed_v<T>;
  L flip = !kReal && !kSigned ? kMin<L> : 0;
  if (descending) flip = static_cast<L>(kReal ? kMin<L> : ~flip);
  const Order<L> order{flip, kReal};
  return SortLanes(job, order, reinterpret_cast<const L*>(x.data), reinterpret_cast<L*>(out.data), x.size);
}

}  // namespace

OFFLOOP_KERNEL(sort, OFFLOOP_INSTANCE("f64", Sort<double>), OFFLOOP_INSTANCE("f32", Sort<float>),
               OFFLOOP_INSTANCE("i32", Sort<int32_t>), OFFLOOP_INSTANCE("u32", Sort<uint32_t>),
               OFFLOOP_INSTANCE("i64", Sort<int64_t>), OFFLOOP_INSTANCE("u64", Sort<uint64_t>))

}  // namespace offloop::OFFLOOP_ISA
