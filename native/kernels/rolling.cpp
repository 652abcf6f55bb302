// rolling.sum, mean, min, max and std: one result for each window of `window` neighbours, in a time that does not
// depend on the window. Nothing is ever subtracted from a running value, so that errors do not pile up along the array,
// and NaN or infinity reaches only the windows that hold it.
//
// Windows of at most 16: joined one element after the other (std: about their mean), four windows to a vector.
// Longer ones: the array is cut into chunks of c = min(window, 64) elements, and a window that starts in chunk a is
//   (the rest of chunk a from its start on  +  the whole chunks between)  +  the front of the last chunk up to its end.
// Rests and fronts are running values within a chunk (runs-inl.h). The chunks between, m or m + 1 of them, where
// m = floor(window / c) - 1, are joined in order from their totals; beyond 127 the totals of all chunks are cut into
// spans of m in turn (after van Herk 1992 and Gil & Werman 1993), so that two running values are enough again.
// All of it depends on the index of an element alone. A sum's error is at most (128 + window/32) u sum|x| of its
// window.
//
// std carries (mean, sum of squared deviations), joined by the formula of Chan, Golub and LeVeque (1979), of x - x[0]:
// a large offset common to all is gone before anything is rounded.
//
// The elements are read twice, a window apart: as rests, and as fronts.
// Levels: avx2 sse4

#include "core/stream.h"
#include "kernels/runs-inl.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace rolling_kernel {

namespace hn = hwy::HWY_NAMESPACE;
using runs::Fill;
using runs::kAbreast;
using runs::kRun;
using runs::kTile;
using Quad = runs::Quad<double>;

constexpr int64_t kDirect = 16;  // up to here a window is joined element by element
constexpr int64_t kFold = 127;   // and up to here the chunks within it, one by one
constexpr int64_t kSpan = 8192;  // chunk totals in one serial stretch of the body
constexpr int kParts = 2;
// Rows of two-part values lie this far apart.
constexpr int64_t kRests = kTile + 8, kFronts = (kAbreast + 1) * kRun + 8, kTotals = kFold + 1 + 2 * kAbreast;

struct Window {
  const void* x;
  void* out;
  int64_t size, outputs;
  Dtype in_type, out_type;
  bool past;
  int64_t window, chunk, whole, rest;  // window = whole * chunk + rest
  double divisor;                      // mean and std
  double shift;                        // taken off every element
  // std: by offset within a chunk, what joining the middle and then the front takes.
  double share[kRun + 4], weight[2][kRun + 4];
  double step_share[kRun], step_weight[kRun];  // and what adding one element to k takes
  // Beyond kFold chunks: every chunk's total, and the join of the m that follow it; rows `chunks` apart.
  double *totals, *middle;
  int64_t chunks;

  // Elements [at, at + count) as doubles, the shift taken off; beyond the end anything.
  __attribute__((noinline)) const double* Load(int64_t at, int64_t count, double* buffer) const {
    const double* from = StreamLoad(x, in_type, at < size ? at : size, size, count, buffer);
    if (shift == 0) return from;
    for (int64_t i = 0; i < count; ++i) buffer[i] = from[i] - shift;
    return buffer;
  }
  OFFLOOP_INLINE const char* Later(int64_t at) const { return runs::Later(x, in_type, at, kAbreast * chunk); }
};

// A value's parts lie a row apart.
OFFLOOP_INLINE void Take(int parts, const double* from, int64_t row, double* value) {
  value[0] = from[0];
  if (parts > 1) value[1] = from[row];
}
OFFLOOP_INLINE void Give(int parts, const double* value, double* to, int64_t row) {
  to[0] = value[0];
  if (parts > 1) to[row] = value[1];
}
OFFLOOP_INLINE void Get(const double* from, Quad& to) { __builtin_memcpy(&to, from, sizeof to); }
OFFLOOP_INLINE void Put(const Quad& from, double* to) { __builtin_memcpy(to, &from, sizeof from); }

