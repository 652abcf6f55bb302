// Householder reflections: QR of a matrix of any shape, its Q applied to another matrix or written out.
//
// Blocked (Schreiber & Van Loan, SIAM J. Sci. Stat. Comput. 10, 1989): kBlock columns at a time become I - V·T·Vᵀ,
// which meets all columns to their right as three products. The columns of a block are reduced kPanel at a time in a
// copy of their own, whose rows lie side by side: vectors run along a row, so that the reflection of one column and the
// sums that the next one needs are one pass over the copy.
//
// Numbers are those of LAPACK's geqrf up to rounding: H = I - tau·v·vᵀ with v₀ = 1 and beta = -sign(alpha)·‖x‖, and
// H = I where nothing is below the diagonal. Sums are joined in the order of runs of kRun rows.
#pragma once

#include "kernels/reflect-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace householder {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kPanel = 32;
constexpr int64_t kBlock = 128;
constexpr int64_t kRun = 64;      // rows whose sums are added up at once, and stay in the first cache between two uses
constexpr int64_t kTurned = 512;  // rows of V that are transposed at once
constexpr int64_t kPassed = 524288;  // elements that one grain may pass over
constexpr int64_t kApart = 8192;     // more rows than these are shared out among threads
constexpr int64_t kCopied = 32768;   // elements of a copy that are one item, about

// What is so small or large that its square says little or too much.
template <class T>
constexpr double kLeastSquare = sizeof(T) == 8 ? 0x1p-900 : 0x1p-80;
template <class T>
constexpr double kLargest = sizeof(T) == 8 ? 0x1p400 : 0x1p50;

HWY_INLINE double Power(int64_t exponent) {
  const uint64_t word = static_cast<uint64_t>(exponent + 1023) << 52;
  double value;
  __builtin_memcpy(&value, &word, 8);
  return value;
}
// A power of two that brings a finite x > 0 near 1, for numbers of type T.
template <class T>
HWY_INLINE double Near1(double x) {
  uint64_t word;
  __builtin_memcpy(&word, &x, 8);
  const int64_t exponent = static_cast<int64_t>(word >> 52 & 0x7FF) - 1023, most = sizeof(T) == 8 ? 1022 : 126;
  return Power(exponent < -most ? most : -exponent);
}
// Why something returned false: it was stopped, or a product had no memory for its copies.
HWY_INLINE Status Failed(Job& job) { return job.status() == Status::kOk ? Status::kNoMemory : job.status(); }
HWY_INLINE bool Finite(double x) { return x - x == 0; }
HWY_INLINE double Abs(double x) { return __builtin_fabs(x); }
HWY_INLINE double Most(double a, double b) { return a > b ? a : b; }

// How a copy of rows is cut: into items of so many.
HWY_INLINE int64_t CopyRows(int64_t cols) { return cols < kCopied ? kCopied / (cols + 1) + 1 : 1; }
HWY_INLINE int64_t CopyItems(int64_t rows, int64_t cols) { return (rows + CopyRows(cols) - 1) / CopyRows(cols); }

// The largest magnitude among `count` numbers, as bits: infinity is more than any number, NaN more than that.
template <class T>
HWY_NOINLINE auto MostBits(const T* from, int64_t count) {
  std::conditional_t<sizeof(T) == 8, int64_t, int32_t> most = 0, bits;
  constexpr auto mask = static_cast<decltype(bits)>(~(uint64_t{1} << (8 * sizeof(T) - 1)));
  for (int64_t i = 0; i < count; ++i) {
    __builtin_memcpy(&bits, from + i, sizeof(T));
    bits &= mask;
    most = bits > most ? bits : most;
  }
  return most;
}
template <class T, class Bits>
HWY_INLINE double FromBits(Bits bits) {
  T value;
  __builtin_memcpy(&value, &bits, sizeof(T));
  return static_cast<double>(value);
}

// ---- One column at a time: rows are padded with zeros to whole vectors ----

