// The approximate pass of topK: blocked matrix products in the element type, and the
// rigorous filter that decides which pairs the direct score need not look at.
//
// Layout as in BLIS (Van Zee & van de Geijn, 2015), the other way round: *queries* are
// packed once into panels (for each element, kPanel queries side by side), a vector runs
// across queries, and elements of corpus rows are broadcast. So the large operand stays
// row-major, dot products need no horizontal sums, and one comparison filters a vector of
// queries. A kernel of row-times-row dot products would need no packing at all, but pays
// 24 horizontal sums per 24 accumulators: 12-17 % of the time at 384 elements.
//
// Blocks of corpus rows are copied to a buffer of fixed pitch first (about 2 % of the
// time): rows 4096 bytes apart would share one set of the first cache, the row's norm
// falls out of the copy, offsets in the inner loop become constants, and strided matrices
// need no other path.
#pragma once

#include "kernels/topK-list-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {

template <class T>
using Wide = hn::ScalableTag<T>;

template <class T>
struct Tile {
  static constexpr int kLanes = HWY_LANES(T);
#if HWY_ARCH_ARM || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
  static constexpr int kVectors = 4;  // 24 accumulators of 32 registers
#else
  static constexpr int kVectors = 2;  // 12 of 16
#endif
  static constexpr int kRows = 6;
  static constexpr int kSub = 8 * kRows;                                    // corpus rows copied at once
  static constexpr int kDepth = 2048 / static_cast<int>(sizeof(T));         // elements per pass over k
  static constexpr int kPitch = kDepth + 64 / static_cast<int>(sizeof(T));  // an odd number of cache lines
  static constexpr int kQueries = 128;                                      // per tile, at most
};

// rows × panel: c[r][·] (+)= Σ_k rows[r][k]·panel[k][·]. Also asks for the memory from
// `ahead` on, a line every four steps: the next rows arrive while these are multiplied.
template <class T, int vectors>
HWY_NOINLINE void Multiply(const T* HWY_RESTRICT rows, const T* HWY_RESTRICT panel, int64_t depth, T* HWY_RESTRICT c,
                           bool add, uintptr_t ahead) {
  using S = Tile<T>;
  const Wide<T> d;
  hn::Vec<Wide<T>> sum[S::kRows][vectors];
  for (int r = 0; r < S::kRows; ++r)
    for (int v = 0; v < vectors; ++v) sum[r][v] = hn::Zero(d);
  const auto step = [&](int64_t at) HWY_ATTR {
    hn::Vec<Wide<T>> b[vectors];
    for (int v = 0; v < vectors; ++v) b[v] = hn::Load(d, panel + at * vectors * S::kLanes + v * S::kLanes);
    for (int r = 0; r < S::kRows; ++r) {
      const auto a = hn::Set(d, rows[r * S::kPitch + at]);
      for (int v = 0; v < vectors; ++v) sum[r][v] = hn::MulAdd(a, b[v], sum[r][v]);
    }
  };
  int64_t k = 0;
  for (; k + 4 <= depth; k += 4) {
    __builtin_prefetch(reinterpret_cast<const void*>(ahead), 0, 2);
    ahead += 64;
    step(k);
    step(k + 1);
    step(k + 2);
    step(k + 3);
  }
  for (; k < depth; ++k) step(k);
  for (int r = 0; r < S::kRows; ++r)
    for (int v = 0; v < vectors; ++v) {
      T* out = c + r * S::kQueries + v * S::kLanes;
      hn::Store(add ? hn::Add(hn::Load(d, out), sum[r][v]) : sum[r][v], d, out);
    }
}

// Σ x² in T, any order: its error is covered by Bound.
template <class T>
HWY_INLINE T CopyRow(const T* from, int64_t count, T* to) {
  const Wide<T> d;
  constexpr int lanes = Tile<T>::kLanes;
  auto s0 = hn::Zero(d), s1 = hn::Zero(d);
  int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const auto a = hn::LoadU(d, from + i), b = hn::LoadU(d, from + i + lanes);
    hn::StoreU(a, d, to + i);
    hn::StoreU(b, d, to + i + lanes);
    s0 = hn::MulAdd(a, a, s0);
    s1 = hn::MulAdd(b, b, s1);
  }
  T tail = 0;
  for (; i < count; ++i) {
    to[i] = from[i];
    tail += from[i] * from[i];
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(s0, s1))) + tail;
}

// Rows [row, row + count) × elements [from, to) of a matrix of any strides, packed.
template <class T>
HWY_NOINLINE void Gather(const Matrix<T>& m, int64_t row, int64_t count, int64_t from, int64_t to, T* out,
                         int64_t pitch) {
  for (int64_t block = from; block < to; block += 16) {  // short runs both ways: either stride may be the small one
    const int64_t end = block + 16 < to ? block + 16 : to;
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = block; i < end; ++i)
        out[r * pitch + (i - from)] = m.data[(row + r) * m.row_stride + i * m.col_stride];
  }
}

