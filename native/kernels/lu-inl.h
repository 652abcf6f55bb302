// P·A = L·U with partial pivoting, on all threads of a job.
//
// The columns are halved (Toledo, SIAM J. Matrix Anal. Appl. 18, 1997): factor the left half, bring the right one up to
// date by a triangular system and a product, factor what is left of it. So nearly all of the work is products, and of
// large ones. The last step, kPanel columns, is serial: it is done in a copy whose columns lie side by side, where a
// pivot is found, and a column scaled, at full speed.
#pragma once

#include "kernels/triangular-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace lu {

namespace hn = hwy::HWY_NAMESPACE;
using gemm::View;
using triangular::Steps;

constexpr int64_t kPanel = 32;       // columns of the last step
constexpr int64_t kBlock = 8;        // columns whose sums stay in registers
constexpr int64_t kUnrolled = 4;     // vectors of a column at a time
constexpr int64_t kSlice = 6000;     // rows from which the last step is several grains
constexpr int64_t kInline = 192;     // rows up to which it copies by itself
constexpr int64_t kSwapChunk = 128;  // columns and
constexpr int64_t kSwaps = 1024;     // rows that change places in a grain

constexpr int kTall = gemm::kVectors > 2 ? 2 : 1;  // vectors of each of kBlock columns in registers

// Columns side by side at a pitch that vectors may run over.
template <class T>
HWY_INLINE int64_t PanelPitch(int64_t rows) {
  return triangular::Pitch<T>(rows + kUnrolled * HWY_LANES(T));
}

HWY_INLINE int64_t PanelColumns(int64_t columns) {
  return columns < kPanel ? (columns + kBlock - 1) / kBlock * kBlock : kPanel;
}

// Columns [s, s + kBlock) less what the ones before them say: their rows of U first, then all below.
template <class T>
HWY_NOINLINE void UpdateBlock(T* HWY_RESTRICT panel, int64_t pitch, int64_t rows, int64_t s) {
  const hn::ScalableTag<T> d;
  constexpr int64_t lanes = HWY_LANES(T);
  T u[kPanel * kBlock];
  for (int64_t c = 0; c < kBlock; ++c) {
    T* column = panel + (s + c) * pitch;
    for (int64_t k = 0; k < s; ++k) {
      const T value = u[k * kBlock + c] = column[k];
#pragma clang loop interleave(disable) unroll(disable)
      for (int64_t i = k + 1; i < s; ++i) column[i] -= panel[k * pitch + i] * value;
    }
  }
  for (int64_t i = s; i < rows; i += kTall * lanes) {
    hn::Vec<decltype(d)> sum[kBlock][kTall];
    T* const to = panel + s * pitch + i;
    for (int64_t c = 0; c < kBlock; ++c)
      for (int t = 0; t < kTall; ++t) sum[c][t] = hn::LoadU(d, to + c * pitch + t * lanes);
    for (int64_t k = 0; k < s; ++k) {
      hn::Vec<decltype(d)> l[kTall];
      for (int t = 0; t < kTall; ++t) l[t] = hn::LoadU(d, panel + k * pitch + i + t * lanes);
      for (int64_t c = 0; c < kBlock; ++c) {
        const auto by = hn::Set(d, u[k * kBlock + c]);
        for (int t = 0; t < kTall; ++t) sum[c][t] = hn::NegMulAdd(by, l[t], sum[c][t]);
      }
    }
    for (int64_t c = 0; c < kBlock; ++c)
      for (int t = 0; t < kTall; ++t) hn::StoreU(sum[c][t], d, to + c * pitch + t * lanes);
  }
}

