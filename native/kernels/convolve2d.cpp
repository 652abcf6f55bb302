// convolve2d: weighted sums of every pixel's neighbourhood; gaussianFilter is two passes of it.
//
// Floats are summed as floats, by multiply-adds with one rounding where the instruction set has them. Bytes are summed
// as doubles: they and the weights have at most 24 bits each, so every product is exact, and a multiply-add gives the
// bits of a product and a sum: instruction sets agree, and JavaScript.
//
// A block of kRows x kVectors vectors is summed at a time, so that an element that was loaded serves kRows sums, and a
// weight kVectors. Floats are read where they lie, but for what a neighbourhood needs of beyond the left and right
// border.
#include "kernels/image-inl.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace convolve2d_kernel {

namespace hn = hwy::HWY_NAMESPACE;
using namespace image;

// What is summed.
template <class T>
struct SumsOf {
  using K = double;
};
template <>
struct SumsOf<float> {
  using K = float;
};

template <class K>
using Vec = hn::Vec<hn::ScalableTag<K>>;
template <class K>
constexpr int64_t kLanes = HWY_LANES(K);
constexpr int kRows = 4, kVectors = HWY_LANES(double) == 8 ? 6 : HWY_ARCH_ARM ? 4 : 2;
template <class K>
constexpr int64_t kWide = kVectors * kLanes<K>;
// Bytes of rows that stay in a cache: the first, where they are converted; where not, they are read in long runs, which
// memory is quickest at, and the second holds them.
constexpr int64_t kBuffer = 40 << 10, kFar = 256 << 10;
constexpr double kTileNs = 400e3;

template <class K>
struct Weights {
  const K* data;  // rows x cols
  int64_t rows, cols;
};

template <class K>
using Sums = Vec<K>[kRows][kVectors];

// kWide elements from in[offset] on. A vector that crosses a line of the cache takes as long to load as four
// multiply-adds of doubles, so with AVX-512, where nearly all would, aligned ones are shifted for fewer sum rows than
// that; doubles lie in buffers of ours, `in` is aligned.
template <int kSumRows, class K>
HWY_INLINE void LoadWide(const K* in, int64_t offset, Vec<K> (&elements)[kVectors]) {
  const hn::ScalableTag<K> d;
#if HWY_STATIC_TARGET == HWY_AVX3
  if constexpr (kSumRows < 3 && sizeof(K) == 8) {
    const int64_t shift = offset % kLanes<K>;
    if (shift != 0) {
      const __m512i lanes = _mm512_add_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi64(shift));
      in += offset - shift;
      Vec<K> low = hn::Load(d, in);
      for (int v = 0; v < kVectors; ++v) {
        const Vec<K> high = hn::Load(d, in + (v + 1) * kLanes<K>);
        elements[v] = Vec<K>{_mm512_permutex2var_pd(low.raw, lanes, high.raw)};
        low = high;
      }
      return;
    }
  }
#endif
  for (int v = 0; v < kVectors; ++v) elements[v] = hn::LoadU(d, in + offset + v * kLanes<K>);
}

// One row of elements, which meets row y - r of the weights for sum row r in [kFrom, kTo]; `weights` are row y's.
template <int kFrom, int kTo, class K>
HWY_INLINE void AddRow(const K* in, int64_t step, const K* weights, int64_t cols, Sums<K>& sums) {
  const hn::ScalableTag<K> d;
  for (int64_t x = 0; x < cols; ++x) {
    Vec<K> elements[kVectors];
    LoadWide<kTo - kFrom + 1>(in, x * step, elements);
    for (int r = kFrom; r <= kTo; ++r) {
      const Vec<K> weight = hn::Set(d, weights[x - r * cols]);
      for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(elements[v], weight, sums[r][v]);
    }
  }
}