// What a kind of result brings. Values have one or two parts; rows of parts are as far apart as said.
struct Kind {
  int parts;
  double none;
  // Fronts (kFronts) and totals (total_row) of eight chunks; rests (kRests).
  void (*fronts)(const Window& w, const double* x, const char* ahead, double* to, double* total, int64_t total_row);
  void (*rests)(const Window& w, const double* x, const char* ahead, double* to);
  // Joins count >= 1 totals (kTotals), for eight chunks side by side; rows of eight.
  void (*fold)(const Window& w, const double* totals, int64_t count, double* to);
  // Results at [begin, end) of a chunk, and up to three more.
  void (*join)(const Window& w, const double* rests, const double* middle, const double* fronts, int64_t begin,
               int64_t end, double* to);
  // a = a (of na elements) joined with b (of nb).
  void (*merge)(double* a, double na, const double* b, double nb);
  // n windows of at most kDirect elements, and up to seven more.
  void (*direct)(const Window& w, const double* x, int64_t n, double* to);
};

// ---- One part: sums, minima, maxima ----

template <class Op, bool kMean = false>
struct Plain {
  static void Fronts(const Window& w, const double* x, const char* ahead, double* to, double* total, int64_t) {
    runs::Prefix<Op, double>(x, w.chunk, to, total, ahead);
  }
  static void Rests(const Window& w, const double* x, const char* ahead, double* to) {
    runs::Suffix<Op>(x, w.chunk, to, ahead);
  }

  static void Fold(const Window&, const double* totals, int64_t count, double* to) {
    Quad low, high, next;
    Get(totals, low);
    Get(totals + 4, high);
    for (int64_t k = 1; k < count; ++k) {
      Get(totals + k, next);
      Op::Join(low, next, low);
      Get(totals + k + 4, next);
      Op::Join(high, next, high);
    }
    Put(low, to);
    Put(high, to + 4);
  }

  static void Join(const Window& w, const double* rests, const double* middle, const double* fronts, int64_t begin,
                   int64_t end, double* to) {
    Quad between, a, b;
    Fill(*middle, between);
    for (int64_t j = begin; j < end; j += 4) {
      Get(rests + j, a);
      Get(fronts + j, b);
      Op::Join(a, between, a);
      Op::Join(a, b, a);
      if constexpr (kMean) a /= w.divisor;
      Put(a, to + j);
    }
  }

  static void Merge(double* a, double, const double* b, double) { *a = Op::Join1(*a, *b); }

  static void Direct(const Window& w, const double* x, int64_t n, double* to) {
    for (int64_t i = 0; i < n; i += 8) {
      Quad low, high, next;
      Get(x + i, low);
      Get(x + i + 4, high);
      for (int64_t k = 1; k < w.window; ++k) {
        Get(x + i + k, next);
        Op::Join(low, next, low);
        Get(x + i + k + 4, next);
        Op::Join(high, next, high);
      }
      if constexpr (kMean) {
        low /= w.divisor;
        high /= w.divisor;
      }
      Put(low, to + i);
      Put(high, to + i + 4);
    }
  }

  static constexpr Kind kKind{1, Op::template kNone<double>, &Fronts, &Rests, &Fold, &Join, &Merge, &Direct};
};

// ---- Two parts: mean, and sum of squared deviations from it ----

struct Spread {
  // One element more.
  static OFFLOOP_INLINE void Step(Quad& mean, Quad& squares, const Quad& x, double share, double weight) {
    const Quad delta = x - mean;
    mean = mean + delta * share;
    squares = squares + delta * weight * delta;
  }

