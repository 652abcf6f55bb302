// Order statistics without sorting: which keys have the wanted ranks.
//
// A sample of the keys gives a narrow band around each wanted rank; one sweep over memory counts the
// keys below and above every band, which is exact, and keeps those inside; the answer is found
// among the kept ones in the same way (Floyd and Rivest, Expected time bounds for selection, CACM
// 18, 1975, with the recursion turned into sweeps). Nearly always one sweep and no copy. Where a
// band misses, the counts have still narrowed every rank's bounds, and another sample is drawn
// within them; after kSamples of those the bounds are cut by the bits of the keys, which ends
// whatever the data are. Values that the sample shows to be frequent get counts of their own
// instead of being kept.
//
// The answer is a value, not a place, so it depends on no order of events: kept keys
// may lie in any order. Elements may change while this runs: what is found is then unspecified, but all
// indices come from bounded counts, and the rounds are.
#pragma once

#include "kernels/select-keys-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace select {

constexpr int64_t kWords = kChunk / 64;
constexpr int64_t kBlock = 16384;
constexpr int64_t kDirect = 2048;  // so few keys are copied and partitioned
constexpr int64_t kRoom = 8192;    // a sweep may keep so many keys, or an eighth of many, or half of a few
constexpr int64_t kMaxSample = 65536, kCluster = 8;
constexpr int kMaxBands = 16;
constexpr int kSamples = 4;
constexpr int kMaxRounds = 256;  // 64 halvings for a rank, and they are shared

// ---- The sweep ----

// Keys from lo to hi. After a sweep, how many keys lie below and above.
template <class L>
struct Band {
  L lo, hi;
  bool keep;  // whether those inside are kept; such bands do not overlap
  int64_t below, above;
};

template <class M>
OFFLOOP_INLINE uint64_t Bits(const M& mask) {
#if HWY_TARGET <= HWY_AVX3
  return static_cast<uint64_t>(mask.raw);
#else
  return hn::detail::BitsFromMask(mask);
#endif
}

// One thread's part of a sweep.
template <class L>
struct Sweep {
  static constexpr int64_t kPending = 2048;
  HWY_ALIGN L keys[kChunk];
  L pending[kPending + kChunk];
  int64_t kept = 0, nans = 0;
  int64_t below[kMaxBands] = {}, above[kMaxBands] = {};
  const Source<L>& x;
  const Band<L>* bands;
  const int count;
  L* out;
  const int64_t room;
  int64_t* const taken;

  OFFLOOP_INLINE Sweep(const Source<L>& source, const Band<L>* all, int bands_, L* to, int64_t most, int64_t* total)
      : x(source), bands(all), count(bands_), out(to), room(most), taken(total) {}

  // The kept keys' places are handed out as threads ask: their order does not matter.
  HWY_NOINLINE void Flush() {
    if (kept == 0) return;
    const int64_t at = __atomic_fetch_add(taken, kept, __ATOMIC_RELAXED);
    const int64_t fit = room - at < kept ? room - at : kept;
    if (fit > 0) memcpy(out + at, pending, static_cast<size_t>(fit) * sizeof(L));
    kept = 0;
  }

  HWY_NOINLINE void Chunk(int64_t at, int64_t n) {
    nans += x.load(x.data, at, n, keys);
    for (int64_t i = n; i < kChunk; ++i) keys[i] = kMax<L>;
    const hn::ScalableTag<L> d;
    constexpr int64_t kN = HWY_LANES(L);
    uint64_t inside[kWords] = {};
    for (int b = 0; b < count; ++b) {
      const auto lo = hn::Set(d, bands[b].lo), hi = hn::Set(d, bands[b].hi);
      int64_t low = 0, high = 0;
      const uint64_t keep = bands[b].keep ? ~uint64_t{0} : 0;
      for (int64_t w = 0; w < kWords; ++w) {
        uint64_t under = 0, over = 0;
        HWY_UNROLL(64 / kN)
        for (int64_t i = 0; i < 64; i += kN) {
          const auto key = hn::Load(d, keys + w * 64 + i);
          under |= Bits(hn::Lt(key, lo)) << i;
          over |= Bits(hn::Gt(key, hi)) << i;
        }
        low += __builtin_popcountll(under);
        high += __builtin_popcountll(over);
        inside[w] |= ~(under | over) & keep;
      }
      below[b] += low;
      above[b] += high - (bands[b].hi < kMax<L> ? kChunk - n : 0);
    }
    for (int64_t w = 0; w < kWords; ++w) {
      uint64_t bits = inside[w];
      if (n < kChunk) bits &= n - w * 64 >= 64 ? ~uint64_t{0} : n <= w * 64 ? 0 : (uint64_t{1} << (n - w * 64)) - 1;
      for (; bits != 0; bits &= bits - 1) pending[kept++] = keys[w * 64 + __builtin_ctzll(bits)];
    }
    if (kept >= kPending) Flush();
  }

