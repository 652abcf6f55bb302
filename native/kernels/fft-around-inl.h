// What is built around such lines: lengths with a large prime factor (Bluestein: a convolution of a length without
// one), and real lines, which are complex ones of half the length.
#pragma once

#include "kernels/fft-line-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace fft {

// exp(-i pi k k / n) for k in [begin, end).
struct Chirp {
  const Line& line;
  int64_t k, index;

  Chirp(const Line& l, int64_t begin) : line(l), k(begin), index(begin * begin % (2 * l.n)) {}
  OFFLOOP_INLINE void Next(double& re, double& im) {
    line.roots.Get(index, re, im);
    index += 2 * k + 1;
    while (index >= 2 * line.n) index -= 2 * line.n;
    ++k;
  }
};

// The other side of the convolution: conj(chirp) at k and at m - k.
void FillOther(const Line& line, double* wide, int64_t begin, int64_t end) {
  for (int64_t k = begin; k < end; ++k) {
    const int64_t j = k < line.n ? k : line.m - k < line.n ? line.m - k : -1;
    double re = 0, im = 0;
    if (j >= 0) line.roots.Get(j * j % (2 * line.n), re, im);
    wide[2 * k] = re, wide[2 * k + 1] = -im;
  }
}

void Product(double* wide, const double* spectrum, int64_t begin, int64_t end) {
  for (int64_t k = begin; k < end; ++k) {
    const double ar = wide[2 * k], ai = wide[2 * k + 1], br = spectrum[2 * k], bi = spectrum[2 * k + 1];
    wide[2 * k] = ar * br - ai * bi;
    wide[2 * k + 1] = ar * bi + ai * br;
  }
}

// Turned by a chirp, convolved with its conjugate, and turned again; between the transforms nothing is put in order.
bool Bluestein(Job* job, const Line& line, const Source& source, const Target& target, const Work& work) {
  const Line &inner = *line.inner, &back = *line.back;
  Source from = source;
  from.chirp = line.chirp, from.length = line.n;
  Target to = target;
  to.chirp = line.chirp;
  if (to.only > line.n) to.only = line.n;
  return Each(job, Groups(inner.n2), GrainOf(inner.n) / (inner.n1 * kLanes),
              [&](int64_t b, int64_t e) { First(inner, from, work.rows, b, e, BuffersFor(job, work)); }) &&
         Each(job, Groups(inner.n1), GrainOf(inner.n) / (2 * inner.n2 * kLanes),
              [&](int64_t b, int64_t e) {
                Middle(inner, back, line.spectrum, work.rows, work.back, b, e, BuffersFor(job, work));
              }) &&
         Each(job, Groups(back.n1), GrainOf(back.n) / (back.n2 * kLanes),
              [&](int64_t b, int64_t e) { Second(back, to, work.back, b, e, BuffersFor(job, work)); });
}

bool Spectrum(Job& job, const Line& line, const Work& work) {
  const Line& inner = *line.inner;
  const double scale = 1 / static_cast<double>(line.m);
  double* wide = reinterpret_cast<double*>(work.back);
  const Source source = WideIn(wide, line.m, false);
  return job.For(line.m, kGrain, [&](int64_t b, int64_t e) {
    FillOther(line, wide, b, e);
  }) && job.For(line.n, kGrain, [&](int64_t b, int64_t e) {
    Chirp chirp(line, b);
    for (int64_t k = b; k < e; ++k) chirp.Next(line.chirp[2 * k], line.chirp[2 * k + 1]);
  }) && job.For(Groups(inner.n2), kGrain / (inner.n1 * kLanes) + 1, [&](int64_t b, int64_t e) {
    First(inner, source, work.rows, b, e, BuffersFor(&job, work));
  }) && job.For(Groups(inner.n1), kGrain / (inner.n2 * kLanes) + 1, [&](int64_t b, int64_t e) {
    for (int64_t group = b; group < e; ++group) {
      const Row* rows = Columns(inner.n2, work.rows + group * RoundUp(inner.n2), BuffersFor(&job, work), inner.roots2,
                                nullptr, nullptr);
      for (int64_t k = 0; k < inner.n2; ++k) {
        double* to = Abreast(line.spectrum, inner.n2, group, k);
        const Lanes re = rows[k].re * scale, im = rows[k].im * scale;
        __builtin_memcpy(to, &re, sizeof re);
        __builtin_memcpy(to + kStep, &im, sizeof im);
      }
    }
  });
}

bool Complex(Job* job, const Line& line, const Source& source, const Target& target, const Work& work) {
  return line.m == 0 ? Smooth(job, line, source, target, work) : Bluestein(job, line, source, target, work);
}