  // Running values of eight chunks, from the front, or from the end.
  static __attribute__((noinline)) void Run(const Window& w, const double* x, const char* ahead, bool forward,
                                            double* to, int64_t row, double* total, int64_t total_row) {
    const int64_t c = w.chunk;
    for (int64_t group = 0; group < kAbreast; group += 4) {
      const double* from = x + group * c;
      double* means = to + group * c;
      Quad mean{}, squares{}, first, second, mean1, squares1;
      // The odd one is at the end of the chunk.
      for (int64_t k = 0; k < c;) {
        if (c % 2 != 0 && k == (forward ? c - 1 : 0)) {
          runs::LoadColumn(from + c - 1, c, first);
          Step(mean, squares, first, w.step_share[k], w.step_weight[k]);
          runs::StoreColumn(mean, means + c - 1, c);
          runs::StoreColumn(squares, means + row + c - 1, c);
          ++k;
          continue;
        }
        if (group == 0) runs::Ask(ahead, k);
        const int64_t i = forward ? k : c - 2 - k;
        runs::LoadColumns(from + i, c, first, second);
        if (!forward) Swap(first, second);
        Step(mean, squares, first, w.step_share[k], w.step_weight[k]);
        mean1 = mean;
        squares1 = squares;
        Step(mean, squares, second, w.step_share[k + 1], w.step_weight[k + 1]);
        Quad mean2 = mean, squares2 = squares;
        if (!forward) Swap(mean1, mean2);
        if (!forward) Swap(squares1, squares2);
        runs::StoreColumns(mean1, mean2, means + i, c);
        runs::StoreColumns(squares1, squares2, means + row + i, c);
        k += 2;
      }
      if (total == nullptr) continue;
      Put(mean, total + group);
      Put(squares, total + total_row + group);
    }
  }
  static OFFLOOP_INLINE void Swap(Quad& a, Quad& b) {
    const Quad c = a;
    a = b;
    b = c;
  }

  static void Fronts(const Window& w, const double* x, const char* ahead, double* to, double* total,
                     int64_t total_row) {
    Run(w, x, ahead, true, to, kFronts, total, total_row);
  }
  static void Rests(const Window& w, const double* x, const char* ahead, double* to) {
    Run(w, x, ahead, false, to, kRests, nullptr, 0);
  }

  static OFFLOOP_INLINE void Both(Quad& mean, Quad& squares, const Quad& mean1, const Quad& squares1, const Quad& share,
                                  const Quad& weight) {
    const Quad delta = mean1 - mean;
    mean = mean + delta * share;
    squares = squares + squares1 + delta * weight * delta;
  }

  static void Fold(const Window& w, const double* totals, int64_t count, double* to) {
    for (int64_t group = 0; group < kAbreast; group += 4) {
      Quad mean, squares, mean1, squares1, share, weight;
      Get(totals + group, mean);
      Get(totals + kTotals + group, squares);
      for (int64_t k = 1; k < count; ++k) {
        const double part = 1 / static_cast<double>(k + 1);
        Fill(part, share);
        Fill(static_cast<double>(k * w.chunk) * part, weight);
        Get(totals + k + group, mean1);
        Get(totals + kTotals + k + group, squares1);
        Both(mean, squares, mean1, squares1, share, weight);
      }
      Put(mean, to + group);
      Put(squares, to + kAbreast + group);
    }
  }

  static void Join(const Window& w, const double* rests, const double* middle, const double* fronts, int64_t begin,
                   int64_t end, double* to) {
    Quad mean1, squares1;
    Fill(middle[0], mean1);
    Fill(middle[kAbreast], squares1);
    for (int64_t j = begin; j < end; j += 4) {
      Quad mean, squares, mean2, squares2, share, weight;
      Get(rests + j, mean);
      Get(rests + kRests + j, squares);
      Get(w.share + j, share);
      Get(w.weight[0] + j, weight);
      Both(mean, squares, mean1, squares1, share, weight);
      Get(fronts + j, mean2);
      Get(fronts + kFronts + j, squares2);
      Get(w.weight[1] + j, weight);
      const Quad delta = mean2 - mean;
      // An infinity in the front alone would leave infinite squares: its deviation from the mean is NaN.
      squares = squares + squares2 + delta * weight * delta + delta * 0;
      Root(w, squares, to + j);
    }
  }