  // Several parts of the range in turn, so that the processor reads ahead in each (see sum.cpp).
  void Run(int64_t begin, int64_t end) {
    constexpr int64_t kStreams = 8;
    const int64_t part = (end - begin) / kChunk / kStreams;
    for (int64_t i = 0; i < part; ++i)
      for (int64_t s = 0; s < kStreams; ++s) {
        const int64_t at = begin + (s * part + i) * kChunk;
        if (i + 1 < part) x.Prefetch(at + kChunk);
        Chunk(at, kChunk);
      }
    for (begin += part * kStreams * kChunk; begin < end; begin += kChunk)
      Chunk(begin, end - begin < kChunk ? end - begin : kChunk);
    Flush();
  }
};

// Counts all bands, and moves what they keep to out[0], out[1], …, as far as there is room.
// `taken` is how many there were.
template <class L>
bool SweepAll(Job& job, const Source<L>& x, Band<L>* bands, int count, L* out, int64_t room, int64_t* taken,
              int64_t* nans) {
  for (int b = 0; b < count; ++b) bands[b].below = bands[b].above = 0;
  *taken = *nans = 0;
  return job.Blocks(x.size, kBlock, [&](int64_t begin, int64_t end) {
    Sweep<L> sweep(x, bands, count, out, room, taken);
    sweep.Run(begin, end);
    for (int b = 0; b < count; ++b) {
      __atomic_fetch_add(&bands[b].below, sweep.below[b], __ATOMIC_RELAXED);
      __atomic_fetch_add(&bands[b].above, sweep.above[b], __ATOMIC_RELAXED);
    }
    __atomic_fetch_add(nans, sweep.nans, __ATOMIC_RELAXED);
  });
}

// ---- Bands ----

// A wanted rank, and what the sweeps have shown: its key lies in [lo, hi], `below` keys are less
// than lo and `upto` are not greater than hi.
template <class L>
struct Target {
  int64_t rank;
  L lo, hi;
  int64_t below, upto;
  bool done;

  // `less` keys are less than `cut`.
  OFFLOOP_INLINE void Narrow(L cut, int64_t less) {
    if (cut <= lo || cut > hi) return;
    if (rank < less)
      hi = static_cast<L>(cut - 1), upto = less;
    else
      lo = cut, below = less;
  }
};

OFFLOOP_INLINE double Root(double x) {
  const hn::CappedTag<double, 1> d;
  return hn::GetLane(hn::Sqrt(hn::Set(d, x)));
}

// Draws keys in clusters of neighbours, one cluster from each equal part of the source at a place that
// the salt decides. A cluster is a cache line of doubles.
template <class L>
bool Draw(Job& job, const Source<L>& x, int64_t count, uint64_t salt, L* sample) {
  const int64_t clusters = count / kCluster, part = x.size / clusters;
  return job.For(clusters, 2048, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      const uint64_t state =
          (salt * static_cast<uint64_t>(clusters) + static_cast<uint64_t>(c) + 1) * 0x9E3779B97F4A7C15u;
      uint64_t z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9u;  // splitmix64 (Steele, Lea, Flood 2014)
      z = (z ^ z >> 27) * 0x94D049BB133111EBu;
      const auto within = static_cast<int64_t>((z >> 32) * static_cast<uint64_t>(part - kCluster + 1) >> 32);
      x.load(x.data, c * part + within, kCluster, sample + c * kCluster);
    }
  });
}