// ---- The filter ----
//
// A pair may be dropped only if its rounded cost is *strictly* worse than the k-th best so
// far, τ: an equal one with a lower index belongs in the list. Let q, c be the rows, D
// their real dot product, D' the computed one, u the rounding unit of T.
//
//   |D' − D|            ≤ γ₁|q||c|       γ₁ = (terms in the longest chain)·u·1.01 (Higham, Accuracy
//   and Stability, 3.1), chain ≤ elements of one pass + passes; Σ|q_i c_i| ≤ |q||c|
//   |c|'² = |c|²(1 ± γ₁)                 the copy's norm, in T
//   direct sums         relative error ≤ γ₂ of |q||c|, |c|² or |q−c|²; γ₂ = (dim/16 + 16)·2⁻⁵³·1.01
//   a rounded cost is strictly worse than τ if the direct one is at least one step of T
//   beyond it, and a step is ≤ 2u|τ| + η, η the least denormal; more is given: 32u|τ| + 64η.
//
// With ε = 2γ₁ + 4γ₂ + 32u the pair is dropped iff  D' < g·m + t  (computed in T, the 32u
// covers its roundings), where m belongs to the corpus row and g, t to the query:
//
//   cosine     m = |c|'           g = (τ − ε)|q|   t = 0   (errors γ₁ + γ₁/2·|τ| + 3γ₂ + rounding, all
//              relative to |q||c|); for τ > 0, t = u|q|·(least norm)/2 lets zero rows go, whose score is 0
//   dot        m = |c|'           g = −ε|q|        t = τ − step
//   distances  m = |c|'²(1−ε)/2   g = 1            t = (|q|²(1−ε) − τ² − step)/2,
//              from |q−c|² = |q|² + |c|² − 2D and 2|q||c| ≤ |q|² + |c|²
//
// The comparison is false for NaN, so NaN is how a row or a query says "always look": rows
// with NaN or Infinity, norms so large or small that T over- or underflows (outside
// [kLeast, kMost], exact zeros excepted), no τ yet, or γ₁ beyond 1 %.

template <class T>
struct Range;
template <>
struct Range<float> {  // norms; |q||c| ≤ 2^120 stays finite, products ≥ 2^-80 lose only 2^-149 a term
  static constexpr double kLeast = 0x1p-40, kMost = 0x1p60, kUnit = 0x1p-24, kTiny = 0x1p-143;
};
template <>
struct Range<double> {
  static constexpr double kLeast = 0x1p-400, kMost = 0x1p500, kUnit = 0x1p-53, kTiny = 0x1p-1068;
};

struct Bound {
  double epsilon;  // NaN: no filtering at all
};

template <class T>
HWY_INLINE Bound MakeBound(int64_t dim, int64_t depth) {
  const double u = Range<T>::kUnit;
  const double chain = static_cast<double>((depth < dim ? depth : dim) + (dim + depth - 1) / depth + 16);
  const double first = chain * u * 1.01;
  const double second = (static_cast<double>(dim) / kVirtual + 16) * 0x1p-53 * 1.01;
  return {first < 0.01 ? 2 * first + 4 * second + 32 * u : __builtin_nan("")};
}

// m of one corpus row, from its norm².
template <class T>
HWY_INLINE T RowTerm(Metric metric, T square, const Bound& bound) {
  const double s = static_cast<double>(square);
  if (!(s >= Range<T>::kLeast * Range<T>::kLeast && s <= Range<T>::kMost * Range<T>::kMost)) return QuietNaN<T>();
  return static_cast<T>(Negated(metric) ? Sqrt(s) : s * (1 - bound.epsilon) / 2);
}

// g and t of one query whose norm² is qq, under a limit.
template <class T>
HWY_NOINLINE void QueryTerms(Metric metric, T limit, double qq, const Bound& bound, T& g, T& t) {
  using R = Range<T>;
  const double u = R::kUnit, epsilon = bound.epsilon;
  const double worst = static_cast<double>(limit);
  g = 0;
  t = QuietNaN<T>();
  // Squares of f32 do not underflow in f64, so that 0 means a zero vector; squares of f64 do.
  const bool in_range = (qq == 0 && sizeof(T) == 4) || (qq >= R::kLeast * R::kLeast && qq <= R::kMost * R::kMost);
  if (!in_range || !(worst - worst == 0)) return;  // a limit of NaN or ±Infinity says nothing
  if (metric == Metric::kCosine) {
    const double score = -worst, norm = Sqrt(qq);
    if (score <= -1) return;  // clamping makes everything from there on equal
    g = static_cast<T>((score - epsilon) * norm);
    t = score > 0 ? static_cast<T>(u * norm * (R::kLeast / 2)) : T{0};
  } else if (metric == Metric::kDot) {
    const double score = -worst;
    g = static_cast<T>(-epsilon * Sqrt(qq));
    t = static_cast<T>(score - (32 * u * (score < 0 ? -score : score) + R::kTiny));
  } else {
    double square = worst + (32 * u * worst + R::kTiny);
    if (metric == Metric::kEuclidean) square = square * square * (1 + 32 * u);
    g = 1;
    t = static_cast<T>((qq * (1 - epsilon) - square * (1 + 32 * u)) / 2);
  }
}

// What a thread needs while it works on a tile. One per lane.
template <class T>
struct Workspace {
  using S = Tile<T>;
  alignas(64) T rows[S::kSub * S::kPitch];
  alignas(64) T products[S::kSub * S::kQueries];
  alignas(64) T g[S::kQueries];
  alignas(64) T t[S::kQueries];
  T limits[S::kQueries];
  T terms[S::kSub];
};

}  // namespace
}  // namespace offloop::OFFLOOP_ISA
