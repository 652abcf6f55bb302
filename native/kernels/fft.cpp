// fft, ifft, rfft, irfft, fft2, ifft2, convolve and correlate: f64 inside, whatever the arrays hold.
//
// A line of n = n1 n2 elements is a matrix of n1 rows and n2 columns. Its columns are transformed four at a time in
// the first caches, turned by the roots of unity that are theirs, and transposed into a buffer of rows; what were rows
// is transformed four at a time from there. Lengths with a prime factor above 31 are a convolution of a length without
// one (Bluestein). Real lines are complex ones of half the length. Which n1, and all roots, come with the call: see
// src/kernels/fft.twin.ts, which computes the same step by step.

#include "core/stream.h"
#include "kernels/fft-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace fft_kernel {

using fft::kLanes;
using fft::Lanes;
using fft::Row;

enum class Op { kComplex, kReal, kHermitian, kTwo, kConvolve, kCount };
constexpr int64_t kInverse = 1, kDown = 2, kKnown = 4, kBack = 8, kPlain = 16;  // flags

constexpr int64_t kGrain = 32768;            // elements of a grain, about 100 µs
constexpr int64_t kAlone = 16384;            // lines up to this length are one grain where there are many
constexpr int64_t kOnStack = 6144 / kLanes;  // rows of scratch that a grain has on its stack: 96 KB
constexpr int64_t kStep = 8;                 // columns side by side in a table of turns
constexpr int64_t kTurns = 32;               // roots that a column's turns are products of

// Roots of unity exp(-2 pi i t / n): those of 2^bits small indices times those of the rest.
struct Roots {
  const double* table;
  int64_t bits, high;

  OFFLOOP_INLINE void Get(int64_t t, double& re, double& im) const {
    const int64_t size = int64_t{1} << bits, l = t & (size - 1), h = 2 * size + (t >> bits);
    const double lr = table[l], li = table[size + l], hr = table[h], hi = table[h + high];
    re = lr * hr - li * hi;
    im = lr * hi + li * hr;
  }
  // Those of t and its followers, if they lie side by side.
  OFFLOOP_INLINE bool GetRow(int64_t t, Row& root) const {
    const int64_t size = int64_t{1} << bits, l = t & (size - 1), h = 2 * size + (t >> bits);
    if (l + kLanes > size) return false;
    Lanes lr, li;
    __builtin_memcpy(&lr, table + l, sizeof lr);
    __builtin_memcpy(&li, table + size + l, sizeof li);
    root.re = lr * table[h] - li * table[h + high];
    root.im = lr * table[h + high] + li * table[h];
    return true;
  }
};

// How one length is transformed, read from the call's plan.
struct Line {
  int64_t n, n1, n2;
  const double *roots1, *roots2, *step;
  Roots roots;
  int64_t m;          // Bluestein: the length of the convolution; else 0
  const Line* inner;  // its plan, or that of a real line's complex one
  const Line* back;   // the plan of its way back: the inner one with both factors exchanged
  double* spectrum;   // what it convolves with, transformed: rows of the second transforms, eight numbers abreast
  double* chirp;      // exp(-i pi k k / n)
};