// The bands of one sweep, as many as fit: for the first pending target and those that share its bounds.
template <class L>
int ChooseBands(const Target<L>* first, const Target<L>* end, L* sample, int64_t size, int64_t room, Band<L>* bands) {
  const int64_t population = first->upto - first->below;
  if (population <= room) {
    bands[0] = {first->lo, first->hi, true, 0, 0};
    return 1;
  }
  if (first->lo > kMin<L> || first->hi < kMax<L>) {
    int64_t inside = 0;
    for (int64_t i = 0; i < size; ++i) {
      const L key = sample[i];
      sample[inside] = key;
      inside += key >= first->lo && key <= first->hi;
    }
    size = inside;
  }
  if (size < 64) {
    // Cuts that are equally far apart: [lo, hi] becomes 2 * kMaxBands parts, or parts of one key.
    using U = std::make_unsigned_t<L>;
    const U span = static_cast<U>(static_cast<U>(first->hi) - static_cast<U>(first->lo));
    const U step = span / (2 * kMaxBands) + 1;
    int made = 0;
    for (U at = step; made < kMaxBands; at += 2 * step) {
      const U end = span - at < step ? span : static_cast<U>(at + step - 1);
      bands[made++] = {static_cast<L>(static_cast<U>(first->lo) + at), static_cast<L>(static_cast<U>(first->lo) + end),
                       false, 0, 0};
      if (span - end < step + 1) break;
    }
    return made;
  }
  // Windows of sample ranks, four standard deviations to each side; overlapping ones are joined.
  struct Window {
    int64_t from, to;
  } windows[kMaxBands / 2];
  int made = 0;
  double budget = static_cast<double>(room) / 2;
  const double share = static_cast<double>(population) / static_cast<double>(size);
  for (const Target<L>* t = first; t < end; ++t) {
    if (t->done) continue;
    if (t->lo != first->lo || t->hi != first->hi) break;
    const double p = (static_cast<double>(t->rank - t->below) + 0.5) / static_cast<double>(population);
    const double centre = p * static_cast<double>(size);
    const double aside = 4 * Root((1 - p) * centre > 0 ? (1 - p) * centre : 0) + 2;
    Window w{static_cast<int64_t>(centre - aside) - (centre < aside), static_cast<int64_t>(centre + aside)};
    if (w.from < 0) w.from = -1;
    if (w.to > size) w.to = size;
    if (made > 0 && w.from <= windows[made - 1].to) {
      Window& before = windows[made - 1];
      const double more = static_cast<double>(w.to - before.to) * share;
      if (more > budget) break;
      budget -= more;
      before.to = w.to;
      continue;
    }
    const double cost = static_cast<double>(w.to - w.from) * share;
    if (made == kMaxBands / 2 || (made > 0 && cost > budget)) break;
    budget -= cost;
    windows[made++] = w;
  }
  int64_t wanted[kMaxBands], ends = 0;
  for (int i = 0; i < made; ++i) {
    if (windows[i].from >= 0) wanted[ends++] = windows[i].from;
    if (windows[i].to < size) wanted[ends++] = windows[i].to;
  }
  Arrange(sample, size, 0, wanted, ends, Budget(size));
  int bands_made = 0;
  L covered = 0;  // the last band's end
  for (int i = 0; i < made; ++i) {
    L lo = windows[i].from < 0 ? first->lo : sample[windows[i].from];
    const L hi = windows[i].to >= size ? first->hi : sample[windows[i].to];
    // A key that ends one window and begins the next belongs to the first.
    if (i > 0 && lo <= covered) {
      if (hi <= covered) continue;
      lo = static_cast<L>(covered + 1);
    }
    covered = hi;
    int64_t equal = 0;
    for (int64_t j = 0; j < size; ++j) equal += (sample[j] == lo) + (sample[j] == hi);
    const bool frequent = equal > 4 + (windows[i].to - windows[i].from) / 4;
    bands[bands_made++] = {lo, hi, !frequent, 0, 0};
    // lo and hi, if frequent, are known by their counts alone.
    if (frequent && lo < hi && lo + 1 < hi)
      bands[bands_made++] = {static_cast<L>(lo + 1), static_cast<L>(hi - 1), true, 0, 0};
  }
  return bands_made;
}