// Column j less what columns [s, j) say; the row of its largest element.
template <class T>
HWY_NOINLINE int64_t UpdateColumn(T* HWY_RESTRICT panel, int64_t pitch, int64_t rows, int64_t s, int64_t j) {
  const hn::ScalableTag<T> d;
  constexpr int64_t lanes = HWY_LANES(T);
  T* const column = panel + j * pitch;
  T u[kBlock];
  for (int64_t k = s; k < j; ++k) {
    const T value = u[k - s] = column[k];
#pragma clang loop vectorize(disable) unroll(disable)
    for (int64_t i = k + 1; i < j; ++i) column[i] -= panel[k * pitch + i] * value;
  }
  auto most = hn::Set(d, T{-1}), second = most;
  for (int64_t i = j; i < rows; i += kUnrolled * lanes) {
    hn::Vec<decltype(d)> sum[kUnrolled];
    for (int64_t v = 0; v < kUnrolled; ++v) sum[v] = hn::LoadU(d, column + i + v * lanes);
    for (int64_t k = s; k < j; ++k) {
      const auto by = hn::Set(d, u[k - s]);
      for (int64_t v = 0; v < kUnrolled; ++v)
        sum[v] = hn::NegMulAdd(by, hn::LoadU(d, panel + k * pitch + i + v * lanes), sum[v]);
    }
    for (int64_t v = 0; v < kUnrolled; ++v) hn::StoreU(sum[v], d, column + i + v * lanes);
    most = hn::Max(hn::Max(hn::Abs(sum[0]), hn::Abs(sum[1])), most);
    second = hn::Max(hn::Max(hn::Abs(sum[2]), hn::Abs(sum[3])), second);
  }
  const T largest = hn::GetLane(hn::MaxOfLanes(d, hn::Max(most, second)));
  const auto wanted = hn::Set(d, largest);
  for (int64_t i = j; i < rows; i += lanes) {
    const auto same = hn::Eq(hn::Abs(hn::LoadU(d, column + i)), wanted);
    const int64_t at = hn::FindFirstTrue(d, same);
    if (at >= 0) return i + at < rows ? i + at : j;
  }
  return j;  // NaN
}

// Factors columns [s, s + kBlock) of a panel whose earlier ones are done, as far as it has `columns`. `pivots`: for
// each the row of the panel that changed places with its own. Returns the first column without a pivot, or -1.
template <class T>
HWY_NOINLINE int64_t FactorBlock(T* panel, int64_t pitch, int64_t rows, int64_t columns, int64_t s, int32_t* pivots) {
  constexpr T least = sizeof(T) == 8 ? static_cast<T>(0x1p-1022) : static_cast<T>(0x1p-126f);
  int64_t failed = -1;
  if (s == 0)  // what vectors meet beyond the last row must not be a pivot
    for (int64_t c = 0; c < columns; ++c)
      __builtin_memset(panel + c * pitch + rows, 0, kUnrolled * HWY_LANES(T) * sizeof(T));
  else
    UpdateBlock(panel, pitch, rows, s);
  for (int64_t j = s; j < columns && j < s + kBlock; ++j) {
    T* const column = panel + j * pitch;
    const int64_t pivot = UpdateColumn(panel, pitch, rows, s, j);
    pivots[j] = static_cast<int32_t>(pivot);
    if (pivot != j)
#pragma clang loop vectorize(disable) unroll(disable)
      for (int64_t c = 0; c < columns; ++c) {
        T* const at = panel + c * pitch;
        const T value = at[j];
        at[j] = at[pivot];
        at[pivot] = value;
      }
    const T value = column[j], size = value < 0 ? -value : value;
    if (value == 0) {
      if (failed < 0) failed = j;
    } else if (size >= least) {
      const T inverse = 1 / value;
      for (int64_t i = j + 1; i < rows; ++i) column[i] *= inverse;
    } else {
#pragma clang loop vectorize(disable) unroll(disable)
      for (int64_t i = j + 1; i < rows; ++i) column[i] /= value;
    }
  }
  return failed;
}

// The factors of an n × n matrix in its place: L without its diagonal of ones, and U.
template <class T>
struct Factor {
  Steps<T>& steps;
  int64_t n;
  T* a;
  int64_t pitch;
  T* panel;         // PanelColumns(n) × PanelPitch(n)
  int32_t* pivots;  // row i changed places with row pivots[i], in the order of i
  int64_t failed = -1;

