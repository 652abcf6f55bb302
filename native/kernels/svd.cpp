#include "kernels/svd-reflect-inl.h"

// A = U·S·Vᵀ: a tall matrix is made triangular first, then bidiagonal (svd-reflect-inl.h), whose vectors
// (svd-merge-inl.h) the reflections turn into those of A. A wide one is the transpose of a tall one.

namespace offloop::OFFLOOP_ISA {
namespace {
namespace svd_kernel {

using reflect::Set;

constexpr int64_t kTileRows = 1024, kTileColumns = 32;

template <class T>
struct Bits;
template <>
struct Bits<double> {
  using Word = uint64_t;
  static constexpr Word kSign = uint64_t{1} << 63, kInfinity = uint64_t{0x7FF} << 52;
  static constexpr int kMantissa = 52, kBias = 1023;
};
template <>
struct Bits<float> {
  using Word = uint32_t;
  static constexpr Word kSign = uint32_t{1} << 31, kInfinity = uint32_t{0xFF} << 23;
  static constexpr int kMantissa = 23, kBias = 127;
};

template <class T>
HWY_INLINE T PowerOfTwo(int exponent) {
  const auto word = static_cast<typename Bits<T>::Word>(exponent + Bits<T>::kBias) << Bits<T>::kMantissa;
  T power;
  __builtin_memcpy(&power, &word, sizeof power);
  return power;
}

// The bits of the largest magnitude: those of an infinity or above where an entry is not finite.
template <class T>
HWY_NOINLINE typename Bits<T>::Word LargestOf(const T* x, int64_t length, typename Bits<T>::Word largest) {
  for (int64_t i = 0; i < length; ++i) {
    typename Bits<T>::Word word;
    __builtin_memcpy(&word, x + i, sizeof word);
    word &= ~Bits<T>::kSign;
    largest = word > largest ? word : largest;
  }
  return largest;
}

template <class T>
struct Decomposition {
  using Word = typename Bits<T>::Word;
  Job& job;
  svd_merge::Arena& arena;
  int64_t m, n, pitch;  // m >= n
  T* a = nullptr;       // column by column
  Word largest = 0;

  HWY_INLINE int64_t Down() const { return (m + kTileRows - 1) / kTileRows; }
  HWY_INLINE int64_t Tiles() const { return Down() * ((n + kTileColumns - 1) / kTileColumns); }
  // fn(first column, its end, first row, its end) over all tiles.
  template <class F>
  HWY_INLINE bool Tiled(F&& fn) {
    return job.For(Tiles(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const int64_t c0 = t / Down() * kTileColumns, i0 = t % Down() * kTileRows;
        fn(t, c0, c0 + kTileColumns < n ? c0 + kTileColumns : n, i0, i0 + kTileRows < m ? i0 + kTileRows : m);
      }
    });
  }

  HWY_NOINLINE bool Read(const gemm::View<T>& columns) {
    a = arena.Take<T>(n * pitch);
    Word* found = arena.Take<Word>(Tiles());
    if (a == nullptr || found == nullptr) return false;
    const bool ran = Tiled([&](int64_t t, int64_t c0, int64_t c1, int64_t i0, int64_t i1) {
      T* to = a + c0 * pitch + i0;
      gemm::CopyStrided(columns.At(c0, i0), c1 - c0, i1 - i0, to, pitch);
      Word most = 0;
      for (int64_t c = c0; c < c1; ++c) {
        most = LargestOf(to + (c - c0) * pitch, i1 - i0, most);
        for (int64_t i = m; i1 == m && i < pitch; ++i) a[c * pitch + i] = 0;
      }
      found[t] = most;
    });
    if (!ran) return false;
    largest = LargestOf(reinterpret_cast<const T*>(found), Tiles(), Word{0});
    return true;
  }

  // Entries of about 1: squares of what matters are then in the range of T.
  HWY_NOINLINE bool Scale(int exponent) {
    const T first = PowerOfTwo<T>(-exponent / 2), second = PowerOfTwo<T>(-exponent - -exponent / 2);
    return Tiled([&](int64_t, int64_t c0, int64_t c1, int64_t i0, int64_t i1) {
      for (int64_t c = c0; c < c1; ++c)
        for (int64_t i = i0; i < i1; ++i) a[c * pitch + i] = a[c * pitch + i] * first * second;
    });
  }

