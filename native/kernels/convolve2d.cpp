// convolve2d: weighted sums of every pixel's neighbourhood; gaussianFilter is two passes of it.
//
// Sums are made of doubles. Elements and weights have at most 24 bits each, so every product is exact, and a multiply-
// add with one rounding gives the bits of one with two: instruction sets agree, and JavaScript. One rounding to the
// element type ends a pass.
//
// A block of kRows x kVectors vectors is summed at a time, so that an element that was loaded serves kRows sums, and a
// weight kVectors.
#include "kernels/image-inl.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace convolve2d_kernel {

namespace hn = hwy::HWY_NAMESPACE;
using namespace image;

using D = hn::ScalableTag<double>;
using Vec = hn::Vec<D>;
constexpr int64_t kLanes = HWY_LANES(double);
constexpr int kRows = 4, kVectors = kLanes == 8 ? 6 : HWY_ARCH_ARM ? 4 : 2;
constexpr int64_t kWide = kVectors * kLanes;
constexpr int64_t kBuffer = 32 << 10;  // bytes of rows that stay in the first cache
constexpr double kTileNs = 250e3;

struct Weights {
  const double* data;  // rows x cols
  int64_t rows, cols;
};

using Sums = Vec[kRows][kVectors];

// kWide elements from in[offset] on. `in` is aligned: a vector that crosses a line of the cache takes as long to load
// as four multiply-adds, so with AVX-512, where nearly all would, aligned ones are shifted for fewer sum rows than
// that.
template <int kSumRows>
HWY_INLINE void LoadWide(const double* in, int64_t offset, Vec (&elements)[kVectors]) {
  const D d;
#if HWY_STATIC_TARGET == HWY_AVX3
  const int64_t shift = offset % kLanes;
  if (kSumRows < 3 && shift != 0) {
    const __m512i lanes = _mm512_add_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi64(shift));
    in += offset - shift;
    Vec low = hn::Load(d, in);
    for (int v = 0; v < kVectors; ++v) {
      const Vec high = hn::Load(d, in + (v + 1) * kLanes);
      elements[v] = Vec{_mm512_permutex2var_pd(low.raw, lanes, high.raw)};
      low = high;
    }
    return;
  }
#endif
  for (int v = 0; v < kVectors; ++v) elements[v] = hn::LoadU(d, in + offset + v * kLanes);
}

// One row of elements, which meets row y - r of the weights for sum row r in [kFrom, kTo]; `weights` are row y's.
template <int kFrom, int kTo>
HWY_INLINE void AddRow(const double* in, int64_t step, const double* weights, int64_t cols, Sums& sums) {
  const D d;
  for (int64_t x = 0; x < cols; ++x) {
    Vec elements[kVectors];
    LoadWide<kTo - kFrom + 1>(in, x * step, elements);
    for (int r = kFrom; r <= kTo; ++r) {
      const Vec weight = hn::Set(d, weights[x - r * cols]);
      for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(elements[v], weight, sums[r][v]);
    }
  }
}

