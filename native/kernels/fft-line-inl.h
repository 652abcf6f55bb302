// One line: where its elements come from and go to, and its transform where all prime factors are small.
//
// A line of n = n1 n2 elements is a matrix of n1 rows and n2 columns. Its columns are transformed four at a time in
// the first caches, turned by the roots of unity that are theirs, and transposed into a buffer of rows; what were rows
// is transformed four at a time from there. Which n1, and all roots, come with the call.
#pragma once

#include "kernels/fft-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace fft {

constexpr int64_t kGrain = 32768;            // elements of a grain, about 100 µs
constexpr int64_t kFewGrains = 8192;         // of a step of a line that has few
constexpr int64_t kLong = int64_t{1} << 18;  // a line of this length has grains enough
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

// Elements of a grain of a step over a whole line: some for each thread, so that none waits long for a late one.
OFFLOOP_INLINE int64_t GrainOf(int64_t n) { return n < kLong ? kFewGrains : kGrain; }
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
      LoadPairs(rows[r], x + 2 * e, source.swap);
      LoadPairs(turn, source.chirp + 2 * e);
    } else {
      double part[4][kLanes] = {};
      for (int l = 0; l < lots.count && e + l < source.length; ++l) {
        source.Get(e + l, lots.from[l], part[0][l], part[1][l]);
        part[2][l] = source.chirp[2 * (e + l)], part[3][l] = source.chirp[2 * (e + l) + 1];
      }
      __builtin_memcpy(&rows[r], part[0], sizeof(Row));
      __builtin_memcpy(&turn, part[2], sizeof(Row));
    }
    Turn(rows[r], turn);
  }
}