  HWY_NOINLINE bool Identity(double* matrix) {
    return job.For(n, 1 + 20000 / n, [&](int64_t begin, int64_t end) {
      __builtin_memset(matrix + begin * n, 0, static_cast<size_t>((end - begin) * n) * sizeof(double));
      for (int64_t i = begin; i < end; ++i) matrix[i * n + i] = 1;
    });
  }

  // to[p] = rows[order of the p-th largest], n of its `width` entries, then zeros.
  HWY_NOINLINE bool ToRows(const double* rows, const int64_t* order, T* to, int64_t width) {
    return job.For(n, 1 + 20000 / width, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        const double* row = rows + order[n - 1 - p] * n;
        for (int64_t i = 0; i < n; ++i) to[p * width + i] = static_cast<T>(row[i]);
        __builtin_memset(to + p * width + n, 0, static_cast<size_t>(width - n) * sizeof(T));
      }
    });
  }
  // The same as columns: of `height` entries.
  HWY_NOINLINE bool ToColumns(const double* rows, const int64_t* order, T* to, int64_t height) {
    constexpr int64_t kSide = 16;
    return job.For((height + kSide - 1) / kSide, 1 + 2000 / n, [&](int64_t begin, int64_t end) {
      const int64_t last = end * kSide < height ? end * kSide : height, full = last < n ? last : n;
      for (int64_t p0 = 0; p0 < n; p0 += kSide)
        for (int64_t i = begin * kSide; i < full; ++i)
          for (int64_t p = p0; p < p0 + kSide && p < n; ++p)
            to[i * n + p] = static_cast<T>(rows[order[n - 1 - p] * n + i]);
      const int64_t from = begin * kSide > n ? begin * kSide : n;
      if (from < last) __builtin_memset(to + from * n, 0, static_cast<size_t>((last - from) * n) * sizeof(T));
    });
  }

  __attribute__((cold)) HWY_NOINLINE bool Run(bool wide, bool vectors, T* u, T* s, T* vt) {
    gemm::Memory<gemm::Real<T>> memory;
    reflect::Blocks<T> blocks{job, memory};
    const bool tall = m >= 16 && 5 * m >= 8 * n;
    if ((vectors || tall) && !blocks.Allocate(m)) return false;
    T* taus = arena.Take<T>(3 * n);
    double* numbers = arena.Take<double>(2 * n);
    const int64_t across_pitch = reflect::PitchOf<T>(n);
    T* across = arena.Take<T>(n * across_pitch);
    if (taus == nullptr || numbers == nullptr || across == nullptr) return false;

    Set<T> first{a, taus, pitch, m, tall ? n : 0, 0};
    T* core = a;
    int64_t core_rows = m, core_pitch = pitch;
    if (tall) {
      core_rows = n, core_pitch = across_pitch;
      core = arena.Take<T>(n * core_pitch);
      if (core == nullptr || !svd_reflect::Triangle<T>(job, arena, blocks, a, m, n, pitch, taus, core, core_pitch))
        return false;
    }
    svd_reflect::Bidiagonal<T> form{job,    arena,        memory,   core_rows,    n,       core,       core_pitch,
                                    across, across_pitch, taus + n, taus + 2 * n, numbers, numbers + n};
    if (!form.Allocate() || !form.Run()) return false;
    double size = 0;
    for (int64_t i = 0; i < n; ++i) {
      size = svd_merge::Larger(size, svd_merge::Magnitude(numbers[i]));
      if (i + 1 < n) size = svd_merge::Larger(size, svd_merge::Magnitude(numbers[n + i]));
    }

    // The result is not there yet: where it holds doubles, they are what vectors are mixed by.
    const int64_t square = vectors ? n * n : 1;
    constexpr bool lend = sizeof(T) == sizeof(double);
    double* rows = arena.Take<double>((lend ? 3 : 5) * square);
    if (rows == nullptr) return false;
    double* mix_left = lend ? reinterpret_cast<double*>(u) : rows + 3 * square;
    double* mix_right = lend ? reinterpret_cast<double*>(vt) : rows + 4 * square;
    gemm::Memory<gemm::Real<double>> doubles;
    svd_merge::Tree tree{
        job,  arena,         doubles,  n,         numbers,          numbers + n, vectors, lend ? 0x1p-52 : 0x1p-23,
        rows, rows + square, mix_left, mix_right, rows + 2 * square};
    if (!tree.Allocate()) return false;
    if (vectors && !(Identity(rows) && Identity(rows + square))) return false;
    if (!tree.Run()) return false;
    for (int64_t p = 0; p < n; ++p) {
      const double value = tree.d[tree.order[n - 1 - p]];
      s[p] = static_cast<T>(value > 1e-100 ? value : 0);  // no root is zero, but for a floor of the arrow's entries
    }
    if (!vectors) return true;

    const Set<T> left{core, taus + n, core_pitch, core_rows, n, 0};
    const Set<T> right{across, taus + 2 * n, across_pitch, n, n - 1, 1};
    if (wide)
      return ToColumns(rows + square, tree.order, u, n) && blocks.FromLeft(right, u, n, n) &&
             ToRows(rows, tree.order, vt, m) && blocks.FromRight(left, vt, n, m) && blocks.FromRight(first, vt, n, m);
    return ToColumns(rows, tree.order, u, m) && blocks.FromLeft(left, u, n, n) && blocks.FromLeft(first, u, n, n) &&
           ToRows(rows + square, tree.order, vt, n) && blocks.FromRight(right, vt, n, n);
  }
};