  static OFFLOOP_INLINE void Root(const Window& w, const Quad& squares, double* to) {
    Put(squares / w.divisor, to);
    const hn::CappedTag<double, 4> d;
    for (size_t k = 0; k < 4; k += hn::Lanes(d)) hn::StoreU(hn::Sqrt(hn::LoadU(d, to + k)), d, to + k);
  }

  static void Merge(double* a, double na, const double* b, double nb) {
    const double share = nb / (na + nb), delta = b[0] - a[0];
    a[0] = a[0] + delta * share;
    a[1] = a[1] + b[1] + delta * (na * share) * delta;
  }

  static void Direct(const Window& w, const double* x, int64_t n, double* to) {
    const double count = static_cast<double>(w.window);
    for (int64_t i = 0; i < n; i += 4) {
      Quad mean, squares{}, next;
      Get(x + i, mean);
      for (int64_t k = 1; k < w.window; ++k) {
        Get(x + i + k, next);
        mean += next;
      }
      mean /= count;
      for (int64_t k = 0; k < w.window; ++k) {
        Get(x + i + k, next);
        next -= mean;
        squares += next * next;
      }
      Root(w, squares, to + i);
    }
  }

  static constexpr Kind kKind{2, 0, &Fronts, &Rests, &Fold, &Join, &Merge, &Direct};
};

// ---- The array ----

enum class Of { kSum, kMean, kMin, kMax, kStd, kCount };

__attribute__((noinline)) void RunDirect(const Window& w, const Kind& kind, int64_t begin, int64_t end) {
  double buffer[kTile + kDirect], tile[kTile];
  for (int64_t at = begin; at < end; at += kTile) {
    const int64_t n = end - at < kTile ? end - at : kTile;
    kind.direct(w, w.Load(at, kTile + kDirect, buffer), n, tile);
    StreamStore(w.out, w.out_type, at, n, tile, w.past);
  }
  if (w.past) StreamFence();
}

// Results [begin, end), whole chunks.
__attribute__((noinline)) void RunChunks(const Window& w, const Kind& kind, int64_t begin, int64_t end) {
  alignas(64) double buffer[kTile], rests[kParts * kRests], fronts[kParts * kFronts], tile[kTile + 8];
  double totals[kParts * kTotals], middle[2][kParts * kAbreast];
  const int64_t c = w.chunk, q = w.whole;
  const bool far = w.middle != nullptr;
  const double none[kParts] = {kind.none, kind.none};
  // Slot s of `fronts` begins at s * c; what stands at j there is the front of j elements.
  const auto fill = [&](int64_t chunk, double* total) {
    const int64_t at = chunk * c;
    kind.fronts(w, w.Load(at, kAbreast * c, buffer), w.Later(at), fronts + c + 1, total, kTotals);
    for (int64_t s = 1; s <= kAbreast; ++s) Give(kind.parts, none, fronts + s * c, kFronts);
  };
  const auto keep = [&](int64_t slot) {
    for (int part = 0; part < kind.parts; ++part)
      __builtin_memcpy(fronts + part * kFronts, fronts + part * kFronts + slot * c, static_cast<size_t>(c) * 8);
  };
  int64_t first = begin / c;
  // The fronts of chunk first + q, and the totals from first + 1 up to there, unless they are all known.
  for (int64_t k = far ? q - 1 : 0; k < q; k += kAbreast) {
    fill(first + 1 + k, totals + (far ? 0 : k));
    if (k + kAbreast >= q) keep(q - k);
  }
  for (; first * c < end; first += kAbreast) {
    fill(first + q + 1, totals + (far ? 0 : q));
    const int64_t at = first * c;
    kind.rests(w, w.Load(at, kAbreast * c, buffer), w.Later(at), rests);
    if (far) {
      for (int part = 0; part < kind.parts; ++part)
        __builtin_memcpy(middle[0] + part * kAbreast, w.middle + part * w.chunks + first, kAbreast * 8);
    } else if (q > 1) {
      kind.fold(w, totals, q - 1, middle[0]);
    } else {
      for (double& value : middle[0]) value = kind.none;
    }
    for (int64_t l = 0; l < kAbreast; ++l) {
      double a[kParts], b[kParts];
      Take(kind.parts, middle[0] + l, kAbreast, a);
      if (far)
        Take(kind.parts, w.totals + first + l + q, w.chunks, b);
      else
        Take(kind.parts, totals + l + q - 1, kTotals, b);
      kind.merge(a, static_cast<double>((q - 1) * c), b, static_cast<double>(c));
      Give(kind.parts, a, middle[1] + l, kAbreast);
      // In fours: what is written too far is written again.
      const double* last = fronts + l * c + w.rest;
      kind.join(w, rests + l * c, middle[0] + l, last, 0, c - w.rest, tile + l * c);
      if (w.rest > 0) kind.join(w, rests + l * c, middle[1] + l, last, c - w.rest, c, tile + l * c);
    }
    StreamStore(w.out, w.out_type, at, end - at < kAbreast * c ? end - at : kAbreast * c, tile, w.past);
    keep(kAbreast);
    if (far) continue;
    for (int part = 0; part < kind.parts; ++part)
      __builtin_memmove(totals + part * kTotals, totals + part * kTotals + kAbreast, static_cast<size_t>(q) * 8);
  }
  if (w.past) StreamFence();
}