// out[r][first ...], r < kRows: kWide sums over rows[0 .. w.rows + kRows - 1) each, from element `first` on; pixels are
// `step` apart. `past`: to lines that begin there, past the caches.
template <class K>
HWY_NOINLINE void SumBlock(const K* const* rows, int64_t first, int64_t step, const Weights<K>& w, K* const* out,
                           bool past) {
  const hn::ScalableTag<K> d;
  Sums<K> sums;
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  const K* weights = w.data;
  const int64_t cols = w.cols;
  static_assert(kRows == 4);
  if (w.rows == 1) {
    for (int64_t x = 0; x < cols; ++x) {
      const Vec<K> weight = hn::Set(d, weights[x]);
      for (int r = 0; r < kRows; ++r) {
        Vec<K> elements[kVectors];
        LoadWide<1>(rows[r] + first, x * step, elements);
        for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(elements[v], weight, sums[r][v]);
      }
    }
  } else {
    AddRow<0, 0>(*rows++ + first, step, weights, cols, sums);
    AddRow<0, 1>(*rows++ + first, step, weights += cols, cols, sums);
    AddRow<0, 2>(*rows++ + first, step, weights += cols, cols, sums);
    for (int64_t y = 3; y < w.rows; ++y) AddRow<0, 3>(*rows++ + first, step, weights += cols, cols, sums);
    AddRow<1, 3>(*rows++ + first, step, weights += cols, cols, sums);
    AddRow<2, 3>(*rows++ + first, step, weights += cols, cols, sums);
    AddRow<3, 3>(*rows + first, step, weights + cols, cols, sums);
  }
  if (past) {
    for (int r = 0; r < kRows; ++r)
      for (int v = 0; v < kVectors; ++v) hn::Stream(sums[r][v], d, out[r] + first + v * kLanes<K>);
    return;
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[r][v], d, out[r] + first + v * kLanes<K>);
}

// n sums as elements of the result. `line`: room for them.
HWY_INLINE void Put(const float* sums, int64_t n, float*, float* out, bool past) { StreamPut(out, sums, n * 4, past); }
HWY_INLINE void Put(const double* sums, int64_t n, uint8_t* line, uint8_t* out, bool past) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<int32_t, decltype(d)> di;
  alignas(64) int32_t whole[kWide<double>];
  for (int64_t x = 0; x < n; x += kWide<double>) {
    for (int v = 0; v < kVectors; ++v) {
      const auto sum = hn::Round(hn::LoadU(d, sums + x + v * kLanes<double>));
      const auto inside = hn::Min(hn::Max(sum, hn::Zero(d)), hn::Set(d, 255.0));
      hn::StoreU(hn::DemoteTo(di, inside), di, whole + v * kLanes<double>);
    }
    for (int64_t i = 0; i < kWide<double>; ++i) line[x + i] = static_cast<uint8_t>(whole[i]);
  }
  StreamPut(out, line, n, past);
}

// What the second of two passes sums: rounded as floats are.
HWY_INLINE void Round(float*, int64_t) {}
HWY_INLINE void Round(double* sums, int64_t n) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> df;
  for (int64_t i = 0; i < n; i += kLanes<double>)
    hn::StoreU(hn::PromoteTo(d, hn::DemoteTo(df, hn::LoadU(d, sums + i))), d, sums + i);
}

// kRows rows that are read next: asked for meanwhile, a little with every block. A hint past the end does no harm.
struct Next {
  uintptr_t row;
  int64_t stride, width;  // bytes; those of an element
};

// kRows rows of `count` sums, to to[r]: of more where these are no whole blocks, but not if `inside`. `past`: whole
// blocks go to lines that begin there, past the caches.
template <class K>
HWY_INLINE void SumRows(const K* const* in, int64_t step, const Weights<K>& w, int64_t count, bool inside, bool past,
                        K* const* to, const Next& next) {
  for (int64_t x = 0; x < count; x += kWide<K>) {
    for (int64_t r = 0; r < kRows; ++r)
      for (int64_t line = 0; line < kWide<K> * next.width; line += 64)
        __builtin_prefetch(reinterpret_cast<const void*>(next.row + r * next.stride + x * next.width + line), 0, 2);
    const bool part = inside && x + kWide<K> > count;
    SumBlock(in, part ? count - kWide<K> : x, step, w, to, past && !part);
  }
}

// How large tiles are, and the buffers of a thread.
struct Layout {
  int64_t rows, cols;  // pixels of a tile
  int64_t ring;        // rows that are summed over at once
  int64_t pitch;       // of these
  int64_t wide_pitch;  // of the kRows rows before the first of two passes
  int64_t made;        // elements in a row of results
};

