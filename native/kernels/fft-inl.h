// Fourier transforms of some columns side by side: the passes that all transforms are made of.
//
// A row is the same element of four columns (eight where registers hold eight): their real parts, then their imaginary
// parts. How many they are changes no number. A transform of length n goes through its factors (Stockham's autosort: no
// reordering afterwards), from one buffer to another and back. What is computed for a column depends on n alone, in the
// operations and the order of src/kernels/fft.twin.ts.
#pragma once

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "core/job.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace fft {

#if defined(__AVX512F__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
constexpr int64_t kMaxPrime = 31;  // larger prime factors: Bluestein

typedef double Lanes __attribute__((vector_size(kLanes * sizeof(double))));

struct Row {
  Lanes re, im;
};

OFFLOOP_INLINE void Turn(Row& y, double re, double im) {
  const Lanes turned = y.re * re - y.im * im;
  y.im = y.re * im + y.im * re;
  y.re = turned;
}

OFFLOOP_INLINE void Turn(Row& y, const Row& w) {
  const Lanes turned = y.re * w.re - y.im * w.im;
  y.im = y.re * w.im + y.im * w.re;
  y.re = turned;
}

OFFLOOP_INLINE void Both(Row& a, Row& b) {  // a + b, a - b
  const Lanes re = a.re - b.re, im = a.im - b.im;
  a.re = a.re + b.re, a.im = a.im + b.im;
  b.re = re, b.im = im;
}

// a - ib, a + ib.
OFFLOOP_INLINE void Quarter(const Row& a, const Row& b, Row& minus, Row& plus) {
  const Lanes re = a.re + b.im, im = a.im - b.re;
  const Lanes re2 = a.re - b.im, im2 = a.im + b.re;
  minus.re = re, minus.im = im, plus.re = re2, plus.im = im2;
}

OFFLOOP_INLINE void Four(Row& a, Row& b, Row& c, Row& d) {
  Both(a, c);
  Both(b, d);
  Row y1, y3;
  Quarter(c, d, y1, y3);
  Both(a, b);
  c = b, b = y1, d = y3;
}

template <int kRadix>
OFFLOOP_INLINE void Butterfly(Row* x, const double* roots, int64_t unit) {
  if constexpr (kRadix == 2) {
    Both(x[0], x[1]);
  } else if constexpr (kRadix == 4) {
    Four(x[0], x[1], x[2], x[3]);
  } else if constexpr (kRadix == 8) {
    constexpr double kHalf = 0.7071067811865476;
    Row e0 = x[0], e1 = x[2], e2 = x[4], e3 = x[6], o0 = x[1], o1 = x[3], o2 = x[5], o3 = x[7];
    Four(e0, e1, e2, e3);
    Four(o0, o1, o2, o3);
    Row turned;
    turned.re = (o1.re + o1.im) * kHalf, turned.im = (o1.im - o1.re) * kHalf;
    o1 = turned;
    turned.re = (o3.im - o3.re) * kHalf, turned.im = (o3.re + o3.im) * kHalf;
    Both(e0, o0);
    Both(e1, o1);
    x[0] = e0, x[4] = o0, x[1] = e1, x[5] = o1;
    Quarter(e2, o2, x[2], x[6]);
    x[3].re = e3.re + turned.re, x[3].im = e3.im - turned.im;
    x[7].re = e3.re - turned.re, x[7].im = e3.im + turned.im;
  } else {
    // An odd prime: out[j] and out[p - j] share the sums of x[k] + x[p - k] and of x[k] - x[p - k].
    constexpr int kHalves = (kRadix - 1) / 2;
    Row sum[kHalves], difference[kHalves];
    const Row first = x[0];
    for (int k = 0; k < kHalves; ++k) {
      sum[k] = x[k + 1], difference[k] = x[kRadix - 1 - k];
      Both(sum[k], difference[k]);
      x[0].re = x[0].re + sum[k].re, x[0].im = x[0].im + sum[k].im;
    }
    for (int j = 1; j <= kHalves; ++j) {
      Row a = first, b = {};
      for (int k = 0; k < kHalves; ++k) {
        const double* root = roots + 2 * unit * (j * (k + 1) % kRadix);
        a.re = a.re + sum[k].re * root[0], a.im = a.im + sum[k].im * root[0];
        b.re = b.re + difference[k].re * root[1], b.im = b.im + difference[k].im * root[1];
      }
      Quarter(a, b, x[kRadix - j], x[j]);
    }
  }
}