// Very long windows: the totals of all chunks, and for each chunk the join of the m totals after it.
bool Prepare(Job& job, Window& w, const Kind& kind, int64_t block) {
  const int64_t m = w.whole - 1, starts = (w.outputs + w.chunk - 1) / w.chunk + kAbreast;
  w.chunks = starts + m + 2 * kAbreast;
  w.totals = job.Scratch<double>(kParts * w.chunks);
  w.middle = job.Scratch<double>(kParts * w.chunks);
  double* fronts = job.Scratch<double>(kParts * w.chunks);
  if (w.totals == nullptr || w.middle == nullptr || fronts == nullptr) return false;
  const int64_t whole = w.chunks - w.chunks % kAbreast;
  const bool totalled = job.Blocks(whole * w.chunk, block, [&](int64_t begin, int64_t end) {
    alignas(64) double buffer[kTile], unused[kParts * kFronts];
    for (int64_t at = begin; at < end; at += kAbreast * w.chunk)
      kind.fronts(w, w.Load(at, kAbreast * w.chunk, buffer), w.Later(at), unused, w.totals + at / w.chunk, w.chunks);
  });
  if (!totalled) return true;
  // Span by span of the totals from 1 on: fronts[k] joins those before k in its span. Then rests, from behind.
  const double c = static_cast<double>(w.chunk);
  const int64_t row = w.chunks;
  double value[kParts], next[kParts];
  for (int64_t from = 0; from < starts + m; from += kSpan) {
    const bool ran = job.Serial([&] {
      for (int64_t k = from; k < from + kSpan && k < starts + m; ++k) {
        if (k % m == 0) value[0] = value[1] = kind.none;
        Give(kind.parts, value, fronts + k, row);
        Take(kind.parts, w.totals + k + 1, row, next);
        kind.merge(value, static_cast<double>(k % m) * c, next, c);
      }
    });
    if (!ran) return true;
  }
  const int64_t last = ((starts - 1) / m + 1) * m - 1;  // where the span of the last start ends
  for (int64_t from = last; from >= 0; from -= kSpan) {
    const bool ran = job.Serial([&] {
      for (int64_t at = from; at > from - kSpan && at >= 0; --at) {
        const int64_t held = m - 1 - at % m;  // of the rest so far
        if (held == 0) value[0] = value[1] = kind.none;
        Take(kind.parts, w.totals + at + 1, row, next);
        kind.merge(value, static_cast<double>(held) * c, next, c);
        if (at >= starts) continue;
        double joined[kParts] = {value[0], value[1]};
        if (at % m != 0) {
          Take(kind.parts, fronts + at + m, row, next);
          kind.merge(joined, static_cast<double>(held + 1) * c, next, static_cast<double>(at % m) * c);
        }
        Give(kind.parts, joined, w.middle + at, row);
      }
    });
    if (!ran) return true;
  }
  return true;
}