using reflect::kLanes;
template <class T>
HWY_INLINE int64_t Padded(int64_t columns) {
  return (columns + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
}

template <int vectors, class T>
HWY_INLINE void ReflectChunk(T* HWY_RESTRICT p, int64_t pitch, int64_t rows, const T* v, const T* y) {
  const hn::ScalableTag<T> d;
  hn::Vec<hn::ScalableTag<T>> by[vectors];
  for (int k = 0; k < vectors; ++k) by[k] = hn::LoadU(d, y + k * kLanes<T>);
  for (int64_t i = 0; i < rows; ++i, p += pitch) {
    const auto x = hn::Set(d, v[i]);
    for (int k = 0; k < vectors; ++k)
      hn::StoreU(hn::NegMulAdd(x, by[k], hn::LoadU(d, p + k * kLanes<T>)), d, p + k * kLanes<T>);
  }
}

// p[i][·] -= v[i]·y[·] in columns [from, to), and whatever shares their vectors.
template <class T>
HWY_NOINLINE void Reflect(T* p, int64_t pitch, int64_t rows, const T* v, const T* y, int64_t from, int64_t to) {
  constexpr int64_t lanes = kLanes<T>;
  int64_t c = from / lanes * lanes;
  for (; c + 3 * lanes < to; c += 4 * lanes) ReflectChunk<4>(p + c, pitch, rows, v, y + c);
  for (; c + lanes < to; c += 2 * lanes) ReflectChunk<2>(p + c, pitch, rows, v, y + c);
  if (c < to) ReflectChunk<1>(p + c, pitch, rows, v, y + c);
}

template <int vectors, class T>
HWY_INLINE void SumsChunk(const T* x, int64_t x_pitch, const T* HWY_RESTRICT p, int64_t pitch, int64_t rows, T* sums) {
  const hn::ScalableTag<T> d;
  hn::Vec<hn::ScalableTag<T>> sum[vectors];
  for (int k = 0; k < vectors; ++k) sum[k] = hn::Zero(d);
  for (int64_t i = 0; i < rows; ++i, p += pitch, x += x_pitch) {
    const auto by = hn::Set(d, *x);
    for (int k = 0; k < vectors; ++k) sum[k] = hn::MulAdd(by, hn::LoadU(d, p + k * kLanes<T>), sum[k]);
  }
  for (int k = 0; k < vectors; ++k) hn::StoreU(sum[k], d, sums + k * kLanes<T>);
}

// sums[·] = Σ x[i]·p[i][·] for columns [from, to), and whatever shares their vectors.
template <class T>
HWY_NOINLINE void Sums(const T* x, int64_t x_pitch, const T* p, int64_t pitch, int64_t rows, int64_t from, int64_t to,
                       T* sums) {
  constexpr int64_t lanes = kLanes<T>;
  int64_t c = from / lanes * lanes;
  for (; c + 3 * lanes < to; c += 4 * lanes) SumsChunk<4>(x, x_pitch, p + c, pitch, rows, sums + c);
  for (; c + lanes < to; c += 2 * lanes) SumsChunk<2>(x, x_pitch, p + c, pitch, rows, sums + c);
  if (c < to) SumsChunk<1>(x, x_pitch, p + c, pitch, rows, sums + c);
}

// Columns that are reduced one by one: `width` of them in rows of `pitch` elements, Padded(width) at least.
template <class T>
struct Columns {
  T* p;
  int64_t pitch, rows, width;
  T *sums, *y, *partial;  // pitch, pitch, Runs(rows) * pitch elements
  bool apart;             // each pass is a For, else all of them belong to one grain
  double tau;

  static HWY_INLINE int64_t Runs(int64_t rows) { return (rows + kRun - 1) / kRun; }

  // fn(first row, end, its sums) for the runs of the rows from `begin` on.
  template <class F>
  HWY_INLINE bool Each(Job& job, int64_t begin, const F& fn) {
    const int64_t first = begin / kRun, runs = Runs(rows) - first;
    const auto some = [&](int64_t from, int64_t to) {
      for (int64_t r = first + from; r < first + to; ++r) {
        const int64_t i0 = r * kRun < begin ? begin : r * kRun, i1 = (r + 1) * kRun < rows ? (r + 1) * kRun : rows;
        fn(i0, i1, partial + r * pitch);
      }
    };
    if (apart) return job.For(runs, 65536 / (kRun * pitch) + 1, some);
    some(0, runs);
    return true;
  }
  HWY_INLINE void Join(int64_t begin) {
    __builtin_memset(sums, 0, static_cast<size_t>(pitch) * sizeof(T));
    for (int64_t r = begin / kRun; r < Runs(rows); ++r)
      for (int64_t c = 0; c < pitch; ++c) sums[c] += partial[r * pitch + c];
  }

  // The sums of column j, scaled by `scale`, with all columns from itself on.
  HWY_NOINLINE bool Sum(Job& job, int64_t j) {
    const bool ran = Each(job, j + 1, [&](int64_t i0, int64_t i1, T* to) {
      Sums(p + i0 * pitch + j, pitch, p + i0 * pitch, pitch, i1 - i0, j, width, to);
    });
    if (ran) Join(j + 1);
    return ran;
  }

  // Sums of a column whose squares are out of range: scaled in place, by a power of two that is returned; 0 if nothing
  // is below the diagonal, -1 if the job stopped.
  __attribute__((cold)) HWY_NOINLINE double Rescale(Job& job, int64_t j) {
    const bool ran = Each(job, j + 1, [&](int64_t i0, int64_t i1, T* to) {
      double most = 0;
      for (int64_t i = i0; i < i1; ++i) {
        const double x = Abs(static_cast<double>(p[i * pitch + j]));
        if (!(x <= most)) most = x;
      }
      *to = static_cast<T>(most);
    });
    if (!ran) return -1;
    double most = 0;
    for (int64_t r = (j + 1) / kRun; r < Runs(rows); ++r)
      if (!(static_cast<double>(partial[r * pitch]) <= most)) most = static_cast<double>(partial[r * pitch]);
    if (most == 0) return 0;
    const double top = Most(most, Abs(static_cast<double>(p[j * pitch + j])));
    if (!Finite(top)) return 1;
    const double scale = Near1<T>(top);
    const T by = static_cast<T>(scale);
    const bool again = Each(job, j + 1, [&](int64_t i0, int64_t i1, T*) {
      for (int64_t i = i0; i < i1; ++i) p[i * pitch + j] *= by;
    });
    return again && Sum(job, j) ? scale : -1;
  }

  // Makes column j's reflection of `sums`, has the columns right of it meet it, and with `next` sums up the next
  // column.
  HWY_NOINLINE bool Step(Job& job, int64_t j, bool next) {
    T* row = p + j * pitch;
    double rescaled = 1;
    tau = 0;
    if (!(static_cast<double>(sums[j]) >= kLeastSquare<T>)) {
      rescaled = Rescale(job, j);
      if (rescaled < 0) return false;
    }
    T scale = 0;
    __builtin_memset(y, 0, static_cast<size_t>(pitch) * sizeof(T));
    if (rescaled != 0) {
      const double alpha = static_cast<double>(row[j]) * rescaled, square = static_cast<double>(sums[j]);
      const double norm = __builtin_sqrt(alpha * alpha + square), beta = alpha < 0 ? norm : -norm;
      // As a number of type T, so that tau and v are those of one reflection.
      const double rounded = static_cast<double>(static_cast<T>(beta));
      tau = static_cast<double>(static_cast<T>((rounded - alpha) / rounded));
      scale = static_cast<T>(1 / (alpha - rounded));
      const T by = static_cast<T>(tau);
      for (int64_t c = j + 1; c < width; ++c) {
        y[c] = by * (row[c] + scale * sums[c]);
        row[c] -= y[c];
      }
      row[j] = static_cast<T>(rounded / rescaled);
    }
    const bool ran = Each(job, j + 1, [&](int64_t i0, int64_t i1, T* to) {
      T v[kRun];
      for (int64_t i = i0; i < i1; ++i) p[i * pitch + j] = v[i - i0] = p[i * pitch + j] * scale;
      Reflect(p + i0 * pitch, pitch, i1 - i0, v, y, j + 1, width);
      if (!next) return;
      const int64_t first = i0 < j + 2 ? j + 2 : i0;
      Sums(p + first * pitch + j + 1, pitch, p + first * pitch, pitch, i1 - first, j + 1, width, to);
    });
    if (ran && next) Join(j + 1);
    return ran;
  }
};

// ---- Blocks ----

using reflect::Product;
template <class T>
HWY_NOINLINE int64_t ProductItems(Job& job, int64_t m, int64_t n, int64_t k, bool dense) {
  return gemm::Items<gemm::Real<T>>(job, m, n, k, gemm::View<T>{nullptr, 1, dense ? 1 : 2});
}

// The reflections of a QR of rows × columns, their number being the smaller, and what working with them takes.
template <class T>
struct Reflections {
  int64_t rows, columns, count;
  bool kept;  // all of them; else only the last block's
  T *v, *t;   // of the block at k: V at v + k·rows, its rows of Width(k); Tᵀ at t + k·side, its rows of side
  T *turned, *w, *w2, *small;
  int64_t turned_pitch, side;  // side: of T's blocks
  Columns<T> panel;
  reflect::Memory<T> memory;

  // `others`: the most columns of a matrix that Apply() will meet, beside those of the factored one.
  HWY_NOINLINE bool Reserve(Job& job, int64_t m, int64_t n, bool keep, int64_t others) {
    rows = m;
    columns = n;
    count = m < n ? m : n;
    kept = keep;
    const int64_t block = count < kBlock ? count : kBlock, wide = n > others ? n : others;
    side = block;
    turned_pitch = (m + 15) / 16 * 16 + 8;
    const int64_t v_size = rows * (keep ? count : block), blocks = keep ? (count + kBlock - 1) / kBlock : 1;
    panel.pitch = Padded<T>(block < kPanel ? block : kPanel);
    const int64_t sizes[] = {
        v_size,         blocks * side * side, turned_pitch * block, block * wide,
        block * wide,   kPanel * side,        rows * panel.pitch,   Columns<T>::Runs(rows) * panel.pitch,
        2 * panel.pitch};
    T** const to[] = {&v, &t, &turned, &w, &w2, &small, &panel.p, &panel.partial, &panel.sums};
    int64_t total = 0;
    for (const int64_t size : sizes) total += (size + 15) / 16 * 16;
    T* all = job.Scratch<T>(total);
    if (all == nullptr) return false;
    for (int k = 0; k < 9; ++k) {
      *to[k] = all;
      all += (sizes[k] + 15) / 16 * 16;
    }
    panel.y = panel.sums + panel.pitch;
    return true;
  }

  HWY_INLINE int64_t Width(int64_t k) const { return count - k < kBlock ? count - k : kBlock; }
  HWY_INLINE T* V(int64_t k) const { return v + (kept ? k * rows : 0); }
  HWY_INLINE T* Middle(int64_t k) const { return t + (kept ? k * side : 0); }

  // Vᵀ of columns [c0, c1) of the block at k: from their row c0 on, above which they are zeros.
  HWY_NOINLINE bool Turn(Job& job, int64_t k, int64_t c0, int64_t c1) {
    const int64_t width = Width(k), length = rows - k - c0;
    const T* from = V(k) + c0 * width + c0;
    T* to = turned + c0 * turned_pitch + c0;
    return job.For((length + kTurned - 1) / kTurned, 1, [&](int64_t begin, int64_t end) {
      const int64_t i0 = begin * kTurned, i1 = end * kTurned < length ? end * kTurned : length;
      for (int64_t c = 0; c0 > 0 && begin == 0 && c < c1 - c0; ++c)
        __builtin_memset(to + c * turned_pitch - c0, 0, static_cast<size_t>(c0) * sizeof(T));
      gemm::CopyStrided(gemm::View<T>{from + i0 * width, 1, width}, c1 - c0, i1 - i0, to + i0, turned_pitch);
    });
  }

  // C = (I - V·op(T)·Vᵀ)·C for columns [c0, c1) of the block at k; C's first row is row k + c0. Wants Turn().
  HWY_NOINLINE bool Apply(Job& job, int64_t k, int64_t c0, int64_t c1, bool transposed, T* c, int64_t pitch,
                          int64_t n) {
    const int64_t length = rows - k - c0, wide = c1 - c0, width = Width(k);
    const T* block = Middle(k) + c0 * side + c0;
    const gemm::View<T> middle = transposed ? gemm::View<T>{block, side, 1} : gemm::View<T>{block, 1, side};
    return reflect::ToColumns<T>(job, memory, {turned + c0 * turned_pitch + c0, turned_pitch, 1},
                                 {V(k) + c0 * width + c0, width, 1}, middle, wide, length, c, n, pitch, w, w2);
  }
  HWY_INLINE int64_t ApplyItems(Job& job, int64_t k, int64_t wide, int64_t n) const {
    return ProductItems<T>(job, wide, n, rows - k, true) + ProductItems<T>(job, wide, n, wide, false) +
           ProductItems<T>(job, rows - k, n, wide, true);
  }

  // Reduces the panel of `wide` columns whose first element is a[0]: R takes its place, V goes to the block's.
  HWY_NOINLINE bool Panel(Job& job, T* a, int64_t pitch, int64_t k, int64_t c0, int64_t wide) {
    const int64_t length = rows - k - c0, width = Width(k), copies = CopyItems(length, panel.pitch),
                  high = CopyRows(panel.pitch);
    panel.rows = length;
    panel.width = wide;
    panel.apart = length > kApart;
    const bool in = job.For(copies, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * high; i < end * high && i < length; ++i) {
        T* row = panel.p + i * panel.pitch;
        __builtin_memcpy(row, a + i * pitch, static_cast<size_t>(wide) * sizeof(T));
        for (int64_t c = wide; c < panel.pitch; ++c) row[c] = 0;
      }
    });
    if (!in) return false;
    T taus[kPanel];
    if (panel.apart) {
      if (!panel.Sum(job, 0)) return false;
      for (int64_t j = 0; j < wide; ++j) {
        if (!panel.Step(job, j, j + 1 < wide)) return false;
        taus[j] = static_cast<T>(panel.tau);
      }
    } else {
      const int64_t slice = kPassed / (length * panel.pitch) + 1;
      for (int64_t j = 0; j < wide;) {
        const int64_t end = j + slice < wide ? j + slice : wide;
        const bool ran = job.Serial([&] {
          if (j == 0) panel.Sum(job, 0);
          for (; j < end; ++j) {
            panel.Step(job, j, j + 1 < wide);
            taus[j] = static_cast<T>(panel.tau);
          }
        });
        if (!ran) return false;
      }
    }
    T* const to = V(k) + c0;
    const bool out = job.For(copies, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * high; i < end * high && i < length; ++i) {
        T* row = to + (c0 + i) * width;
        __builtin_memcpy(row, panel.p + i * panel.pitch, static_cast<size_t>(wide) * sizeof(T));
        if (i >= wide) continue;
        __builtin_memcpy(a + i * pitch + i, row + i, static_cast<size_t>(wide - i) * sizeof(T));
        row[i] = 1;
        for (int64_t c = i + 1; c < wide; ++c) row[c] = 0;
      }
      if (begin > 0) return;
      for (int64_t i = 0; i < c0; ++i) __builtin_memset(to + i * width, 0, static_cast<size_t>(wide) * sizeof(T));
    });
    const gemm::View<T> own{turned + c0 * turned_pitch + c0, turned_pitch, 1};
    return out && Turn(job, k, c0, c0 + wide) &&
           Product<T>(job, memory, wide, c0 + wide, length, 1, own, {V(k) + c0 * width, width, 1}, 0, small, side) &&
           job.Serial([&] { reflect::Grow(Middle(k), side, small, side, taus, c0, c0 + wide); });
  }
  HWY_INLINE int64_t PanelItems(int64_t k, int64_t wide) const {
    const int64_t length = rows - k;
    const int64_t steps =
        length > kApart ? wide * (Columns<T>::Runs(length) + 1) : 1 + wide * length * panel.pitch / kPassed;
    return 2 * CopyItems(length, panel.pitch) + steps + (length + kTurned - 1) / kTurned + 2;
  }

  // R takes the place of A's upper triangle; what is below the diagonal is unspecified.
  HWY_NOINLINE bool Factor(Job& job, T* a, int64_t pitch) {
    for (int64_t k = 0; k < count; k += kBlock) {
      const int64_t width = Width(k);
      for (int64_t c = 0; c < width; c += kPanel) {
        const int64_t wide = width - c < kPanel ? width - c : kPanel, right = c + wide;
        T* const first = a + (k + c) * pitch + k;
        if (!Panel(job, first + c, pitch, k, c, wide)) return false;
        if (right < width && !Apply(job, k, c, right, true, first + right, pitch, width - right)) return false;
      }
      if (k + width < columns && !Apply(job, k, 0, width, true, a + k * pitch + k + width, pitch, columns - k - width))
        return false;
    }
    return true;
  }
  HWY_NOINLINE int64_t FactorItems(Job& job) const {
    int64_t items = 0;
    for (int64_t k = 0; k < count; k += kBlock) {
      const int64_t width = Width(k);
      for (int64_t c = 0; c < width; c += kPanel) {
        const int64_t wide = width - c < kPanel ? width - c : kPanel;
        items += PanelItems(k + c, wide) + ApplyItems(job, k + c, wide, width - c - wide);
      }
      items += ApplyItems(job, k, width, columns - k - width);
    }
    return items;
  }

  // C = Q·C or Qᵀ·C, of n columns.
  HWY_NOINLINE bool ApplyAll(Job& job, bool transposed, T* c, int64_t pitch, int64_t n) {
    const int64_t last = count > 0 ? (count - 1) / kBlock * kBlock : -1;
    for (int64_t at = 0; at <= last; at += kBlock) {
      const int64_t k = transposed ? at : last - at, width = Width(k);
      if (!Turn(job, k, 0, width) || !Apply(job, k, 0, width, transposed, c + k * pitch, pitch, n)) return false;
    }
    return true;
  }
  HWY_NOINLINE int64_t ApplyAllItems(Job& job, int64_t n) const {
    int64_t items = 0;
    for (int64_t k = 0; k < count; k += kBlock)
      items += ApplyItems(job, k, Width(k), n) + (rows - k + kTurned - 1) / kTurned;
    return items;
  }

  // The first n columns of Q, n >= count. Of each block only what the later ones filled is multiplied.
  HWY_NOINLINE bool Form(Job& job, T* q, int64_t n) {
    const int64_t high = CopyRows(n);
    const bool cleared = job.For(CopyItems(rows, n), 1, [&](int64_t begin, int64_t end) {
      const int64_t i0 = begin * high, i1 = end * high < rows ? end * high : rows;
      __builtin_memset(q + i0 * n, 0, static_cast<size_t>((i1 - i0) * n) * sizeof(T));
      for (int64_t i = i0; i < i1 && i < n; ++i) q[i * n + i] = 1;
    });
    if (!cleared) return false;
    for (int64_t k = count > 0 ? (count - 1) / kBlock * kBlock : -1; k >= 0; k -= kBlock) {
      const int64_t width = Width(k), wide = n - k, length = rows - k;
      if (!Turn(job, k, 0, width)) return false;
      // Vᵀ times the identity in the block's own columns, and times what is right of and below it.
      const bool left = job.Serial([&] {
        for (int64_t c = 0; c < width; ++c)
          for (int64_t i = 0; i < width; ++i) w[c * wide + i] = i < c ? T{0} : turned[c * turned_pitch + i];
      });
      if (!left ||
          !Product<T>(job, memory, width, wide - width, length - width, 1, {turned + width, turned_pitch, 1},
                      {q + (k + width) * n + k + width, n, 1}, 0, w + width, wide) ||
          !Product<T>(job, memory, width, wide, width, 1, {Middle(k), 1, side}, {w, wide, 1}, 0, w2, wide) ||
          !Product<T>(job, memory, length, wide, width, -1, {V(k), width, 1}, {w2, wide, 1}, 1, q + k * n + k, n))
        return false;
    }
    return true;
  }
  HWY_NOINLINE int64_t FormItems(Job& job, int64_t n) const {
    int64_t items = CopyItems(rows, n);
    for (int64_t k = 0; k < count; k += kBlock)
      items += 1 + ApplyItems(job, k, Width(k), n - k) + (rows - k + kTurned - 1) / kTurned;
    return items;
  }
};