  // Rows change places as pivots [first, last) say, in columns [begin, end).
  HWY_NOINLINE void SwapLeaf(int64_t first, int64_t last, int64_t begin, int64_t end) const {
    const hn::ScalableTag<T> d;
    constexpr int64_t lanes = HWY_LANES(T);
    for (int64_t i = first; i < last; ++i) {
      if (pivots[i] == i) continue;
      T *x = a + i * pitch, *y = a + pivots[i] * pitch;
      int64_t j = begin;
      for (; j + lanes <= end; j += lanes) {
        const auto value = hn::LoadU(d, x + j);
        hn::StoreU(hn::LoadU(d, y + j), d, x + j);
        hn::StoreU(value, d, y + j);
      }
#pragma clang loop vectorize(disable) unroll(disable)
      for (; j < end; ++j) {
        const T value = x[j];
        x[j] = y[j];
        y[j] = value;
      }
    }
  }
  HWY_NOINLINE bool Swap(int64_t first, int64_t last, int64_t begin, int64_t end) const {
    const int64_t chunks = (end - begin + kSwapChunk - 1) / kSwapChunk;
    for (; first < last; first += kSwaps) {
      const int64_t until = first + kSwaps < last ? first + kSwaps : last;
      if (!steps.For(chunks, 1 + 512 / (until - first), [&](int64_t from, int64_t to) {
            for (int64_t chunk = from; chunk < to; ++chunk) {
              const int64_t j = begin + chunk * kSwapChunk;
              SwapLeaf(first, until, j, j + kSwapChunk < end ? j + kSwapChunk : end);
            }
          }))
        return false;
    }
    return true;
  }

  HWY_INLINE void CopyIn(int64_t first, int64_t columns, int64_t row, int64_t end) const {
    triangular::Turn(a + row * pitch + first, pitch, end - row, columns, panel + (row - first), PanelPitch<T>(n));
  }
  HWY_INLINE void CopyOut(int64_t first, int64_t columns, int64_t row, int64_t end) const {
    triangular::Turn(panel + (row - first), PanelPitch<T>(n), columns, end - row, a + row * pitch + first, pitch);
  }
  HWY_INLINE void Step(int64_t first, int64_t columns, int64_t s) {
    const int64_t zero = FactorBlock(panel, PanelPitch<T>(n), n - first, columns, s, pivots + first);
    if (zero >= 0 && failed < 0) failed = first + zero;
  }

  HWY_NOINLINE bool Panel(int64_t first, int64_t columns) {
    const int64_t rows = n - first;
    const auto bands = [&](auto&& fn) {
      return triangular::Bands(steps, rows, columns * 4,
                               [&](int64_t row, int64_t end) { fn(first + row, first + end); });
    };
    if (rows <= kInline) {
      if (!steps.Serial([&] {
            CopyIn(first, columns, first, n);
            for (int64_t s = 0; s < columns; s += kBlock) Step(first, columns, s);
            CopyOut(first, columns, first, n);
          }))
        return false;
    } else {
      if (!bands([&](int64_t row, int64_t end) { CopyIn(first, columns, row, end); })) return false;
      const int64_t slice = rows < kSlice ? columns : kBlock;
      for (int64_t from = 0; from < columns; from += slice) {
        if (!steps.Serial([&] {
              for (int64_t s = from; s < from + slice && s < columns; s += kBlock) Step(first, columns, s);
            }))
          return false;
      }
      if (!bands([&](int64_t row, int64_t end) { CopyOut(first, columns, row, end); })) return false;
    }
    if (!steps.counting)
      for (int64_t i = first; i < first + columns; ++i) pivots[i] += static_cast<int32_t>(first);
    return true;
  }

  // Columns [first, last), from row `first` on.
  HWY_NOINLINE bool Run(int64_t first, int64_t last) {
    if (last - first <= kPanel) return last <= first || Panel(first, last - first);
    const int64_t middle = first + ((last - first) / 2 + kPanel - 1) / kPanel * kPanel, k = middle - first;
    T *const top = a + first * pitch, *const below = a + middle * pitch;
    return Run(first, middle) && Swap(first, middle, middle, last) &&
           triangular::Solve(steps, View<T>{top + first, pitch, 1}, false, true, k, top + middle, pitch,
                             last - middle) &&
           steps.Product(n - middle, last - middle, k, -1, {below + first, pitch, 1}, {top + middle, pitch, 1}, 1,
                         below + middle, pitch) &&
           Run(middle, last) && Swap(middle, last, first, middle);
  }
};

}  // namespace lu
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