// out[kRows][kWide]: the sums over rows[0 .. w.rows + kRows - 1), from element `first` on; pixels are `step` apart.
HWY_NOINLINE void SumBlock(const double* const* rows, int64_t first, int64_t step, const Weights& w, double* out) {
  const D d;
  Sums sums;
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  const double* weights = w.data;
  const int64_t cols = w.cols;
  static_assert(kRows == 4);
  if (w.rows == 1) {
    for (int64_t x = 0; x < cols; ++x) {
      const Vec weight = hn::Set(d, weights[x]);
      for (int r = 0; r < kRows; ++r) {
        Vec elements[kVectors];
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
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[r][v], d, out + r * kWide + v * kLanes);
}

// n sums, rounded to the element type. `past`: to lines that begin there, past the caches.
HWY_INLINE void Put(const double* sums, int64_t n, float* out, bool past) {
  const D d;
  const hn::Rebind<float, D> df;
  if (n == kWide) {
    const hn::ScalableTag<float> whole;
    const bool aligned = past && reinterpret_cast<uintptr_t>(out) % (2 * sizeof(float) * kLanes) == 0;
    static_assert(kVectors % 2 == 0);
    for (int64_t v = 0; v < kVectors; v += 2) {
      const auto low = hn::DemoteTo(df, hn::LoadU(d, sums + v * kLanes));
      const auto both = hn::Combine(whole, hn::DemoteTo(df, hn::LoadU(d, sums + (v + 1) * kLanes)), low);
      if (aligned)
        hn::Stream(both, whole, out + v * kLanes);
      else
        hn::StoreU(both, whole, out + v * kLanes);
    }
    return;
  }
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) hn::StoreU(hn::DemoteTo(df, hn::LoadU(d, sums + i)), df, out + i);
  for (; i < n; ++i) out[i] = static_cast<float>(sums[i]);
}
HWY_INLINE void Put(const double* sums, int64_t n, uint8_t* out, bool) {
  const D d;
  const hn::Rebind<int32_t, D> di;
  alignas(64) int32_t whole[kWide];
  const Vec top = hn::Set(d, 255.0);
  for (int v = 0; v < kVectors; ++v) {
    const Vec sum = hn::Round(hn::LoadU(d, sums + v * kLanes));
    hn::StoreU(hn::DemoteTo(di, hn::Min(hn::Max(sum, hn::Zero(d)), top)), di, whole + v * kLanes);
  }
  if (n == kWide) {
    for (int64_t i = 0; i < kWide; ++i) out[i] = static_cast<uint8_t>(whole[i]);
    return;
  }
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<uint8_t>(whole[i]);
}
// What the second of two passes sums: rounded as floats are.
HWY_INLINE void Put(const double* sums, int64_t n, double* out, bool) {
  const D d;
  const hn::Rebind<float, D> df;
  for (int64_t i = 0; i < n; i += kLanes)
    hn::StoreU(hn::PromoteTo(d, hn::DemoteTo(df, hn::LoadU(d, sums + i))), d, out + i);
}

// kRows rows that are read next: asked for meanwhile, a little with every block. A hint past the end does no harm.
struct Next {
  uintptr_t row;
  int64_t stride, width;  // bytes; those of an element
};

// Up to kRows rows of `count` sums, to out[r] + x.
template <class T>
HWY_NOINLINE void SumRows(const double* const* in, int64_t step, const Weights& w, int64_t rows, int64_t count,
                          T* const* out, bool past, const Next& next) {
  alignas(64) double block[kRows * kWide];
  for (int64_t x = 0; x < count; x += kWide) {
    for (int64_t r = 0; r < kRows; ++r)
      for (int64_t line = 0; line < kWide * next.width; line += 64)
        __builtin_prefetch(reinterpret_cast<const void*>(next.row + r * next.stride + x * next.width + line), 0, 2);
    SumBlock(in, x, step, w, block);
    for (int64_t r = 0; r < rows; ++r) Put(block + r * kWide, Least(kWide, count - x), out[r] + x, past);
  }
}

// How large tiles are, and the buffers of a thread.
struct Layout {
  int64_t rows, cols;  // pixels of a tile
  int64_t ring;        // rows that are summed over at once
  int64_t pitch;       // of these
  int64_t wide_pitch;  // of the kRows rows before the first of two passes
};

Layout Plan(const Shape& s, const Weights& down, const Weights* across) {
  Layout l;
  l.ring = down.rows + kRows - 1;
  const int64_t taps = down.rows * down.cols + (across != nullptr ? across->cols : 0);
  const double cost = 1 + 0.6 / static_cast<double>(kLanes) * static_cast<double>(taps);  // nanoseconds, at most
  // As many columns as fit the first cache, and kRows rows of which take no longer than a tile may.
  const int64_t fit = Most(kBuffer / 8 / l.ring / kWide, 4),
                quick = static_cast<int64_t>(kTileNs / cost / kRows / kWide);
  l.cols = Least(s.width, Most(Most(Least(fit, quick), 1) * kWide / s.channels, 1));
  // The rows above a tile's first are there already in the tile above it: a tile is long against them.
  const int64_t rows = static_cast<int64_t>(kTileNs / cost) / (l.cols * s.channels);
  l.rows = RoundUp(Most(1, Least(s.height, rows)), kRows);
  const int64_t elements = RoundUp(l.cols * s.channels, kWide);
  l.pitch = Pitch(elements + (down.cols - 1) * s.channels);
  l.wide_pitch = across != nullptr ? Pitch(elements + (across->cols - 1) * s.channels) : 0;
  return l;
}

template <class T>
Status Filter(Job& job, const T* x, const Shape& s, const Weights& down, const Weights* across, T* out, int64_t size) {
  const Layout l = Plan(s, down, across);
  const int64_t c = s.channels, above = (down.rows - 1) / 2;
  const int64_t beside = ((across != nullptr ? across->cols : down.cols) - 1) / 2;
  const int64_t each = l.ring * l.pitch + kRows * l.wide_pitch;
  double* buffers = job.Scratch<double>(each * job.threads());
  const double** pointers = job.Scratch<const double*>(2 * l.ring * job.threads());
  if (buffers == nullptr || pointers == nullptr) return Status::kNoMemory;
  const bool past = size * static_cast<int64_t>(sizeof(T)) >= kStreamBytes;
  return ForTiles(job, s, l.rows, l.cols, [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
    double* ring = buffers + job.lane() * each;
    // The ring's rows twice over, so that it may be read from any row on.
    const double** rows = pointers + job.lane() * 2 * l.ring;
    for (int64_t i = 0; i < 2 * l.ring; ++i) rows[i] = ring + i % l.ring * l.pitch;
    double* wide[kRows];
    for (int64_t r = 0; r < kRows; ++r) wide[r] = ring + l.ring * l.pitch + r * l.wide_pitch;
    const int64_t count = (right - left) * c, padded = RoundUp(count, kWide) + 2 * beside * c;
    const auto load = [&](int64_t y, double* row) {
      LoadRow(x, s, y, left - beside, right + beside, row, Widen());
      // What lies right of a row's elements is summed, and never looked at.
      for (int64_t i = count + 2 * beside * c; i < padded; ++i) row[i] = 0;
    };
    // Row top - above + i of the image is row i of the ring, which goes round.
    int64_t filled = 0, at = 0, next = 0;
    for (int64_t y = top; y < bottom; y += kRows) {
      // Whole groups, so that none sums what was never written.
      for (const int64_t end = y - top + l.ring; filled < end; filled += kRows) {
        const int64_t some = Least(kRows, end - filled), first = top - above + filled;
        double* to[kRows];
        for (int64_t r = 0; r < some; ++r) {
          to[r] = ring + next * l.pitch;
          next = next + 1 < l.ring ? next + 1 : 0;
          load(first + r, across == nullptr ? to[r] : wide[r]);
        }
        if (across != nullptr) SumRows(wide, c, *across, some, RoundUp(count, kWide), to, false, {});
      }
      filled = y - top + l.ring;
      T* to[kRows];
      for (int64_t r = 0; r < kRows; ++r) to[r] = out + ((y + r) * s.width + left) * c;
      const T* ahead = x + (Least(Most(top - above + filled, 0), s.height - 1) * s.width + left) * c;
      const int64_t width = sizeof(T);
      SumRows(rows + at, c, down, Least(kRows, bottom - y), count, to, past,
              {reinterpret_cast<uintptr_t>(ahead), s.width * c * width, width});
      at = (at + kRows) % l.ring;
    }
    if (past) StreamFence();
  });
}

// weights: rows x cols of them, or, `apart`, those down a column and then those along a row.
template <class T>
Status Run(Job& job, In<T> x, int64_t height, int64_t width, int64_t channels, Enum<Border> border, double value,
           In<double> weights, int64_t rows, int64_t cols, bool apart, Out<T> out) {
  if (out.size <= 0) return job.status();
  const Shape s{height, width, channels, border.value, value};
  if (!apart) return Filter<T>(job, x.data, s, {weights.data, rows, cols}, nullptr, out.data, out.size);
  const Weights across{weights.data + rows, 1, cols};
  return Filter<T>(job, x.data, s, {weights.data, rows, 1}, &across, out.data, out.size);
}

}  // namespace convolve2d_kernel
}  // namespace

OFFLOOP_KERNEL(convolve2d, OFFLOOP_INSTANCE("f32", convolve2d_kernel::Run<float>),
               OFFLOOP_INSTANCE("u8", convolve2d_kernel::Run<uint8_t>))

}  // namespace offloop::OFFLOOP_ISA