// ---- In and out ----

// A copy of a matrix, row by row, multiplied by a power of two that is returned in `scale`: 1, unless squares might
// overflow or vanish. `largest`: of the original's magnitudes. `partial` has CopyItems(rows, cols) elements.
template <class T>
HWY_NOINLINE bool Load(Job& job, const gemm::View<T>& from, int64_t rows, int64_t cols, T* to, int64_t pitch,
                       double* partial, double& scale, double& largest) {
  const int64_t high = CopyRows(cols), items = CopyItems(rows, cols);
  const bool copied = job.For(items, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t i0 = b * high, i1 = i0 + high < rows ? i0 + high : rows;
      T* const first = to + i0 * pitch;
      if (from.col_stride == 1)
        gemm::CopyDense(from.At(i0, 0), i1 - i0, cols, first, pitch);
      else
        gemm::CopyStrided(from.At(i0, 0), i1 - i0, cols, first, pitch);
      auto most = MostBits(first, 0);
      for (int64_t i = 0; i < i1 - i0; ++i) {
        const auto bits = MostBits(first + i * pitch, cols);
        most = bits > most ? bits : most;
      }
      partial[b] = FromBits<T>(most);
    }
  });
  if (!copied) return false;
  largest = 0;
  scale = 1;
  for (int64_t b = 0; b < items && Finite(largest); ++b)
    if (!(partial[b] <= largest)) largest = partial[b];
  if (largest == 0 || !Finite(largest) || (largest <= kLargest<T> && largest >= 1 / kLargest<T>)) return true;
  scale = Near1<T>(largest);
  const T by = static_cast<T>(scale);
  return job.For(items, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * high; i < end * high && i < rows; ++i)
      for (int64_t c = 0; c < cols; ++c) to[i * pitch + c] *= by;
  });
}

}  // namespace householder
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