// values[i] = the key of rank ranks[i]. Ranks ascend strictly and are less than x.size. With
// `only_numbers` it ends as soon as it has seen a NaN; *nans is how many there are.
template <class L>
Status Select(Job& job, const Source<L>& x, const int64_t* ranks, int64_t count, L* values, bool only_numbers,
              int64_t* nans) {
  *nans = 0;
  if (count == 0 || x.size == 0) return job.status();
  if (x.size <= kDirect) {
    job.Serial([&] {
      L keys[kDirect];
      for (int64_t at = 0; at < x.size; at += kChunk)
        *nans += x.load(x.data, at, x.size - at < kChunk ? x.size - at : kChunk, keys + at);
      Arrange(keys, x.size, 0, ranks, count, Budget(x.size));
      for (int64_t i = 0; i < count; ++i) values[i] = keys[ranks[i]];
    });
    return job.status();
  }
  int64_t draws = 256;
  for (int64_t n = x.size; n > 4096 && draws < kMaxSample; n >>= 3) draws <<= 2;
  if (draws > kMaxSample) draws = kMaxSample;
  const int64_t room = x.size / 8 > kRoom ? x.size / 8 : x.size / 2 < kRoom ? x.size / 2 : kRoom;
  auto* sample = job.Scratch<L>(draws);
  auto* kept = job.Scratch<L>(room);
  auto* targets = job.Scratch<Target<L>>(count);
  auto* inner_ranks = job.Scratch<int64_t>(count);
  auto* inner_values = job.Scratch<L>(count);
  if (sample == nullptr || kept == nullptr || targets == nullptr || inner_ranks == nullptr || inner_values == nullptr)
    return Status::kNoMemory;
  for (int64_t i = 0; i < count; ++i) targets[i] = {ranks[i], kMin<L>, kMax<L>, 0, x.size, false};
  int64_t pending = count;
  // Each round serves the first pending target, and few targets or many it ends.
  const int64_t rounds = kMaxRounds + 64 * count;
  for (int64_t round = 0, tries = 0; pending > 0 && round < rounds; ++round, ++tries) {
    Band<L> bands[kMaxBands];
    int made = 0;
    const Target<L>* first = targets;
    while (first->done) ++first;
    const bool draw = tries < kSamples && first->upto - first->below > room;
    if (draw && !Draw(job, x, draws, static_cast<uint64_t>(tries), sample)) return job.status();
    if (!job.Serial([&] { made = ChooseBands(first, targets + count, sample, draw ? draws : 0, room, bands); }))
      return job.status();
    int64_t taken, found;
    if (!SweepAll(job, x, bands, made, kept, room, &taken, &found)) return job.status();
    *nans = found;
    if (only_numbers && found > 0) return job.status();
    int64_t inner = 0, offset = 0, last = -1;
    for (int b = 0; b < made; ++b) {
      const Band<L>& band = bands[b];
      const int64_t upto = x.size - band.above, inside = upto - band.below;
      for (int64_t i = 0; i < count; ++i) {
        Target<L>& t = targets[i];
        if (t.done) continue;
        t.Narrow(band.lo, band.below);
        if (band.hi < kMax<L>) t.Narrow(static_cast<L>(band.hi + 1), upto);
        if (!band.keep || taken > room || t.rank < band.below || t.rank >= upto) continue;
        const int64_t place = t.rank - band.below + offset;
        if (place < 0 || place >= taken || place <= last) continue;  // elements changed meanwhile
        last = inner_ranks[inner++] = place;
        t.below = -inner;  // where its value will be
        t.done = true;
      }
      if (band.keep) offset += inside;
    }
    if (inner > 0) {
      const Source<L> inside{kept, taken, &LoadKeys<L>, sizeof(L)};
      int64_t none;
      const Status status = Select(job, inside, inner_ranks, inner, inner_values, false, &none);
      if (status != Status::kOk) return status;
      for (int64_t i = 0; i < count; ++i) {
        if (!targets[i].done || targets[i].below >= 0) continue;
        targets[i].lo = inner_values[-1 - targets[i].below];
        targets[i].below = 0;
      }
    }
    const int64_t before = pending;
    pending = 0;
    for (int64_t i = 0; i < count; ++i) {
      targets[i].done = targets[i].done || targets[i].lo >= targets[i].hi;
      pending += !targets[i].done;
    }
    if (pending < before) tries = -1;
  }
  for (int64_t i = 0; i < count; ++i) values[i] = targets[i].lo;
  return job.status();
}

}  // namespace select
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