template <class K>
Layout Plan(const Job& job, const Shape& s, const Weights<K>& down, const Weights<K>* across) {
  Layout l;
  l.ring = down.rows + kRows - 1;
  const int64_t taps = down.rows * down.cols + (across != nullptr ? across->cols : 0);
  const double cost = (sizeof(K) == 4 ? 0.4 : 1) +
                      0.6 / static_cast<double>(kLanes<K>) * static_cast<double>(taps);  // nanoseconds, at most
  // As many columns as fit the cache, and kRows rows of which take no longer than a tile may.
  const int64_t cache = sizeof(K) == 4 ? kFar : kBuffer;
  const int64_t fit = Most(cache / static_cast<int64_t>(sizeof(K)) / (l.ring + kRows) / kWide<K>, 4),
                quick = static_cast<int64_t>(kTileNs / cost / kRows / kWide<K>);
  l.cols = Least(s.width, Most(Most(Least(fit, quick), 1) * kWide<K> / s.channels, 1));
  // The rows above a tile's first are there already in the tile above it: a tile is long against them.
  const int64_t rows = Least(static_cast<int64_t>(kTileNs / cost) / (l.cols * s.channels),
                             Most(s.height / (4 * job.threads()), 2 * l.ring));
  l.rows = RoundUp(Most(1, Least(s.height, rows)), kRows);
  l.made = RoundUp(l.cols * s.channels, kWide<K>);
  l.pitch = Pitch(l.made + (down.cols - 1) * s.channels);
  l.wide_pitch = across != nullptr ? Pitch(l.made + (across->cols - 1) * s.channels) : 0;
  return l;
}