template <class T>
Status Svd(Job& job, Matrix<T> given, bool vectors, Out<T> u, Out<T> s, Out<T> vt, Result<double> failed) {
  const bool wide = given.rows < given.cols;
  const int64_t m = wide ? given.cols : given.rows, n = wide ? given.rows : given.cols;
  failed.data[0] = 0;
  if (n == 0) return job.status();
  svd_merge::Arena arena{job};
  Decomposition<T> work{job, arena, m, n, reflect::PitchOf<T>(m)};
  job.Total(work.Tiles() + n * (4 + m * n / (2 * svd_reflect::kGroup)) + (vectors ? 8 * n : n / 16));
  const auto end = [&] {
    const Status status = job.status();
    return status != Status::kOk ? status : Status::kNoMemory;
  };
  const gemm::View<T> columns = wide ? gemm::View<T>{given.data, given.row_stride, given.col_stride}
                                     : gemm::View<T>{given.data, given.col_stride, given.row_stride};
  if (!work.Read(columns)) return end();
  if (work.largest >= Bits<T>::kInfinity) {
    failed.data[0] = 1;
    return job.status();
  }
  if (work.largest == 0) {
    __builtin_memset(s.data, 0, static_cast<size_t>(n) * sizeof(T));
    if (!vectors) return job.status();
    __builtin_memset(u.data, 0, static_cast<size_t>(u.size) * sizeof(T));
    __builtin_memset(vt.data, 0, static_cast<size_t>(vt.size) * sizeof(T));
    for (int64_t i = 0; i < n; ++i) u.data[i * (n + 1)] = vt.data[i * (given.cols + 1)] = 1;
    return job.status();
  }
  // Denormals have the exponent of the least normal number, which is near enough.
  const int exponent = static_cast<int>(work.largest >> Bits<T>::kMantissa) - Bits<T>::kBias;
  const bool scaled = exponent > 8 || exponent < -8;
  if (scaled && !work.Scale(exponent)) return end();
  if (!work.Run(wide, vectors, u.data, s.data, vt.data)) return end();
  if (scaled) {
    const T first = PowerOfTwo<T>(exponent / 2), second = PowerOfTwo<T>(exponent - exponent / 2);
    for (int64_t i = 0; i < n; ++i) s.data[i] = s.data[i] * first * second;
  }
  return job.status();
}

}  // namespace svd_kernel
}  // namespace

OFFLOOP_KERNEL(svd, OFFLOOP_INSTANCE("f64", svd_kernel::Svd<double>), OFFLOOP_INSTANCE("f32", svd_kernel::Svd<float>))

}  // namespace offloop::OFFLOOP_ISA
