// Bins: between which of a sorted list of edges an element lies. Shared by histogram, histogram2d and digitize.
//
// What is computed is defined by the edges alone (edges[k] <= x < edges[k + 1]), never by the formula that
// finds k quickly, so that every way to it gives the same counts: a multiplication where edges are evenly
// spaced, comparisons with each where they are few, a binary search on a vector of elements otherwise.
#pragma once

#include "core/tally.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace bins {

namespace hn = hwy::HWY_NAMESPACE;

inline const double* Read(const Any& x, int64_t at, int64_t n, double* buffer) {
  return AsDoubles({x.data, x.dtype, x.size}, at, n, buffer);
}

// Position of n elements among m sorted edges: how many edges are <= x (kBelow: < x); all of them for NaN.
template <bool kBelow>
inline __attribute__((noinline)) void Search(const double* edges, int64_t m, const double* x, int64_t n, uint32_t* to) {
  constexpr int64_t kLinear = 12;  // up to here comparing with every edge is quicker
  constexpr int kAbreast = 8;      // elements at once: the steps of one search wait for each other
  const auto passed = [](double v, double edge)
                          __attribute__((always_inline)) { return kBelow ? !(v <= edge) : !(v < edge); };
  if (m <= kLinear) {
    for (int64_t i = 0; i < n; ++i) to[i] = 0;
    for (int64_t j = 0; j < m; ++j) {
      const double edge = edges[j];
      for (int64_t i = 0; i < n; ++i) to[i] += passed(x[i], edge) ? 1 : 0;
    }
    return;
  }
  double v[kAbreast];
  for (int64_t i = 0; i < n; i += kAbreast) {
    for (int j = 0; j < kAbreast; ++j) v[j] = x[i + j < n ? i + j : n - 1];
    // Loads one by one: the processors' own gathers are slower (far slower where microcode guards them).
    const double* from[kAbreast];
    for (int j = 0; j < kAbreast; ++j) from[j] = edges;
    // The answer lies in [from, from + left].
    for (int64_t left = m; left > 0;) {
      const int64_t half = left > 1 ? left / 2 : 1;
      for (int j = 0; j < kAbreast; ++j) {
        int64_t mask = -static_cast<int64_t>(passed(v[j], from[j][half - 1]));
        __asm__("" : "+r"(mask));  // or clang makes a branch of it, wrong every second time
        from[j] += half & mask;
      }
      left -= half;
    }
    for (int j = 0; j < kAbreast; ++j)
      if (i + j < n) to[i + j] = static_cast<uint32_t>(from[j] - edges);
  }
}

// count + 1 edges, sorted; the last bin is closed on both sides.
struct Bins {
  const double* edges;
  int64_t count;
  double lo, hi, scale;
  // How far (x - lo) * scale may be from where x lies among the edges, in bins. That product never falls as x
  // rises, so what it says of the edges bounds what it says of all that lies between them.
  double slack;
  bool uniform;
};

// The deviation of edges from even spacing, and whether they all rise.
struct Evenness {
  double deviation;
  bool rising;
};

inline Bins Prepare(const double* edges, int64_t count) {
  Bins bins{edges, count, edges[0], edges[count], 0, 0, false};
  bins.scale = static_cast<double>(count) / (bins.hi - bins.lo);
  return bins;
}

inline Evenness MeasureEdges(const Bins& bins, int64_t begin, int64_t end) {
  Evenness found{0, true};
  for (int64_t k = begin; k < end; ++k) {
    const double off = (bins.edges[k] - bins.lo) * bins.scale - static_cast<double>(k);
    const double size = off < 0 ? -off : off;
    if (!(size <= found.deviation)) found.deviation = size < 1 ? size : 1;  // NaN is 1 too
    if (k < bins.count && !(bins.edges[k] < bins.edges[k + 1])) found.rising = false;
  }
  return found;
}

inline Evenness JoinEvenness(Evenness a, Evenness b) {
  return {a.deviation > b.deviation ? a.deviation : b.deviation, a.rising && b.rising};
}

inline Status Measure(Job& job, Bins& bins, bool& rising) {
  Evenness found{0, true};
  const Status status = job.Reduce(
      bins.count + 1, 65536, found, [&](int64_t b, int64_t e) { return MeasureEdges(bins, b, e); }, JoinEvenness);
  rising = found.rising;
  bins.slack = 2 * found.deviation + static_cast<double>(bins.count) * 0x1p-50;
  bins.uniform = found.rising && bins.slack < 0.25 && bins.scale <= 1e300;
  return status;
}

// Bins of n elements by their distance from the first edge. True if some are so near to an edge that they
// have to be compared with it.
inline bool Guess(const Bins& bins, const double* x, int64_t n, uint32_t* to) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<int32_t, decltype(d)> d32;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto lo = hn::Set(d, bins.lo), hi = hn::Set(d, bins.hi), scale = hn::Set(d, bins.scale);
  const auto slack = hn::Set(d, bins.slack), top = hn::Set(d, static_cast<double>(bins.count) - 0.5);
  const auto outside = hn::Set(d, static_cast<double>(bins.count));
  auto near = hn::Zero(d32);
  const auto place = [&](const double* from, uint32_t* at) __attribute__((always_inline)) {
    const auto v = hn::LoadU(d, from);
    const auto within = hn::And(hn::Ge(v, lo), hn::Le(v, hi));
    const auto t = hn::Mul(hn::Sub(v, lo), scale);
    const auto high = hn::DemoteTo(d32, hn::IfThenElse(within, hn::Min(hn::Add(t, slack), top), outside));
    const auto low = hn::DemoteTo(d32, hn::IfThenElse(within, hn::Min(hn::Sub(t, slack), top), outside));
    near = hn::Or(near, hn::Xor(high, low));
    hn::StoreU(hn::BitCast(hn::RebindToUnsigned<decltype(d32)>(), high), hn::RebindToUnsigned<decltype(d32)>(), at);
  };
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    __builtin_prefetch(x + i + kTallyChunk);  // while these are counted
    place(x + i, to + i);
  }
  if (i < n) {
    double rest[hn::MaxLanes(d)];
    uint32_t found[hn::MaxLanes(d)];
    for (int64_t j = 0; j < lanes; ++j) rest[j] = x[i + j < n ? i + j : n - 1];
    place(rest, found);
    for (int64_t j = 0; i + j < n; ++j) to[i + j] = found[j];
  }
  return !hn::AllTrue(d32, hn::Eq(near, hn::Zero(d32)));
}

// to[i] = the bin of x[i], or `count` if it lies in none. Another thread may write to x meanwhile: whatever is
// read, a bin is at most `count`.
inline __attribute__((noinline)) void Place(const Bins& bins, const double* x, int64_t n, uint32_t* to) {
  const auto count = static_cast<uint32_t>(bins.count);
  const double* const edges = bins.edges;
  if (bins.uniform) {
    if (!Guess(bins, x, n, to)) return;
    for (int64_t i = 0; i < n; ++i) {
      uint32_t k = to[i];
      if (k == count) continue;
      k -= x[i] < edges[k] ? 1 : 0;
      k = k < count ? k : count - 1;
      k += ((x[i] >= edges[k + 1]) & (k + 1 < count)) ? 1 : 0;
      to[i] = k;
    }
    return;
  }
  Search<false>(edges, bins.count + 1, x, n, to);
  for (int64_t i = 0; i < n; ++i) {
    uint32_t k = to[i] - 1;  // below the first edge: 2^32 - 1
    k = k < count ? k : count;
    to[i] = ((k == count) & (x[i] == bins.hi)) ? count - 1 : k;
  }
}

}  // namespace bins
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