template <class T, class K>
Status Filter(Job& job, const T* x, const Shape& s, const Weights<K>& down, const Weights<K>* across, T* out,
              int64_t size) {
  constexpr bool kDirect = sizeof(T) == sizeof(K);
  const Layout l = Plan(job, s, down, across);
  const int64_t c = s.channels, above = (down.rows - 1) / 2;
  const int64_t beside = ((across != nullptr ? across->cols : down.cols) - 1) / 2;
  // A ring of rows, one that nobody reads, those of the first pass, of results, and of these as elements.
  const int64_t each = (l.ring + 1) * l.pitch + kRows * l.wide_pitch + kRows * l.made +
                       RoundUp(l.made, 64 / static_cast<int64_t>(sizeof(K)));
  K* buffers = job.Scratch<K>(each * job.threads());
  const K** pointers = job.Scratch<const K*>(2 * l.ring * job.threads());
  K* constant = kDirect ? job.Scratch<K>(l.made + 2 * beside * c) : nullptr;  // a row of nothing else
  if (buffers == nullptr || pointers == nullptr || (kDirect && constant == nullptr)) return Status::kNoMemory;
  if (kDirect)
    for (int64_t i = 0; i < l.made + 2 * beside * c; ++i) constant[i] = static_cast<K>(s.value);
  const bool past = size * static_cast<int64_t>(sizeof(T)) >= kStreamBytes;
  // Whether lines of all rows begin with the same columns: a block may store them itself.
  const bool lined = past && kDirect && s.width * c % 16 == 0 && reinterpret_cast<uintptr_t>(out) % sizeof(T) == 0;
  return ForTiles(job, s, l.rows, l.cols, out, [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
    K* ring = buffers + job.lane() * each;
    K* spare = ring + l.ring * l.pitch;
    K* wide = spare + l.pitch;
    K* made = wide + kRows * l.wide_pitch;
    T* line = reinterpret_cast<T*>(made + kRows * l.made);
    // The ring's rows twice over, so that it may be read from any row on.
    const K** rows = pointers + job.lane() * 2 * l.ring;
    K* results[kRows];
    for (int64_t r = 0; r < kRows; ++r) results[r] = made + r * l.made;
    // Columns [from, to) of the tile. `inside`: with all beside them, and not fewer than a block.
    const auto filter = [&](int64_t from, int64_t to, bool inside) {
      const int64_t count = (to - from) * c, whole = RoundUp(count, kWide<K>), padded = whole + 2 * beside * c;
      // Row y of the image: where it lies, or with what is beside it in `row`.
      const auto load = [&](int64_t y, K* row) -> const K* {
        if constexpr (kDirect) {
          if (inside) {
            const int64_t at = Inside(y, s.height, s.border);
            return at < 0 ? constant : x + (at * s.width + from - beside) * c;
          }
        }
        LoadRow(x, s, y, from - beside, to + beside, row, To<K>());
        // What lies right of a row's elements is summed, and never looked at.
        for (int64_t i = count + 2 * beside * c; i < padded; ++i) row[i] = 0;
        return row;
      };
      // Row top - above + i of the image is row i of the ring, which goes round.
      int64_t filled = 0, at = 0, next = 0;
      for (int64_t y = top; y < bottom; y += kRows) {
        // Whole groups, so that none sums what was never written.
        for (const int64_t end = y - top + l.ring; filled < end; filled += kRows) {
          const int64_t some = Least(kRows, end - filled);
          const K* in[kRows];
          K* sums[kRows];
          for (int64_t r = 0; r < kRows; ++r) {
            if (r >= some) {
              in[r] = in[0], sums[r] = spare;
              continue;
            }
            sums[r] = ring + next * l.pitch;
            in[r] = load(top - above + filled + r, across == nullptr ? sums[r] : wide + r * l.wide_pitch);
            rows[next] = rows[next + l.ring] = across == nullptr ? in[r] : sums[r];
            next = next + 1 < l.ring ? next + 1 : 0;
          }
          if (across == nullptr) continue;
          SumRows(in, c, *across, count, inside, false, sums, {});
          for (int64_t r = 0; r < some; ++r) Round(sums[r], whole);
        }
        filled = y - top + l.ring;
        const T* ahead = x + (Least(Most(top - above + filled, 0), s.height - 1) * s.width + from) * c;
        const int64_t width = sizeof(T);
        const int64_t some = Least(kRows, bottom - y);
        T* to[kRows];
        for (int64_t r = 0; r < kRows; ++r) to[r] = out + ((y + r) * s.width + from) * c;
        const Next asked{reinterpret_cast<uintptr_t>(ahead), s.width * c * width, width};
        if constexpr (kDirect) {
          if (lined && inside && some == kRows) {
            SumRows(rows + at, c, down, count, true, true, to, asked);
            at = (at + kRows) % l.ring;
            continue;
          }
        }
        SumRows(rows + at, c, down, count, inside, false, results, asked);
        for (int64_t r = 0; r < some; ++r) Put(results[r], count, line, to[r], past);
        at = (at + kRows) % l.ring;
      }
    };
    int64_t first = Most(left, beside);
    while (lined && first < right && reinterpret_cast<uintptr_t>(out + first * c) % 64 != 0) ++first;
    const int64_t last = Least(right, s.width - beside);
    if (!kDirect || (last - first) * c < kWide<K>) {
      filter(left, right, false);
    } else {
      if (left < first) filter(left, first, false);
      filter(first, last, true);
      if (last < right) filter(last, right, false);
    }
    if (past) StreamFence();
  });
}

// weights: rows x cols of them, or, `apart`, those down a column and then those along a row.
template <class T>
Status Run(Job& job, In<T> x, int64_t height, int64_t width, int64_t channels, Enum<Border> border, double value,
           In<double> weights, int64_t rows, int64_t cols, bool apart, Out<T> out) {
  using K = typename SumsOf<T>::K;
  if (out.size <= 0) return job.status();
  const Shape s{height, width, channels, border.value, value};
  K* own = job.Scratch<K>(weights.size);
  if (own == nullptr) return Status::kNoMemory;
  for (int64_t i = 0; i < weights.size; ++i) own[i] = static_cast<K>(weights.data[i]);
  const Weights<K> across{own + rows, 1, cols};
  return Filter<T, K>(job, x.data, s, {own, rows, apart ? 1 : cols}, apart ? &across : nullptr, out.data, out.size);
}

}  // namespace convolve2d_kernel
}  // namespace

OFFLOOP_KERNEL(convolve2d, OFFLOOP_INSTANCE("f32", convolve2d_kernel::Run<float>),
               OFFLOOP_INSTANCE("u8", convolve2d_kernel::Run<uint8_t>))

}  // namespace offloop::OFFLOOP_ISA