// Rows to columns of a square.
OFFLOOP_INLINE void Transpose(Lanes* x) {
#if defined(__AVX512F__)
  Lanes a[8], b[8];
  for (int i = 0; i < 8; i += 2) {
    a[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    a[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; ++j) {
      b[i + j] = __builtin_shufflevector(a[i + j], a[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      b[i + j + 2] = __builtin_shufflevector(a[i + j], a[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int i = 0; i < 4; ++i) {
    x[i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    x[i + 4] = __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
#else
  const Lanes ab0 = __builtin_shufflevector(x[0], x[1], 0, 4, 2, 6),
              ab1 = __builtin_shufflevector(x[0], x[1], 1, 5, 3, 7);
  const Lanes cd0 = __builtin_shufflevector(x[2], x[3], 0, 4, 2, 6),
              cd1 = __builtin_shufflevector(x[2], x[3], 1, 5, 3, 7);
  x[0] = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5), x[1] = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
  x[2] = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7), x[3] = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
#endif
}

OFFLOOP_INLINE void Swap(Row& row) {
  const Lanes re = row.re;
  row.re = row.im, row.im = re;
}

// Complex numbers, interleaved in memory. `swap`: the parts exchanged.
#if defined(__AVX512F__)
// Which numbers go where is in registers, so that nothing depends on `swap` in a loop.
OFFLOOP_INLINE void LoadPairs(Row& row, const double* x, bool swap = false) {
  const __m512i re = _mm512_xor_si512(_mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0), _mm512_set1_epi64(swap));
  const __m512d a = _mm512_loadu_pd(x), b = _mm512_loadu_pd(x + kLanes);
  row.re = _mm512_permutex2var_pd(a, re, b);
  row.im = _mm512_permutex2var_pd(a, _mm512_xor_si512(re, _mm512_set1_epi64(1)), b);
}
OFFLOOP_INLINE void StorePairs(double* x, const Row& row, bool swap = false) {
  const __m512i turn = _mm512_set1_epi64(swap ? 8 : 0);
  const __m512i first = _mm512_xor_si512(_mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0), turn);
  const __m512i second = _mm512_xor_si512(_mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4), turn);
  _mm512_storeu_pd(x, _mm512_permutex2var_pd(row.re, first, row.im));
  _mm512_storeu_pd(x + kLanes, _mm512_permutex2var_pd(row.re, second, row.im));
}
#else
OFFLOOP_INLINE void LoadPairs(Row& row, const double* x, bool swap = false) {
  Lanes a, b;
  __builtin_memcpy(&a, x, sizeof a);
  __builtin_memcpy(&b, x + kLanes, sizeof b);
  row.re = __builtin_shufflevector(a, b, 0, 2, 4, 6);
  row.im = __builtin_shufflevector(a, b, 1, 3, 5, 7);
  if (swap) Swap(row);
}
OFFLOOP_INLINE void StorePairs(double* x, const Row& from, bool swap = false) {
  Row row = from;
  if (swap) Swap(row);
  const Lanes a = __builtin_shufflevector(row.re, row.im, 0, 4, 1, 5);
  const Lanes b = __builtin_shufflevector(row.re, row.im, 2, 6, 3, 7);
  __builtin_memcpy(x, &a, sizeof a);
  __builtin_memcpy(x + kLanes, &b, sizeof b);
}
#endif

// The same elements, last first.
OFFLOOP_INLINE void Reverse(Row& row) {
#if defined(__AVX512F__)
  row.re = __builtin_shufflevector(row.re, row.re, 7, 6, 5, 4, 3, 2, 1, 0);
  row.im = __builtin_shufflevector(row.im, row.im, 7, 6, 5, 4, 3, 2, 1, 0);
#else
  row.re = __builtin_shufflevector(row.re, row.re, 3, 2, 1, 0);
  row.im = __builtin_shufflevector(row.im, row.im, 3, 2, 1, 0);
#endif
}

// Where a pass finds its rows, and leaves them: in a buffer, or between the numbers of an array.
struct Buffer {
  Row* rows;
  OFFLOOP_INLINE void Get(int64_t r, Row& row) const { row = rows[r]; }
  OFFLOOP_INLINE void Put(int64_t r, const Row& row) const { rows[r] = row; }
};
struct Pairs {
  double* x;
  int64_t step;  // numbers between rows
  bool swap;     // the parts exchanged
  double scale;
  // Rows so far apart that none is fetched with another, but not so far that the second cache loses them again.
  bool far() const { return step >= 128 && step <= 1024; }
  OFFLOOP_INLINE void Get(int64_t r, Row& row) const { LoadPairs(row, x + r * step, swap); }
  OFFLOOP_INLINE void Put(int64_t r, const Row& row) const {
    Row scaled;
    scaled.re = row.re * scale, scaled.im = row.im * scale;
    StorePairs(x + r * step, scaled, swap);
  }
};

// A buffer whose rows' places in memory are asked for as they are read: the last pass writes there, too far apart for
// the processor to see it coming.
struct Asking : Buffer {
  const Pairs& to;
  OFFLOOP_INLINE void Get(int64_t r, Row& row) const {
    row = rows[r];
    __builtin_prefetch(to.x + r * to.step, 1);
    __builtin_prefetch(to.x + r * to.step + 8, 1);
  }
};

// Rows r + far k of `in`, k < kRadix, to rows to + s j of `out`, turned by the j-th power of a root.
template <int kRadix, bool kTurned, class In, class Out>
OFFLOOP_INLINE void Step(const In& in, const Out& out, int64_t r, int64_t far, int64_t to, int64_t s,
                         const double* roots, const double* re, const double* im) {
  Row x[kRadix];
  for (int k = 0; k < kRadix; ++k) in.Get(r + far * k, x[k]);
  Butterfly<kRadix>(x, roots, far);
  out.Put(to, x[0]);
  for (int j = 1; j < kRadix; ++j) {
    if constexpr (kTurned) Turn(x[j], re[j], im[j]);
    out.Put(to + s * j, x[j]);
  }
}

// Rows q + s (p + m k) of `in`, k < kRadix, to rows q + s (kRadix p + j) of `out`, turned by the root of index p j s.
// kNear: s is 1, a first pass.
template <int kRadix, bool kNear, class In, class Out>
void Pass(const In& in, const Out& out, int64_t m, int64_t s, const double* roots) {
  if constexpr (kNear) s = 1;
  const int64_t far = m * s;
  for (int64_t q = 0; q < s; ++q) Step<kRadix, false>(in, out, q, far, q, s, roots, nullptr, nullptr);
  for (int64_t p = 1; p < m; ++p) {
    double re[kRadix], im[kRadix];
    const double* root = roots;
    for (int j = 1; j < kRadix; ++j) {
      root += 2 * p * s;
      re[j] = root[0], im[j] = root[1];
    }
    for (int64_t q = 0; q < s; ++q) Step<kRadix, true>(in, out, p * s + q, far, p * kRadix * s + q, s, roots, re, im);
  }
}
// One whose m is 1: a last pass.
template <int kRadix, class In, class Out>
void LastPass(const In& in, const Out& out, int64_t s, const double* roots) {
  for (int64_t q = 0; q < s; ++q) Step<kRadix, false>(in, out, q, s, q, s, roots, nullptr, nullptr);
}

// The same for any odd prime up to kMaxPrime.
void PassPrime(int64_t prime, const Row* in, Row* out, int64_t m, int64_t s, const double* roots) {
  Row sum[kMaxPrime / 2], difference[kMaxPrime / 2];
  const int64_t halves = (prime - 1) / 2;
  for (int64_t p = 0; p < m; ++p) {
    for (int64_t q = 0; q < s; ++q) {
      const Row* from = in + p * s + q;
      Row* to = out + p * prime * s + q;
      const Row first = from[0];
      Row all = first;
      for (int64_t k = 0; k < halves; ++k) {
        sum[k] = from[(k + 1) * m * s], difference[k] = from[(prime - 1 - k) * m * s];
        Both(sum[k], difference[k]);
        all.re = all.re + sum[k].re, all.im = all.im + sum[k].im;
      }
      to[0] = all;
      for (int64_t j = 1; j <= halves; ++j) {
        Row a = first, b = {}, minus, plus;
        int64_t turn = 0;
        for (int64_t k = 0; k < halves; ++k) {
          turn = turn + j < prime ? turn + j : turn + j - prime;
          const double* root = roots + 2 * m * s * turn;
          a.re = a.re + sum[k].re * root[0], a.im = a.im + sum[k].im * root[0];
          b.re = b.re + difference[k].re * root[1], b.im = b.im + difference[k].im * root[1];
        }
        Quarter(a, b, minus, plus);
        if (p > 0) {
          Turn(plus, roots[2 * p * j * s], roots[2 * p * j * s + 1]);
          Turn(minus, roots[2 * p * (prime - j) * s], roots[2 * p * (prime - j) * s + 1]);
        }
        to[j * s] = plus;
        to[(prime - j) * s] = minus;
      }
    }
  }
}

// The factor to take next: of powers of two eights, after what makes the rest a power of eight; then primes.
int64_t NextRadix(int64_t length) {
  const int twos = __builtin_ctzll(static_cast<unsigned long long>(length));
  if (twos > 0) return twos == 1 ? 2 : twos % 3 == 0 ? 8 : 4;
  int64_t prime = 3;
  while (length % prime != 0) prime += 2;
  return prime;
}

// A pass with radix 4 or 8, which may be the first or the last.
template <int kRadix>
void PassOf(Row* a, Row* b, int64_t m, int64_t s, const double* roots, const Pairs* from, const Pairs* to) {
  if (s == 1 && from != nullptr)
    Pass<kRadix, true>(*from, Buffer{b}, m, s, roots);
  else if (m == 1 && to != nullptr)
    LastPass<kRadix>(Buffer{a}, *to, s, roots);
  else if (s == 1 && to != nullptr && to->far())
    Pass<kRadix, true>(Asking{{a}, *to}, Buffer{b}, m, s, roots);
  else if (s == 1)
    Pass<kRadix, true>(Buffer{a}, Buffer{b}, m, s, roots);
  else if (m == 1)
    LastPass<kRadix>(Buffer{a}, Buffer{b}, s, roots);
  else
    Pass<kRadix, false>(Buffer{a}, Buffer{b}, m, s, roots);
}

// Transforms n rows at a, with b as the other buffer; returns the one that holds the result. With `from`, the rows are
// read there at first, and with `to` they go there at last: only where the radix at that end is 4 or 8 (below), and
// not both in one pass.
Row* Columns(int64_t n, Row* a, Row* b, const double* roots, const Pairs* from, const Pairs* to) {
  int64_t length = n, s = 1;
  while (length > 1) {
    const int64_t radix = NextRadix(length), m = length / radix;
    if (radix == 8)
      PassOf<8>(a, b, m, s, roots, from, to);
    else if (radix == 4)
      PassOf<4>(a, b, m, s, roots, from, to);
    else if (radix == 2)
      Pass<2, false>(Buffer{a}, Buffer{b}, m, s, roots);
    else if (radix == 3)
      Pass<3, false>(Buffer{a}, Buffer{b}, m, s, roots);
    else if (radix == 5)
      Pass<5, false>(Buffer{a}, Buffer{b}, m, s, roots);
    else
      PassPrime(radix, a, b, m, s, roots);
    Row* result = b;
    b = a, a = result;
    length = m, s *= radix;
  }
  return a;
}

// Whether the first radix of a length, and the last, can read and write pairs.
OFFLOOP_INLINE bool TakesPairs(int64_t n) { return n % 4 == 0; }
OFFLOOP_INLINE bool GivesPairs(int64_t n) { return n % 4 == 0 && (n & (n - 1)) == 0; }

}  // namespace fft
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