// How chunks are joined, by offset within the first.
void SetWeights(Window& w) {
  const double c = static_cast<double>(w.chunk), window = static_cast<double>(w.window);
  for (int64_t k = 0; k < w.chunk; ++k) {
    w.step_share[k] = 1 / static_cast<double>(k + 1);
    w.step_weight[k] = static_cast<double>(k) * w.step_share[k];
    const double rest = static_cast<double>(w.chunk - k);
    const double middle = static_cast<double>(k < w.chunk - w.rest ? w.whole - 1 : w.whole) * c;
    w.share[k] = middle / (rest + middle);
    w.weight[0][k] = rest * w.share[k];
    w.weight[1][k] = (rest + middle) * ((window - rest - middle) / window);
  }
}

Status Compute(Job& job, Window& w, Of of, int64_t ddof) {
  const Kind& kind = of == Of::kMax    ? Plain<runs::Max>::kKind
                     : of == Of::kMin  ? Plain<runs::Min>::kKind
                     : of == Of::kStd  ? Spread::kKind
                     : of == Of::kMean ? Plain<runs::Add, true>::kKind
                                       : Plain<runs::Add>::kKind;
  w.divisor = static_cast<double>(of == Of::kStd ? w.window - ddof : w.window);
  if (w.window <= kDirect) {
    constexpr int64_t kBlock = 16384;
    job.Total((w.outputs + kBlock - 1) / kBlock);
    job.Blocks(w.outputs, kBlock, [&](int64_t begin, int64_t end) { RunDirect(w, kind, begin, end); });
    return job.status();
  }
  w.chunk = w.window < kRun ? w.window : kRun;
  w.whole = w.window / w.chunk;
  w.rest = w.window % w.chunk;
  if (of == Of::kStd) {
    double buffer;
    const double first = *StreamLoad(w.x, w.in_type, 0, 1, 1, &buffer);
    SetWeights(w);
    // Far from overflow, whatever it is taken off.
    if (first > -0x1p1000 && first < 0x1p1000) w.shift = first;
  }
  const int64_t block = w.chunk * 512, blocks = (w.outputs + block - 1) / block;
  const bool far = w.whole - 1 > kFold;
  job.Total(far ? 2 * blocks + w.whole / 512 : blocks);
  if (far && !Prepare(job, w, kind, block)) return Status::kNoMemory;
  job.Blocks(w.outputs, block, [&](int64_t begin, int64_t end) { RunChunks(w, kind, begin, end); });
  return job.status();
}

template <class X, class Y>
Status Run(Job& job, In<X> x, int64_t window, Enum<Of> of, int64_t ddof, Out<Y> out) {
  if (window < 1 || out.size <= 0) return job.status();
  Window w{};
  w.x = x.data;
  w.out = out.data;
  w.size = x.size;
  w.outputs = out.size;
  w.in_type = DtypeOf<X>();
  w.out_type = DtypeOf<Y>();
  w.window = window;
  w.past = out.size * static_cast<int64_t>(sizeof(Y)) >= kStreamBytes;
  return Compute(job, w, of.value, ddof);
}

}  // namespace rolling_kernel
}  // namespace

OFFLOOP_KERNEL(rolling, OFFLOOP_INSTANCE("f64", rolling_kernel::Run<double, double>),
               OFFLOOP_INSTANCE("f32", rolling_kernel::Run<float, float>),
               OFFLOOP_INSTANCE("i32", rolling_kernel::Run<int32_t, double>),
               OFFLOOP_INSTANCE("u32", rolling_kernel::Run<uint32_t, double>))

}  // namespace offloop::OFFLOOP_ISA