OFFLOOP_INLINE int64_t RoundUp(int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

// Where elements come from: parts `im` apart, or no imaginary ones; beyond `avail` numbers are zeros.
struct Source {
  const void* x;
  bool narrow, swap;  // f32; the parts exchanged, which makes a transform the inverse one
  int64_t each, im, avail, lane;
  const double* chirp = nullptr;  // elements are turned by these, and zero from `length` on
  int64_t length = 0;

  OFFLOOP_INLINE double At(int64_t i) const {
    return narrow ? static_cast<double>(static_cast<const float*>(x)[i]) : static_cast<const double*>(x)[i];
  }
  OFFLOOP_INLINE void Get(int64_t e, int64_t from, double& re, double& im_part) const {
    const int64_t at = from + e * each, parts = im == 0 ? 1 : 2;
    const double a = e * parts < avail ? At(at) : 0, b = im != 0 && e * 2 + 1 < avail ? At(at + im) : 0;
    re = swap ? b : a, im_part = swap ? a : b;
  }
  int64_t Bytes(int64_t e) const { return e * each * (narrow ? 4 : 8); }
  const char* Address(int64_t e) const { return static_cast<const char*>(x) + Bytes(e); }
  bool plain() const { return !narrow && each == 2 && im == 1; }
  Source Shift(int64_t by) const {
    Source moved = *this;
    moved.x = narrow ? static_cast<const void*>(static_cast<const float*>(x) + by)
                     : static_cast<const void*>(static_cast<const double*>(x) + by);
    return moved;
  }
};

// Where they go, times `scale`. `only`: elements from which on nothing is written.
struct Target {
  void* x;
  bool narrow, swap;
  int64_t each, im, only, lane;
  double scale;
  const double* chirp = nullptr;  // what arrives, its parts exchanged, is turned by these first

  OFFLOOP_INLINE void Set(int64_t i, double value) const {
    if (narrow)
      static_cast<float*>(x)[i] = static_cast<float>(value);
    else
      static_cast<double*>(x)[i] = value;
  }
  OFFLOOP_INLINE void Put(int64_t e, int64_t from, double re, double im_part) const {
    if (e >= only) return;
    const int64_t at = from + e * each;
    Set(at, (swap ? im_part : re) * scale);
    if (im != 0) Set(at + im, (swap ? re : im_part) * scale);
  }
  bool plain() const { return !narrow && each == 2 && im == 1; }
  Target Shift(int64_t by) const {
    Target moved = *this;
    moved.x =
        narrow ? static_cast<void*>(static_cast<float*>(x) + by) : static_cast<void*>(static_cast<double*>(x) + by);
    return moved;
  }
};

// Memory of whoever transforms a line: its transposed rows, and two buffers of columns for each thread.
struct Work {
  Row *rows, *buffers;
  int64_t each;  // rows of one thread's buffers
  Row* back;     // transposed rows of a convolution's way back
  double* wide;  // elements of half a real line
};

int64_t RowsOf(const Line& line) { return line.n2 == 1 ? 0 : RoundUp(line.n1) / kLanes * RoundUp(line.n2); }
int64_t BuffersOf(const Line& line) {
  const int64_t longer = line.n1 > line.n2 ? line.n1 : line.n2;
  return 2 * RoundUp(longer) + longer / kTurns + 1 + kTurns;
}

// Runs fn(begin, end) over [0, count): as grains of a job, or here and now.
template <class F>
OFFLOOP_INLINE bool Each(Job* job, int64_t count, int64_t grain, F&& fn) {
  if (job != nullptr) return job->For(count, grain < 1 ? 1 : grain, fn);
  fn(int64_t{0}, count);
  return true;
}
OFFLOOP_INLINE Row* BuffersFor(Job* job, const Work& work) {
  return work.buffers + (job != nullptr ? job->lane() * work.each : 0);
}

// Row r of the buffer: elements first[lane] + r step of the lanes that there are, from where each begins.
struct Lots {
  int64_t first[kLanes], from[kLanes], step;
  int count;
};

// Whether all lanes are there, side by side in an array of complex doubles, for all rows.
bool Plain(bool plain, const Lots& lots, int64_t rows, int64_t elements) {
  return plain && lots.count == kLanes && lots.first[kLanes - 1] == lots.first[0] + kLanes - 1 &&
         lots.first[0] + kLanes + (rows - 1) * lots.step <= elements;
}

// Rows of elements that are turned by a chirp on their way in; and out, where the parts are still exchanged.
__attribute__((noinline)) void TakeTurned(int64_t n, Row* rows, const Source& source, const Lots& lots) {
  const bool plain = source.plain() && lots.count == kLanes;
  const double* x = static_cast<const double*>(source.x) + lots.from[0];
  for (int64_t r = 0; r < n; ++r) {
    const int64_t e = lots.first[0] + r * lots.step;
    Row turn;
    if (plain && e + kLanes <= source.length && 2 * (e + kLanes) <= source.avail) {
      fft::LoadPairs(rows[r], x + 2 * e);
      if (source.swap) fft::Pairs::Swap(rows[r]);
      fft::LoadPairs(turn, source.chirp + 2 * e);
    } else {
      double part[4][kLanes] = {};
      for (int l = 0; l < lots.count && e + l < source.length; ++l) {
        source.Get(e + l, lots.from[l], part[0][l], part[1][l]);
        part[2][l] = source.chirp[2 * (e + l)], part[3][l] = source.chirp[2 * (e + l) + 1];
      }
      __builtin_memcpy(&rows[r], part[0], sizeof(Row));
      __builtin_memcpy(&turn, part[2], sizeof(Row));
    }
    fft::Turn(rows[r], turn);
  }
}

__attribute__((noinline)) void GiveTurned(int64_t n, const Row* rows, const Target& target, const Lots& places) {
  const bool plain = target.plain() && places.count == kLanes;
  double* x = static_cast<double*>(target.x) + places.from[0];
  for (int64_t r = 0; r < n; ++r) {
    const int64_t e = places.first[0] + r * places.step;
    if (e >= target.only) break;
    Row row = rows[r], turn;
    fft::Pairs::Swap(row);
    if (plain && e + kLanes <= target.only) {
      fft::LoadPairs(turn, target.chirp + 2 * e);
      fft::Turn(row, turn);
      row.re = row.re * target.scale, row.im = row.im * target.scale;
      if (target.swap) fft::Pairs::Swap(row);
      fft::StorePairs(x + 2 * e, row);
    } else {
      for (int l = 0; l < places.count && e + l < target.only; ++l) {
        const double re = target.chirp[2 * (e + l)], im = target.chirp[2 * (e + l) + 1];
        target.Put(e + l, places.from[l], row.re[l] * re - row.im[l] * im, row.re[l] * im + row.im[l] * re);
      }
    }
  }
}

// The transforms of some columns, from where they are to where they go, or to a buffer, which is returned.
Row* Run(int64_t n, const double* roots, Row* a, Row* b, const Source* source, const Lots* lots, const Target* target,
         const Lots* places) {
  fft::Pairs from, to;
  bool takes = false, gives = false;
  if (source != nullptr && source->chirp != nullptr) {
    TakeTurned(n, a, *source, *lots);
  } else if (source != nullptr && Plain(source->plain(), *lots, n, source->avail / 2)) {
    double* x = static_cast<double*>(const_cast<void*>(source->x)) + lots->from[0] + 2 * lots->first[0];
    from = {x, 2 * lots->step, source->swap, 1};
    takes = fft::TakesPairs(n);
    if (!takes) {
      for (int64_t r = 0; r < n; ++r) from.Get(r, a[r]);
    }
  } else if (source != nullptr) {
    for (int64_t r = 0; r < n; ++r) {
      double re[kLanes] = {}, im[kLanes] = {};
      for (int l = 0; l < lots->count; ++l) source->Get(lots->first[l] + r * lots->step, lots->from[l], re[l], im[l]);
      __builtin_memcpy(&a[r].re, re, sizeof re);
      __builtin_memcpy(&a[r].im, im, sizeof im);
    }
  }
  const bool turned = target != nullptr && target->chirp != nullptr;
  const bool pairs = target != nullptr && !turned && Plain(target->plain(), *places, n, target->only);
  if (pairs) {
    double* x = static_cast<double*>(target->x) + places->from[0] + 2 * places->first[0];
    to = {x, 2 * places->step, target->swap, target->scale};
    gives = fft::GivesPairs(n) && !(takes && n <= 8);
  }
  Row* result = fft::Columns(n, a, b, roots, takes ? &from : nullptr, gives ? &to : nullptr);
  if (turned) {
    GiveTurned(n, result, *target, *places);
  } else if (pairs && !gives) {
    for (int64_t r = 0; r < n; ++r) to.Put(r, result[r]);
  } else if (target != nullptr && !pairs) {
    for (int64_t r = 0; r < n; ++r)
      for (int l = 0; l < places->count; ++l)
        target->Put(places->first[l] + r * places->step, places->from[l], result[r].re[l], result[r].im[l]);
  }
  return result;
}

Lots Neighbours(int64_t first, int64_t end, int64_t step) {
  Lots lots;
  lots.count = static_cast<int>(end - first < kLanes ? end - first : kLanes);
  for (int l = 0; l < kLanes; ++l) lots.first[l] = first + l, lots.from[l] = 0;
  lots.step = step;
  return lots;
}

// Lines of a length that is not cut, side by side.
void Direct(const Line& line, const Source& source, const Target& target, int64_t count, Row* buffers) {
  Lots from, to;
  from.count = to.count = static_cast<int>(count);
  from.step = to.step = 1;
  for (int l = 0; l < kLanes; ++l) {
    from.first[l] = to.first[l] = 0;
    from.from[l] = l * source.lane, to.from[l] = l * target.lane;
  }
  Run(line.n, line.roots1, buffers, buffers + line.n, &source, &from, &target, &to);
}

// Rows of some columns turned by turn(k, row), and transposed into rows of other groups.
template <class Turn>
OFFLOOP_INLINE void Across(int64_t n1, int64_t height, const Row* from, Row* to, Turn&& turn) {
  for (int64_t k = 0; k < n1; k += kLanes, to += height) {
    Lanes re[kLanes], im[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      const int64_t at = k + i < n1 ? k + i : n1 - 1;
      Row row = from[at];
      turn(at, row);
      re[i] = row.re, im[i] = row.im;
    }
    fft::Transpose(re);
    fft::Transpose(im);
    for (int i = 0; i < kLanes; ++i) to[i].re = re[i], to[i].im = im[i];
  }
}

// The same for columns c, c + 1, … of the first transforms. `ask`: what the next ones read, so far apart that the
// processor does not see it coming, and bytes between.
OFFLOOP_INLINE void TurnAcross(const Line& line, const Row* result, int64_t c, Row* rows, Row* few, const char* ask,
                               int64_t apart) {
  const int64_t n1 = line.n1, height = RoundUp(line.n2);
  if (line.step != nullptr) {
    const double* step = line.step + c / kStep * kStep * 2 * n1 + c % kStep;
    Across(n1, height, result, rows + c, [&](int64_t k, Row& row) {
      Row turn;
      __builtin_memcpy(&turn.re, step + 2 * kStep * k, sizeof turn.re);
      __builtin_memcpy(&turn.im, step + 2 * kStep * k + kStep, sizeof turn.im);
      fft::Turn(row, turn);
    });
    return;
  }
  Row* many = few + kTurns;
  for (int64_t i = 0; i < kTurns + (n1 + kTurns - 1) / kTurns; ++i) {
    const int64_t k = i < kTurns ? i : (i - kTurns) * kTurns;
    double re[kLanes], im[kLanes];
    for (int l = 0; l < kLanes; ++l) {
      const int64_t t = k * (c + l);
      line.roots.Get(t < line.n ? t : 0, re[l], im[l]);
    }
    __builtin_memcpy(&few[i].re, re, sizeof re);
    __builtin_memcpy(&few[i].im, im, sizeof im);
  }
  Across(n1, height, result, rows + c, [&](int64_t k, Row& row) {
    if (ask != nullptr) {
      __builtin_prefetch(ask + k * apart);
      __builtin_prefetch(ask + k * apart + 64);
    }
    Row turn = few[k % kTurns];
    fft::Turn(turn, many[k / kTurns]);
    fft::Turn(row, turn);
  });
}

// Groups of columns [begin, end): transformed, turned, and transposed into rows.
void First(const Line& line, const Source& source, Row* rows, int64_t begin, int64_t end, Row* buffers) {
  const int64_t spare = RoundUp(line.n1);
  for (int64_t group = begin; group < end; ++group) {
    const int64_t c = group * kLanes;
    const Lots lots = Neighbours(c, line.n2, line.n2);
    const Row* result = Run(line.n1, line.roots1, buffers, buffers + spare, &source, &lots, nullptr, nullptr);
    const bool asks = group + 1 < end && line.n2 >= 64 && line.n2 <= 512;
    TurnAcross(line, result, c, rows, buffers + 2 * spare, asks ? source.Address(c + kLanes) : nullptr,
               source.Bytes(line.n2));
  }
}

// A row of a convolution's spectrum, of what was row k of the line's group.
OFFLOOP_INLINE double* Abreast(double* spectrum, int64_t n2, int64_t group, int64_t k) {
  return spectrum + (group * kLanes / kStep * n2 + k) * 2 * kStep + group * kLanes % kStep;
}

// Groups of what were rows [begin, end) on both ways of a convolution: transformed, multiplied, and, their parts
// exchanged, transformed, turned and transposed into the rows of the way back.
void Middle(const Line& line, const Line& back, double* spectrum, Row* rows, Row* to, int64_t begin, int64_t end,
            Row* buffers) {
  const int64_t height = RoundUp(line.n2);
  for (int64_t group = begin; group < end; ++group) {
    Row *here = rows + group * height, *there = buffers;
    Row* result = fft::Columns(line.n2, here, there, line.roots2, nullptr, nullptr);
    if (result != here) there = here, here = result;
    for (int64_t k = 0; k < line.n2; ++k) {
      const double* by = Abreast(spectrum, line.n2, group, k);
      Row turn;
      __builtin_memcpy(&turn.re, by, sizeof turn.re);
      __builtin_memcpy(&turn.im, by + kStep, sizeof turn.im);
      fft::Turn(here[k], turn);
      fft::Pairs::Swap(here[k]);
    }
    result = fft::Columns(line.n2, here, there, back.roots1, nullptr, nullptr);
    TurnAcross(back, result, group * kLanes, to, buffers + 2 * RoundUp(line.n2), nullptr, 0);
  }
}

// Groups of what were rows [begin, end): transformed, and written to where they belong.
void Second(const Line& line, const Target& target, Row* rows, int64_t begin, int64_t end, Row* buffers) {
  const int64_t height = RoundUp(line.n2);
  for (int64_t group = begin; group < end; ++group) {
    const Lots lots = Neighbours(group * kLanes, line.n1, line.n1);
    Run(line.n2, line.roots2, rows + group * height, buffers, nullptr, nullptr, &target, &lots);
  }
}

bool Smooth(Job* job, const Line& line, const Source& source, const Target& target, const Work& work) {
  if (line.n2 == 1) {
    return Each(job, 1, 1, [&](int64_t, int64_t) { Direct(line, source, target, 1, BuffersFor(job, work)); });
  }
  return Each(job, (line.n2 + kLanes - 1) / kLanes, kGrain / (line.n1 * kLanes),
              [&](int64_t b, int64_t e) { First(line, source, work.rows, b, e, BuffersFor(job, work)); }) &&
         Each(job, (line.n1 + kLanes - 1) / kLanes, kGrain / (line.n2 * kLanes),
              [&](int64_t b, int64_t e) { Second(line, target, work.rows, b, e, BuffersFor(job, work)); });
}

int64_t Groups(int64_t rows) { return (rows + kLanes - 1) / kLanes; }

Source WideIn(const double* x, int64_t n, bool swap) { return {x, false, swap, 2, 1, 2 * n, 0}; }
Target WideOut(double* x, int64_t n, bool swap) { return {x, false, swap, 2, 1, n, 0, 1}; }

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
  return Each(job, Groups(inner.n2), kGrain / (inner.n1 * kLanes),
              [&](int64_t b, int64_t e) { First(inner, from, work.rows, b, e, BuffersFor(job, work)); }) &&
         Each(job, Groups(inner.n1), kGrain / (2 * inner.n2 * kLanes),
              [&](int64_t b, int64_t e) {
                Middle(inner, back, line.spectrum, work.rows, work.back, b, e, BuffersFor(job, work));
              }) &&
         Each(job, Groups(back.n1), kGrain / (back.n2 * kLanes),
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
      const Row* rows = fft::Columns(inner.n2, work.rows + group * RoundUp(inner.n2), BuffersFor(&job, work),
                                     inner.roots2, nullptr, nullptr);
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
    while (plain && k > 0 && k + kLanes <= end && 2 * (k + kLanes) <= h && roots.GetRow(k, w)) {
      const int64_t mirror = h - k - kLanes + 1;
      Row a, b;
      fft::LoadPairs(a, z + 2 * k);
      fft::LoadPairs(b, z + 2 * mirror);
      fft::Reverse(b);
      const Lanes er = (a.re + b.re) * 0.5, ei = (a.im - b.im) * 0.5, dr = (a.im + b.im) * 0.5,
                  di = (b.re - a.re) * 0.5;
      const Lanes tr = w.re * dr - w.im * di, ti = w.re * di + w.im * dr;
      b.re = (er - tr) * target.scale, b.im = (ti - ei) * target.scale;
      a.re = (er + tr) * target.scale, a.im = (ei + ti) * target.scale;
      fft::Reverse(b);
      fft::StorePairs(x + 2 * mirror, b);
      fft::StorePairs(x + 2 * k, a);
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
    while (plain && k > 0 && k + kLanes <= end && 2 * (k + kLanes) <= h && roots.GetRow(k, w)) {
      const int64_t mirror = h - k - kLanes + 1;
      Row a, b;
      fft::LoadPairs(a, x + 2 * k);
      fft::LoadPairs(b, x + 2 * mirror);
      fft::Reverse(b);
      const Lanes er = a.re + b.re, ei = a.im - b.im, dr = a.re - b.re, di = a.im + b.im;
      const Lanes tr = dr * w.re + di * w.im, ti = di * w.re - dr * w.im;
      b.re = er + ti, b.im = tr - ei;
      a.re = er - ti, a.im = ei + tr;
      fft::Reverse(b);
      fft::StorePairs(z + 2 * mirror, b);
      fft::StorePairs(z + 2 * k, a);
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
         Each(job, h / 2 + 1, kGrain, [&](int64_t b, int64_t e) { Untangle(line.roots, h, z, target, b, e); });
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
  return Each(job, h / 2 + 1, kGrain, [&](int64_t b, int64_t e) { Tangle(line.roots, h, source, z, b, e); }) &&
         Complex(job, inner, WideIn(z, h, true), pairs, work);
}

bool Transform(Job* job, Op op, const Line& line, const Source& source, const Target& target, const Work& work) {
  switch (op) {
    case Op::kReal:
      return Real(job, line, source, target, work);
    case Op::kHermitian:
      return Hermitian(job, line, source, target, work);
    default:
      return Complex(job, line, source, target, work);
  }
}

// ---- What a call asks for ----

int64_t Whole(double x) { return x >= 0 && x < 9007199254740992.0 ? static_cast<int64_t>(x) : -1; }

bool IsSmooth(int64_t n) {
  while (n > 1) {
    int64_t prime = 2;
    while (prime <= fft::kMaxPrime && n % prime != 0) ++prime;
    if (prime > fft::kMaxPrime) return false;
    n /= prime;
  }
  return n == 1;
}

// The plan at `at` of what src/core/transforms.ts lays out: [n, kind, n1 or way back or -, inner, roots1, roots2, step,
// table, bits]. It is nobody else's memory, but is not taken on trust either. `line` is the first of four.
bool ReadLine(const In<double>& plan, int64_t at, const Opt<InOut<double>>& chirp, Line* line, int depth) {
  constexpr int64_t kHead = 10;
  if (depth > 2 || at < 0 || at + kHead > plan.size) return false;
  int64_t head[kHead];
  for (int64_t i = 0; i < kHead; ++i) head[i] = Whole(plan.data[at + i]);
  const auto fits = [&](int64_t offset, int64_t size) {
    return offset >= 0 && size >= 0 && offset <= plan.size && size <= plan.size - offset;
  };
  const int64_t n = head[0], kind = head[1];
  if (n < 1 || n > int64_t{1} << 31) return false;
  *line = {};
  line->n = line->n1 = n, line->n2 = 1;
  if (head[7] > 0) {
    const int64_t bits = head[8], size = int64_t{1} << (bits & 31), most = kind == 1 ? 2 * n : n;
    const int64_t high = ((most - 1) >> (bits & 31)) + 1;
    if (bits < 0 || bits > 31 || !fits(head[7], 2 * (size + high))) return false;
    line->roots = {plan.data + head[7], bits, high};
  }
  if (kind == 0) {
    line->n1 = head[2];
    if (line->n1 < 1 || n % line->n1 != 0 || !IsSmooth(n)) return false;
    line->n2 = n / line->n1;
    if (!fits(head[4], 2 * line->n1) || !fits(head[5], 2 * line->n2)) return false;
    line->roots1 = plan.data + head[4], line->roots2 = plan.data + head[5];
    if (line->n2 == 1) return true;
    if (head[6] > 0) {
      if (!fits(head[6], 2 * line->n1 * ((line->n2 + kStep - 1) / kStep * kStep))) return false;
      line->step = plan.data + head[6];
    }
    return line->step != nullptr || line->roots.table != nullptr;
  }
  line->inner = line + 1;
  if (!ReadLine(plan, head[3], chirp, line + 1, depth + 1)) return false;
  if (kind == 1) {
    const Line& inner = *line->inner;
    Line* back = line + 2;
    if (!ReadLine(plan, head[2], chirp, back, depth + 1)) return false;
    if (inner.m != 0 || inner.inner != nullptr || back->m != 0 || back->inner != nullptr) return false;
    if (inner.n2 == 1 || back->n1 != inner.n2 || back->n2 != inner.n1) return false;
    line->m = inner.n, line->back = back;
    const int64_t numbers = 2 * ((inner.n1 + kStep - 1) / kStep * kStep) * inner.n2;
    if (line->m < 2 * n - 1 || line->roots.table == nullptr || !chirp.present) return false;
    if (head[9] < 0 || head[9] + numbers + 2 * n > chirp.value.size) return false;
    line->spectrum = chirp.value.data + head[9], line->chirp = line->spectrum + numbers;
    return true;
  }
  return line->inner->n == (n % 2 == 0 ? n / 2 : n) && (n % 2 != 0 || line->roots.table != nullptr);
}

const Line& CoreOf(const Line& line) { return line.inner == nullptr ? line : CoreOf(*line.inner); }
int64_t WideOf(Op op, const Line& line) {  // numbers
  return op == Op::kReal || op == Op::kHermitian ? 2 * line.n : 0;
}

// Items of For for a line whose steps are spread over threads.
int64_t ItemsOf(const Line& line) {
  if (line.m != 0) return ItemsOf(*line.inner) + Groups(line.inner->n2);
  return line.n2 == 1 ? 1 : Groups(line.n1) + Groups(line.n2);
}
int64_t ItemsOf(Op op, const Line& line) {
  if (op == Op::kReal) return ItemsOf(*line.inner) + (line.n % 2 == 0 ? line.n / 4 + 1 : 0);
  if (op == Op::kHermitian) return ItemsOf(*line.inner) + (line.n % 2 == 0 ? line.n / 4 + 1 : line.n / 2 + 1);
  return ItemsOf(line);
}

// The line within that is a convolution, if there is one.
const Line* ChirpOf(const Line& line) {
  return line.m != 0 ? &line : line.inner != nullptr ? ChirpOf(*line.inner) : nullptr;
}

// How `count` lines are spread: four abreast, one a grain, or each over all threads.
struct Spread {
  const Line& core;
  int64_t rows, back, buffers, wide, each, size;
  bool abreast, alone;

  Spread(Op op, const Line& line, int64_t count)
      : core(CoreOf(line)), rows(RowsOf(core)), buffers(BuffersOf(core)), wide(WideOf(op, line)) {
    back = core.n == line.n || ChirpOf(line) == nullptr ? 0 : RowsOf(*ChirpOf(line)->back);
    each = rows + back + buffers + (wide + 2 * kLanes - 1) / (2 * kLanes);
    size = core.n * (CoreOf(line).n == line.n ? 1 : 2);
    abreast = op == Op::kComplex && line.m == 0 && line.n2 == 1;
    alone = !abreast && size <= kAlone && (count > 1 || each <= kOnStack);
  }
  int64_t Items(Op op, const Line& line, int64_t count) const {
    return abreast ? (count + kLanes - 1) / kLanes : alone ? count : count * ItemsOf(op, line);
  }
};

Work Carve(Row* memory, const Spread& spread, int64_t threads) {
  Work work;
  work.rows = memory;
  work.back = memory + spread.rows;
  work.buffers = work.back + spread.back;
  work.each = spread.buffers;
  work.wide = reinterpret_cast<double*>(work.buffers + spread.buffers * threads);
  return work;
}

// Scratch for `rows` rows: what the caller keeps from call to call, if it is enough; fresh memory is cleared by the
// system page by page, a fifth of the time of 65,536 points.
Row* ScratchFor(Job& job, const Opt<InOut<double>>& kept, int64_t rows) {
  if (kept.present) {
    const auto at = reinterpret_cast<uintptr_t>(kept.value.data), from = (at + 63) & ~uintptr_t{63};
    const int64_t left = kept.value.size * 8 - static_cast<int64_t>(from - at);
    if (left >= rows * static_cast<int64_t>(sizeof(Row))) return reinterpret_cast<Row*>(from);
  }
  return job.Scratch<Row>(rows);
}

Status Lines(Job& job, Op op, const Line& line, const Source& source, const Target& target, int64_t count,
             const Opt<InOut<double>>& kept) {
  const Spread spread(op, line, count);
  if (spread.abreast) {
    job.For((count + kLanes - 1) / kLanes, kGrain / (kLanes * line.n), [&](int64_t b, int64_t e) {
      Row buffers[2 * (fft::kMaxPrime + 1)];
      for (int64_t i = b * kLanes; i < e * kLanes && i < count; i += kLanes) {
        Direct(line, source.Shift(i * source.lane), target.Shift(i * target.lane),
               count - i < kLanes ? count - i : kLanes, buffers);
      }
    });
    return job.status();
  }
  if (spread.alone) {
    // Lines that fill more than the caches hold are made in a buffer and go past them, while the next one is fetched.
    const int64_t length = target.each * target.only;  // numbers of a result
    const bool past =
        !target.narrow && target.each == target.im + 1 && target.lane == length && count * length * 8 >= kStreamBytes;
    const int64_t line_rows = past ? (length + 2 * kLanes - 1) / (2 * kLanes) : 0;
    const int64_t each = spread.each + line_rows;
    const auto run = [&](Row* memory, int64_t begin, int64_t end) {
      const Work work = Carve(memory, spread, 1);
      double* buffer = reinterpret_cast<double*>(memory + spread.each);
      StreamAhead ahead;
      for (int64_t i = begin; i < end; ++i) {
        const Source one = source.Shift(i * source.lane);
        if (!past) {
          Transform(nullptr, op, line, one, target.Shift(i * target.lane), work);
          continue;
        }
        Target to = target;
        to.x = buffer;
        Transform(nullptr, op, line, one, to, work);
        ahead.next[0] = static_cast<const char*>(source.Shift((i + 1) * source.lane).x);
        ahead.step[0] = source.lane * (source.narrow ? 4 : 8) / (length / 8 + 1), ahead.count = 1;
        StreamPut(static_cast<double*>(target.x) + i * target.lane, buffer, length * 8, true, ahead);
      }
      if (past) StreamFence();
    };
    const int64_t grain = kGrain / spread.size;  // at least 2
    if (each <= kOnStack) {
      job.For(count, grain, [&](int64_t b, int64_t e) {
        Row memory[kOnStack];
        run(memory, b, e);
      });
      return job.status();
    }
    Row* memory = job.Scratch<Row>(each * job.threads());
    if (memory == nullptr) return Status::kNoMemory;
    job.For(count, grain, [&](int64_t b, int64_t e) { run(memory + each * job.lane(), b, e); });
    return job.status();
  }
  Row* memory = ScratchFor(job, kept, spread.each + spread.buffers * (job.threads() - 1));
  if (memory == nullptr) return Status::kNoMemory;
  const Work work = Carve(memory, spread, job.threads());
  for (int64_t i = 0; i < count && !job.stopped(); ++i)
    if (!Transform(&job, op, line, source.Shift(i * source.lane), target.Shift(i * target.lane), work)) break;
  return job.status();
}

Status MakeSpectrum(Job& job, const Line* line, const Opt<InOut<double>>& kept) {
  if (line == nullptr) return Status::kOk;
  const Spread spread(Op::kComplex, *line, 1);
  Row* memory = ScratchFor(job, kept, spread.each + spread.buffers * (job.threads() - 1));
  if (memory == nullptr) return Status::kNoMemory;
  Spectrum(job, *line, Carve(memory, spread, job.threads()));
  return job.status();
}
int64_t SpectrumItems(const Line* line) { return line == nullptr ? 0 : line->m + line->n + ItemsOf(*line->inner); }

// ---- Convolution: elements [start, start + out.size) of the whole one of x with the shorter h ----

constexpr int64_t kPiece = 1024;    // results of a direct convolution at once
constexpr int64_t kMaxDirect = 96;  // elements of h; beyond, transforms are faster

// One series of numbers, forwards or backwards.
struct Series {
  const void* x;
  bool narrow;
  int64_t size, step;
  OFFLOOP_INLINE double At(int64_t i) const {
    return narrow ? static_cast<double>(static_cast<const float*>(x)[i * step])
                  : static_cast<const double*>(x)[i * step];
  }
  // Elements from `from` on, with zeros around what there is.
  void Copy(double* to, int64_t from, int64_t count) const {
    for (int64_t i = 0; i < count; ++i) to[i] = from + i >= 0 && from + i < size ? At(from + i) : 0;
  }
};

void DirectPiece(const Series& x, const double* h, int64_t taps, int64_t at, int64_t count, const Target& out,
                 int64_t to) {
  constexpr int64_t kAbreast = 4 * kLanes;
  double window[kPiece + kMaxDirect];
  x.Copy(window, at - (taps - 1), count + taps - 1);
  const double* first = window + taps - 1;  // x[at]
  int64_t i = 0;
  const auto one = [&](int64_t j) {
    const int64_t low = at + j >= x.size ? at + j - x.size + 1 : 0, high = at + j < taps - 1 ? at + j : taps - 1;
    double sum = 0;
    for (int64_t k = low; k <= high; ++k) sum += h[k] * first[j - k];
    out.Set(to + j, sum);
  };
  for (; i < count && at + i < taps - 1; ++i) one(i);
  for (; i + kAbreast <= count && at + i + kAbreast <= x.size; i += kAbreast) {
    Lanes sum[4] = {};
    for (int64_t k = 0; k < taps; ++k) {
      for (int j = 0; j < 4; ++j) {
        Lanes part;
        __builtin_memcpy(&part, first + i - k + j * kLanes, sizeof part);
        sum[j] = sum[j] + part * h[k];
      }
    }
    for (int j = 0; j < 4; ++j)
      for (int l = 0; l < kLanes; ++l) out.Set(to + i + j * kLanes + l, sum[j][l]);
  }
  for (; i < count; ++i) one(i);
}

// One block of an overlap-save convolution: results [at, at + count).
bool SaveBlock(Job* job, const Line& line, const Series& x, const double* spectrum, int64_t taps, int64_t at,
               int64_t count, const Target& out, int64_t to, double* y, const Work& work) {
  double* z = y + line.n;
  const int64_t bins = line.n / 2 + 1;
  const Source real{y, false, false, 1, 0, line.n, 0};
  const Target back{y, false, false, 1, 0, line.n, 0, 1 / static_cast<double>(line.n)};
  return Each(job, line.n, kGrain, [&](int64_t b, int64_t e) { x.Copy(y + b, at - (taps - 1) + b, e - b); }) &&
         Real(job, line, real, WideOut(z, bins, false), work) &&
         Each(job, bins, kGrain, [&](int64_t b, int64_t e) { Product(z, spectrum, b, e); }) &&
         Hermitian(job, line, WideIn(z, bins, false), back, work) &&
         Each(job, count, kGrain, [&](int64_t b, int64_t e) {
           for (int64_t i = b; i < e; ++i) out.Set(to + i, y[taps - 1 + i]);
         });
}

Status Convolve(Job& job, const Series& x, const Series& h, const Line* line, int64_t start, const Target& out,
                int64_t length, const Opt<InOut<double>>& kept) {
  const int64_t taps = h.size;
  if (line == nullptr) {
    if (taps > kMaxDirect) return Status::kOk;
    double numbers[kMaxDirect];
    h.Copy(numbers, 0, taps);
    const int64_t pieces = (length + kPiece - 1) / kPiece;
    job.Total(pieces);
    job.For(pieces, 65536 / (taps * kPiece) + 1, [&](int64_t b, int64_t e) {
      for (int64_t piece = b; piece < e; ++piece) {
        const int64_t at = piece * kPiece;
        DirectPiece(x, numbers, taps, start + at, length - at < kPiece ? length - at : kPiece, out, at);
      }
    });
    return job.status();
  }
  const int64_t size = line->n, step = size - (taps - 1), blocks = step > 0 ? (length + step - 1) / step : 0;
  if (step <= 0 || size % 2 != 0 || line->inner->m != 0) return Status::kOk;
  const Line& core = *line->inner;
  const int64_t own = 2 * size + 2 + 2 * kLanes - 2, wide = (2 * size + own + 2 * kLanes - 1) / (2 * kLanes);
  const int64_t rows = RowsOf(core), buffers = BuffersOf(core), bins = size / 2 + 1;
  const int64_t heard = (2 * bins + 2 * kLanes - 1) / (2 * kLanes);  // rows of the spectrum of h
  const bool alone = size <= kAlone && blocks > 1;
  const int64_t each = rows + buffers + wide;
  const int64_t threads = job.threads();
  Row* memory = ScratchFor(job, kept, heard + (alone ? each * threads : each + buffers * (threads - 1)));
  if (memory == nullptr) return Status::kNoMemory;
  double* spectrum = reinterpret_cast<double*>(memory);
  memory += heard;
  const auto carve = [&](Row* from, int64_t lanes) {
    return Work{from, from + rows, buffers, nullptr, reinterpret_cast<double*>(from + rows + buffers * lanes)};
  };
  const int64_t inner = ItemsOf(core) + size / 4 + 1;
  job.Total(size + inner + (alone ? blocks : blocks * (size + 2 * inner + bins) + length));

  // The transform of h, once.
  const Work all = carve(memory, alone ? 1 : threads);
  double* y = all.wide + 2 * size;
  const Source real{y, false, false, 1, 0, size, 0};
  if (alone) {
    h.Copy(y, 0, size);
    if (!job.Serial([&] { Real(nullptr, *line, real, WideOut(spectrum, bins, false), all); })) return job.status();
    job.For(blocks, kGrain / (2 * size) + 1, [&](int64_t b, int64_t e) {
      const Work work = carve(memory + each * job.lane(), 1);
      for (int64_t i = b; i < e; ++i) {
        const int64_t at = i * step;
        SaveBlock(nullptr, *line, x, spectrum, taps, start + at, length - at < step ? length - at : step, out, at,
                  work.wide + 2 * size, work);
      }
    });
    return job.status();
  }
  if (!job.For(size, kGrain, [&](int64_t b, int64_t e) { h.Copy(y + b, b, e - b); })) return job.status();
  if (!Real(&job, *line, real, WideOut(spectrum, bins, false), all)) return job.status();
  for (int64_t i = 0; i < blocks && !job.stopped(); ++i) {
    const int64_t at = i * step;
    if (!SaveBlock(&job, *line, x, spectrum, taps, start + at, length - at < step ? length - at : step, out, at, y,
                   all))
      break;
  }
  return job.status();
}

template <class T>
Status Fft(Job& job, Matrix<T> x, Opt<In<T>> shorter, In<double> plan, Opt<InOut<double>> chirp,
           Opt<InOut<double>> kept, Enum<Op> kind, int64_t second, int64_t flags, double scale, Out<T> out) {
  constexpr bool kNarrow = sizeof(T) == 4;
  const Op op = kind.value == Op::kTwo ? Op::kComplex : kind.value;
  const bool inverse = (flags & kInverse) != 0, down = (flags & kDown) != 0, two = kind.value == Op::kTwo;
  Line line[4], other[4];
  if (kind.value == Op::kConvolve) {
    const bool direct = (flags & kPlain) != 0, back = (flags & kBack) != 0;
    const int64_t taps = shorter.value.size;
    if (!shorter.present || taps < 1 || second < 0 || second + out.size > x.cols + taps - 1) return Status::kOk;
    if (!direct && !ReadLine(plan, 0, chirp, line, 0)) return Status::kOk;
    if (!direct && line->inner == nullptr) return Status::kOk;
    return Convolve(job, {x.data, kNarrow, x.cols, x.col_stride},
                    {back ? shorter.value.data + taps - 1 : shorter.value.data, kNarrow, taps, back ? -1 : 1},
                    direct ? nullptr : line, second, {out.data, kNarrow, false, 1, 0, out.size, 0, 1}, out.size, kept);
  }
  if (!ReadLine(plan, 0, chirp, line, 0)) return Status::kOk;
  if (two && !ReadLine(plan, second, chirp, other, 0)) return Status::kOk;

  const int64_t in = op == Op::kReal ? 1 : 2, to = op == Op::kHermitian ? 1 : 2;  // numbers of an element
  const int64_t length = op == Op::kReal ? line->n / 2 + 1 : line->n;             // elements of a result
  const int64_t count = down ? x.cols / in : x.rows;
  if (count * length * to > out.size) return Status::kOk;
  Source source{x.data,
                kNarrow,
                inverse,
                down      ? x.row_stride
                : in == 2 ? 2
                          : x.col_stride,
                in - 1,
                down ? in * x.rows : x.cols,
                down ? (in == 2 ? 2 : x.col_stride) : x.row_stride};
  Target target{out.data, kNarrow, inverse, down ? count * to : to, to - 1, length, down ? to : length * to, scale};
  if (op != Op::kComplex) source.swap = target.swap = false;

  const Line* chirps[2] = {nullptr, nullptr};
  if ((flags & kKnown) == 0) {
    chirps[0] = ChirpOf(*line);
    if (two && other->n != line->n) chirps[1] = ChirpOf(*other);
  }
  int64_t items =
      Spread(op, *line, count).Items(op, *line, count) + SpectrumItems(chirps[0]) + SpectrumItems(chirps[1]);
  if (two) items += Spread(op, *other, line->n).Items(op, *other, line->n);
  job.Total(items);
  for (const Line* one : chirps) {
    const Status status = MakeSpectrum(job, one, kept);
    if (status != Status::kOk) return status;
  }
  if (!two) return Lines(job, op, *line, source, target, count, kept);

  if (other->n != x.rows) return Status::kOk;
  target.scale = 1;
  const Status status = Lines(job, op, *line, source, target, count, kept);
  if (status != Status::kOk) return status;
  const int64_t width = 2 * line->n;
  return Lines(job, op, *other, Source{out.data, kNarrow, inverse, width, 1, 2 * count, 2},
               Target{out.data, kNarrow, inverse, width, 1, count, 2, scale}, line->n, kept);
}

}  // namespace fft_kernel
}  // namespace

OFFLOOP_KERNEL(fft, OFFLOOP_INSTANCE("f64", fft_kernel::Fft<double>), OFFLOOP_INSTANCE("f32", fft_kernel::Fft<float>))

}  // namespace offloop::OFFLOOP_ISA