// Of the transform of pairs, z, that of a real line: pairs of elements k and h - k.
void Untangle(const Roots& roots, int64_t h, const double* z, const Target& target, int64_t begin, int64_t end) {
  const bool plain = target.plain() && !target.swap && target.only > h;
  double* x = static_cast<double*>(target.x);
  for (int64_t k = begin; k < end; ++k) {
    Row w;
    while (plain && k > 0 && k + kLanes <= end && 2 * (k + kLanes - 1) <= h && roots.GetRow(k, w)) {
      const int64_t mirror = h - k - kLanes + 1;
      Row a, b;
      LoadPairs(a, z + 2 * k);
      LoadPairs(b, z + 2 * mirror);
      Reverse(b);
      const Lanes er = (a.re + b.re) * 0.5, ei = (a.im - b.im) * 0.5, dr = (a.im + b.im) * 0.5,
                  di = (b.re - a.re) * 0.5;
      const Lanes tr = w.re * dr - w.im * di, ti = w.re * di + w.im * dr;
      b.re = (er - tr) * target.scale, b.im = (ti - ei) * target.scale;
      a.re = (er + tr) * target.scale, a.im = (ei + ti) * target.scale;
      Reverse(b);
      StorePairs(x + 2 * mirror, b);
      StorePairs(x + 2 * k, a);
      k += kLanes;
    }
    if (k == end) break;
    if (k == 0) {
      target.Put(h, 0, z[0] - z[1], 0);
      target.Put(0, 0, z[0] + z[1], 0);
      continue;
    }
    const double ar = z[2 * k], ai = z[2 * k + 1], br = z[2 * (h - k)], bi = z[2 * (h - k) + 1];
    const double er = (ar + br) * 0.5, ei = (ai - bi) * 0.5, dr = (ai + bi) * 0.5, di = (br - ar) * 0.5;
    double wr, wi;
    roots.Get(k, wr, wi);
    const double tr = wr * dr - wi * di, ti = wr * di + wi * dr;
    target.Put(h - k, 0, er - tr, ti - ei);
    target.Put(k, 0, er + tr, ei + ti);
  }
}

// The other way: twice the transform of the pairs of a real line.
void Tangle(const Roots& roots, int64_t h, const Source& source, double* z, int64_t begin, int64_t end) {
  const bool plain = source.plain() && !source.swap && source.avail >= 2 * h + 2;
  const double* x = static_cast<const double*>(source.x);
  for (int64_t k = begin; k < end; ++k) {
    Row w;
    while (plain && k > 0 && k + kLanes <= end && 2 * (k + kLanes - 1) <= h && roots.GetRow(k, w)) {
      const int64_t mirror = h - k - kLanes + 1;
      Row a, b;
      LoadPairs(a, x + 2 * k);
      LoadPairs(b, x + 2 * mirror);
      Reverse(b);
      const Lanes er = a.re + b.re, ei = a.im - b.im, dr = a.re - b.re, di = a.im + b.im;
      const Lanes tr = dr * w.re + di * w.im, ti = di * w.re - dr * w.im;
      b.re = er + ti, b.im = tr - ei;
      a.re = er - ti, a.im = ei + tr;
      Reverse(b);
      StorePairs(z + 2 * mirror, b);
      StorePairs(z + 2 * k, a);
      k += kLanes;
    }
    if (k == end) break;
    double ar, ai, br, bi;
    source.Get(k, 0, ar, ai);
    source.Get(h - k, 0, br, bi);
    if (k == 0) {
      z[0] = ar + br, z[1] = ar - br;
      continue;
    }
    const double er = ar + br, ei = ai - bi, dr = ar - br, di = ai + bi;
    double wr, wi;
    roots.Get(k, wr, wi);
    const double tr = dr * wr + di * wi, ti = di * wr - dr * wi;
    z[2 * (h - k)] = er + ti, z[2 * (h - k) + 1] = tr - ei;
    z[2 * k] = er - ti, z[2 * k + 1] = ei + tr;
  }
}

bool Real(Job* job, const Line& line, const Source& source, const Target& target, const Work& work) {
  const Line& inner = *line.inner;
  if (line.n % 2 != 0) {
    if (!Complex(job, inner, source, target, work)) return false;
    target.Set(target.im, 0);  // which Bluestein leaves at a rounding error
    return true;
  }
  const int64_t h = line.n / 2;
  double* z = work.wide;
  Source pairs = source;
  pairs.im = source.each, pairs.each = 2 * source.each;
  return Complex(job, inner, pairs, WideOut(z, h, false), work) &&
         Each(job, h / 2 + 1, GrainOf(h) / 2, [&](int64_t b, int64_t e) { Untangle(line.roots, h, z, target, b, e); });
}

bool Hermitian(Job* job, const Line& line, const Source& source, const Target& target, const Work& work) {
  const Line& inner = *line.inner;
  const int64_t h = line.n / 2;
  double* z = work.wide;
  if (line.n % 2 != 0) {
    if (!Each(job, h + 1, kGrain, [&](int64_t b, int64_t e) {
          for (int64_t k = b; k < e; ++k) {
            double re, im;
            source.Get(k, 0, re, im);
            if (k == 0) im = 0;
            z[2 * k] = re, z[2 * k + 1] = im;
            if (k > 0) z[2 * (line.n - k)] = re, z[2 * (line.n - k) + 1] = -im;
          }
        }))
      return false;
    Target real = target;
    real.swap = true;  // with no place for an imaginary part
    return Complex(job, inner, WideIn(z, line.n, true), real, work);
  }
  Target pairs = target;
  pairs.im = target.each, pairs.each = 2 * target.each, pairs.only = h, pairs.swap = true;
  return Each(job, h / 2 + 1, GrainOf(h) / 2, [&](int64_t b, int64_t e) { Tangle(line.roots, h, source, z, b, e); }) &&
         Complex(job, inner, WideIn(z, h, true), pairs, work);
}

}  // namespace fft
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