__attribute__((noinline)) void GiveTurned(int64_t n, const Row* rows, const Target& target, const Lots& places) {
  const bool plain = target.plain() && places.count == kLanes;
  double* x = static_cast<double*>(target.x) + places.from[0];
  for (int64_t r = 0; r < n; ++r) {
    const int64_t e = places.first[0] + r * places.step;
    if (e >= target.only) break;
    Row row = rows[r], turn;
    Swap(row);
    if (plain && e + kLanes <= target.only) {
      LoadPairs(turn, target.chirp + 2 * e);
      Turn(row, turn);
      row.re = row.re * target.scale, row.im = row.im * target.scale;
      StorePairs(x + 2 * e, row, target.swap);
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
  Pairs from, to;
  bool takes = false, gives = false;
  if (source != nullptr && source->chirp != nullptr) {
    TakeTurned(n, a, *source, *lots);
  } else if (source != nullptr && Plain(source->plain(), *lots, n, source->avail / 2)) {
    double* x = static_cast<double*>(const_cast<void*>(source->x)) + lots->from[0] + 2 * lots->first[0];
    from = {x, 2 * lots->step, source->swap, 1};
    takes = TakesPairs(n);
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
    gives = GivesPairs(n) && !(takes && n <= 8);
  }
  Row* result = Columns(n, a, b, roots, takes ? &from : nullptr, gives ? &to : nullptr);
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

// Rows of some columns turned by turn(k, row), and transposed into rows of other groups, the first of which begins with
// row `shift`; rows before it end the last one.
template <class Turn>
OFFLOOP_INLINE void Across(int64_t n1, int64_t height, int64_t shift, const Row* from, Row* to, Turn&& turn) {
  for (int64_t k = shift; k < n1 + shift; k += kLanes, to += height) {
    Lanes re[kLanes], im[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      const int64_t at = k + i < n1 ? k + i : shift != 0 ? k + i - n1 : n1 - 1;
      Row row = from[at];
      turn(at, row);
      re[i] = row.re, im[i] = row.im;
    }
    Transpose(re);
    Transpose(im);
    for (int i = 0; i < kLanes; ++i) to[i].re = re[i], to[i].im = im[i];
  }
}

// The same for columns c, c + 1, … of the first transforms. `ask`: what the next ones read, so far apart that the
// processor does not see it coming, and bytes between.
OFFLOOP_INLINE void TurnAcross(const Line& line, const Row* result, int64_t c, Row* rows, Row* few, int64_t shift,
                               const char* ask, int64_t apart) {
  const int64_t n1 = line.n1, height = RoundUp(line.n2);
  if (line.step != nullptr) {
    const double* step = line.step + c / kStep * kStep * 2 * n1 + c % kStep;
    Across(n1, height, shift, result, rows + c, [&](int64_t k, Row& row) {
      Row turn;
      __builtin_memcpy(&turn.re, step + 2 * kStep * k, sizeof turn.re);
      __builtin_memcpy(&turn.im, step + 2 * kStep * k + kStep, sizeof turn.im);
      Turn(row, turn);
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
  Across(n1, height, shift, result, rows + c, [&](int64_t k, Row& row) {
    if (ask != nullptr) {
      __builtin_prefetch(ask + k * apart);
      __builtin_prefetch(ask + k * apart + 64);
    }
    Row turn = few[k % kTurns];
    Turn(turn, many[k / kTurns]);
    Turn(row, turn);
  });
}

// Groups of columns [begin, end): transformed, turned, and transposed into rows.
void First(const Line& line, const Source& source, Row* rows, int64_t begin, int64_t end, Row* buffers,
           int64_t shift = 0) {
  const int64_t spare = RoundUp(line.n1);
  // Most lines lie in memory as Run would find out for every group.
  const bool plain = source.plain() && source.chirp == nullptr && source.avail >= 2 * line.n && TakesPairs(line.n1);
  double* x = static_cast<double*>(const_cast<void*>(source.x));
  for (int64_t group = begin; group < end; ++group) {
    const int64_t c = group * kLanes;
    const Row* result;
    if (plain && c + kLanes <= line.n2) {
      const Pairs from = {x + 2 * c, 2 * line.n2, source.swap, 1};
      result = Columns(line.n1, buffers, buffers + spare, line.roots1, &from, nullptr);
    } else {
      const Lots lots = Neighbours(c, line.n2, line.n2);
      result = Run(line.n1, line.roots1, buffers, buffers + spare, &source, &lots, nullptr, nullptr);
    }
    const bool asks = group + 1 < end && line.n2 >= 64 && line.n2 <= 512;
    TurnAcross(line, result, c, rows, buffers + 2 * spare, shift, asks ? source.Address(c + kLanes) : nullptr,
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
    Row* result = Columns(line.n2, here, there, line.roots2, nullptr, nullptr);
    if (result != here) there = here, here = result;
    for (int64_t k = 0; k < line.n2; ++k) {
      const double* by = Abreast(spectrum, line.n2, group, k);
      Row turn;
      __builtin_memcpy(&turn.re, by, sizeof turn.re);
      __builtin_memcpy(&turn.im, by + kStep, sizeof turn.im);
      Turn(here[k], turn);
      Swap(here[k]);
    }
    result = Columns(line.n2, here, there, back.roots1, nullptr, nullptr);
    TurnAcross(back, result, group * kLanes, to, buffers + 2 * RoundUp(line.n2), 0, nullptr, 0);
  }
}

// Rows of the first group's own that are left to the last one, so that what the other groups write are whole lines of
// memory: arrays of JavaScript begin anywhere in one, and a store across two of them costs as much as two. Only where
// the last group, whose places are then apart, is one of many.
int64_t ShiftOf(const Line& line, const Target& target) {
  const auto at = reinterpret_cast<uintptr_t>(target.x);
  if (line.n1 < 16 * kLanes || line.n1 % kLanes != 0 || !target.plain() || target.chirp != nullptr || at % 16 != 0)
    return 0;
  return static_cast<int64_t>(-(at / 16) & 3);
}

// Groups of what were rows [begin, end): transformed, and written to where they belong.
void Second(const Line& line, const Target& target, Row* rows, int64_t begin, int64_t end, Row* buffers,
            int64_t shift = 0) {
  const int64_t height = RoundUp(line.n2);
  const bool plain = target.plain() && target.chirp == nullptr && target.only >= line.n && GivesPairs(line.n2);
  double* x = static_cast<double*>(target.x);
  for (int64_t group = begin; group < end; ++group) {
    const int64_t c = group * kLanes + shift;
    if (plain && c + kLanes <= line.n1) {
      const Pairs to = {x + 2 * c, 2 * line.n1, target.swap, target.scale};
      Columns(line.n2, rows + group * height, buffers, line.roots2, nullptr, &to);
    } else {
      Lots lots = Neighbours(c, line.n1 + shift, line.n1);
      for (int64_t l = line.n1 - c; shift != 0 && l < kLanes; ++l) lots.first[l] -= line.n1;
      Run(line.n2, line.roots2, rows + group * height, buffers, nullptr, nullptr, &target, &lots);
    }
  }
}

bool Smooth(Job* job, const Line& line, const Source& source, const Target& target, const Work& work) {
  if (line.n2 == 1) {
    return Each(job, 1, 1, [&](int64_t, int64_t) { Direct(line, source, target, 1, BuffersFor(job, work)); });
  }
  const int64_t shift = ShiftOf(line, target);
  return Each(job, (line.n2 + kLanes - 1) / kLanes, GrainOf(line.n) / (line.n1 * kLanes),
              [&](int64_t b, int64_t e) { First(line, source, work.rows, b, e, BuffersFor(job, work), shift); }) &&
         Each(job, (line.n1 + kLanes - 1) / kLanes, GrainOf(line.n) / (line.n2 * kLanes),
              [&](int64_t b, int64_t e) { Second(line, target, work.rows, b, e, BuffersFor(job, work), shift); });
}

int64_t Groups(int64_t rows) { return (rows + kLanes - 1) / kLanes; }

Source WideIn(const double* x, int64_t n, bool swap) { return {x, false, swap, 2, 1, 2 * n, 0}; }
Target WideOut(double* x, int64_t n, bool swap) { return {x, false, swap, 2, 1, n, 0, 1}; }

// Items of For for a line whose steps are spread over threads.
int64_t ItemsOf(const Line& line) {
  if (line.m != 0) return ItemsOf(*line.inner) + Groups(line.inner->n2);
  return line.n2 == 1 ? 1 : Groups(line.n1) + Groups(line.n2);
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

}  // namespace fft
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
