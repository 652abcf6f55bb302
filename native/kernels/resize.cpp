// resize: an image with another height and width.
//
// Every row of the result is a weighted sum of rows of the source, and every pixel of it of such sums; the weights
// of an axis are the same for all its rows, and made first. Eight rows are summed at a time: down the columns in
// vectors of neighbours, then, turned by 90 degrees, along the rows in vectors of those eight.
//
// Weights are multiples of 2^-23, below 2, and floats are summed as doubles: products are exact, so that instruction
// sets agree, whether they have multiply-add or not, and JavaScript. Down the columns of bytes they are multiples of
// 2^-15: whatever the order, floats then hold the sums exactly.

#include "kernels/image-inl.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace resize_kernel {

namespace hn = hwy::HWY_NAMESPACE;
using namespace image;

enum class Method : uint8_t { kNearest, kBilinear, kArea, kLanczos3, kCount };

constexpr int64_t kGroup = 8;  // rows of the result
constexpr int64_t kSpan = 2048;
constexpr double kTileNs = 200e3;
constexpr int64_t kLook = int64_t{1} << 19;  // products between two looks at the stop flag

// ---- Weights ----

// sin(pi t), t >= 0: as far as it matters, and the same in JavaScript.
double SinPi(double t) {
  const double k = __builtin_floor(t + 0.5), r = t - k, s = r * r;
  constexpr double kTerms[] = {3.141592653589793,       -5.16771278004997,       2.5501640398773455,
                               -0.5992645293207921,     0.08214588661112823,     -0.0073704309457143504,
                               0.00046630280576761255,  -2.1915353447830217e-05, 7.952054001475513e-07,
                               -2.2948428997269873e-08, 5.392664662608129e-10};
  double sum = kTerms[10];
  for (int i = 9; i >= 0; --i) sum = sum * s + kTerms[i];
  return static_cast<int64_t>(k) % 2 == 0 ? r * sum : -(r * sum);
}
double Lanczos3(double x) {
  const double t = x < 0 ? -x : x;
  if (t >= 3) return 0;
  return t == 0 ? 1 : 3 * SinPi(t) * SinPi(t / 3) / (9.869604401089358 * (t * t));
}

struct Axis {
  Method method;
  int64_t from, to;  // pixels of the source and of the result
  double scale, grid;
  int64_t taps;
  int64_t* starts;  // of each pixel of the result: the first that it is made of
  double* weights;  // taps of each
};

double Clamp(double value, double low, double high) { return value < low ? low : value > high ? high : value; }

void WeightsOf(const Axis& axis, int64_t i) {
  const int64_t taps = axis.taps, from = axis.from, to = axis.to;
  double* weights = axis.weights + i * taps;
  int64_t start = 0;
  if (axis.method == Method::kBilinear) {
    const double centre = Clamp((static_cast<double>(i) + 0.5) * axis.scale - 0.5, 0, static_cast<double>(from - 1));
    start = Least(static_cast<int64_t>(centre), from - taps);
    const double part = centre - static_cast<double>(start);
    weights[0] = taps == 1 ? 1 : 1 - part;
    if (taps > 1) weights[1] = part;
  } else if (axis.method == Method::kArea) {
    start = Least(i * from / to, from - taps);
    for (int64_t k = 0; k < taps; ++k) {
      const int64_t low = Most(i * from, (start + k) * to), high = Least((i + 1) * from, (start + k + 1) * to);
      weights[k] = static_cast<double>(Most(high - low, 0)) / static_cast<double>(from);
    }
  } else {
    const double stretch = axis.scale > 1 ? axis.scale : 1, centre = (static_cast<double>(i) + 0.5) * axis.scale;
    const double first = __builtin_floor(centre - 3 * stretch - 0.5) + 1;
    start = static_cast<int64_t>(Clamp(first, 0, static_cast<double>(from - taps)));
    double total = 0;
    for (int64_t k = 0; k < taps; ++k) {
      weights[k] = Lanczos3((static_cast<double>(start + k) + 0.5 - centre) / stretch);
      total += weights[k];
    }
    for (int64_t k = 0; k < taps; ++k) weights[k] /= total;
  }
  axis.starts[i] = start;
  // Their partial sums are rounded, so that all of them make 1.
  double sum = 0, last = 0;
  for (int64_t k = 0; k < taps; ++k) {
    sum += weights[k];
    const double rounded = __builtin_floor(sum * axis.grid + 0.5);
    weights[k] = (rounded - last) / axis.grid;
    last = rounded;
  }
}

OFFLOOP_INLINE int64_t TapsOf(Method method, int64_t from, double scale) {
  double taps = 2;
  if (method == Method::kArea) taps = __builtin_ceil(scale) + 1;
  if (method == Method::kLanczos3) taps = __builtin_ceil(6 * (scale > 1 ? scale : 1)) + 1;
  return taps < static_cast<double>(from) ? static_cast<int64_t>(taps) : from;
}

// Pixels whose weights are one item of work.
OFFLOOP_INLINE int64_t WeightsItem(const Axis& axis) { return 4096 / axis.taps + 1; }
OFFLOOP_INLINE int64_t WeightsItems(const Axis& axis) { return (axis.to + WeightsItem(axis) - 1) / WeightsItem(axis); }

bool Prepare(Job& job, const Axis& axis) {
  const int64_t item = WeightsItem(axis);
  return job.For(WeightsItems(axis), 1, [&](int64_t begin, int64_t end) {
    const int64_t last = Least(end * item, axis.to);
    for (int64_t i = begin * item; i < last; ++i) WeightsOf(axis, i);
  });
}

// ---- Down the columns ----

// out[0 .. count): the sum of `taps` rows. False if the job stopped.
HWY_NOINLINE bool SumDown(Job& job, const float* in, int64_t stride, const double* weights, int64_t taps, int64_t count,
                          float* out) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> df;
  constexpr int64_t kLanes = HWY_LANES(double), kVectors = 4, kWide = kLanes * kVectors;
  int64_t x = 0, done = 0;
  for (; x + kWide <= count; x += kWide) {
    auto a = hn::Zero(d), b = a, c = a, e = a;
    const float* from = in + x;
    for (int64_t k = 0; k < taps; ++k, from += stride) {
      const auto weight = hn::Set(d, weights[k]);
      a = hn::MulAdd(hn::PromoteTo(d, hn::LoadU(df, from)), weight, a);
      b = hn::MulAdd(hn::PromoteTo(d, hn::LoadU(df, from + kLanes)), weight, b);
      c = hn::MulAdd(hn::PromoteTo(d, hn::LoadU(df, from + 2 * kLanes)), weight, c);
      e = hn::MulAdd(hn::PromoteTo(d, hn::LoadU(df, from + 3 * kLanes)), weight, e);
    }
    hn::StoreU(hn::DemoteTo(df, a), df, out + x);
    hn::StoreU(hn::DemoteTo(df, b), df, out + x + kLanes);
    hn::StoreU(hn::DemoteTo(df, c), df, out + x + 2 * kLanes);
    hn::StoreU(hn::DemoteTo(df, e), df, out + x + 3 * kLanes);
    if ((done += taps * kWide) >= kLook) {
      if (job.stopped()) return false;
      done = 0;
    }
  }
  for (; x < count; ++x) {
    double sum = 0;
    for (int64_t k = 0; k < taps; ++k) sum += weights[k] * static_cast<double>(in[x + k * stride]);
    out[x] = static_cast<float>(sum);
  }
  return true;
}
HWY_NOINLINE bool SumDown(Job& job, const uint8_t* in, int64_t stride, const double* weights, int64_t taps,
                          int64_t count, float* out) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<int32_t, decltype(d)> di;
  const hn::Rebind<uint8_t, decltype(d)> db;
  constexpr int64_t kLanes = HWY_LANES(float), kVectors = 4, kWide = kLanes * kVectors;
  const auto load = [&](const uint8_t* from) { return hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(db, from))); };
  int64_t x = 0, done = 0;
  for (; x + kWide <= count; x += kWide) {
    auto a = hn::Zero(d), b = a, c = a, e = a;
    const uint8_t* from = in + x;
    for (int64_t k = 0; k < taps; ++k, from += stride) {
      const auto weight = hn::Set(d, static_cast<float>(weights[k]));
      a = hn::MulAdd(load(from), weight, a);
      b = hn::MulAdd(load(from + kLanes), weight, b);
      c = hn::MulAdd(load(from + 2 * kLanes), weight, c);
      e = hn::MulAdd(load(from + 3 * kLanes), weight, e);
    }
    hn::StoreU(a, d, out + x);
    hn::StoreU(b, d, out + x + kLanes);
    hn::StoreU(c, d, out + x + 2 * kLanes);
    hn::StoreU(e, d, out + x + 3 * kLanes);
    if ((done += taps * kWide) >= kLook) {
      if (job.stopped()) return false;
      done = 0;
    }
  }
  for (; x < count; ++x) {
    float sum = 0;
    for (int64_t k = 0; k < taps; ++k) sum += static_cast<float>(weights[k]) * static_cast<float>(in[x + k * stride]);
    out[x] = sum;
  }
  return true;
}

// ---- Along the rows ----

using D = hn::CappedTag<double, kGroup>;
constexpr int64_t kLanes = HWY_LANES(double) < kGroup ? HWY_LANES(double) : kGroup;
constexpr int64_t kParts = kGroup / kLanes;

// Eight sums, rounded to the element type.
HWY_INLINE void PutEight(const hn::Vec<D> (&sums)[kParts], float* out) {
  const hn::Rebind<float, D> df;
  for (int64_t p = 0; p < kParts; ++p) hn::StoreU(hn::DemoteTo(df, sums[p]), df, out + p * kLanes);
}
HWY_INLINE void PutEight(const hn::Vec<D> (&sums)[kParts], uint8_t* out) {
  const D d;
  const hn::Rebind<int32_t, D> di;
  int32_t whole[kGroup];
  for (int64_t p = 0; p < kParts; ++p) {
    const auto inside = hn::Min(hn::Max(hn::Round(sums[p]), hn::Zero(d)), hn::Set(d, 255.0));
    hn::StoreU(hn::DemoteTo(di, inside), di, whole + p * kLanes);
  }
  for (int64_t r = 0; r < kGroup; ++r) out[r] = static_cast<uint8_t>(whole[r]);
}

// Elements [from, to) of eight rows of the result; `in` holds eight rows from pixel `first` on, turned.
template <class T>
HWY_NOINLINE void SumAcross(const double* in, int64_t first, int64_t channels, const Axis& axis, int64_t from,
                            int64_t to, T* out) {
  const D d;
  const int64_t taps = axis.taps, step = channels * kGroup;
  for (int64_t x = from; x < to; ++x) {
    const double* weights = axis.weights + x * taps;
    const double* pixel = in + (axis.starts[x] - first) * step;
    for (int64_t c = 0; c < channels; ++c, pixel += kGroup, out += kGroup) {
      hn::Vec<D> sums[kParts];
      for (int64_t p = 0; p < kParts; ++p) sums[p] = hn::Zero(d);
      for (int64_t k = 0; k < taps; ++k) {
        const auto weight = hn::Set(d, weights[k]);
        for (int64_t p = 0; p < kParts; ++p)
          sums[p] = hn::MulAdd(hn::LoadU(d, pixel + k * step + p * kLanes), weight, sums[p]);
      }
      PutEight(sums, out);
    }
  }
}

template <class T>
Status Weighted(Job& job, const T* in, const Shape& s, Axis& down, Axis& across, T* out) {
  Axis* axes[] = {&down, &across};
  for (Axis* axis : axes) {
    axis->scale = static_cast<double>(axis->from) / static_cast<double>(axis->to);
    axis->taps = TapsOf(axis->method, axis->from, axis->scale);
    axis->grid = axis == &down && sizeof(T) == 1 ? 0x1p15 : 0x1p23;
    axis->starts = job.Scratch<int64_t>(axis->to);
    axis->weights = job.Scratch<double>(axis->to * axis->taps);
    if (axis->starts == nullptr || axis->weights == nullptr) return Status::kNoMemory;
  }
  // Columns of the source that a tile reads, at most: what takes some time, and more than twice what tiles share.
  const int64_t c = s.channels;
  const double each = kGroup * (1 + 2.0 / HWY_LANES(float) * static_cast<double>(down.taps)) * static_cast<double>(c);
  const int64_t wanted = Most(Least(kSpan / c, static_cast<int64_t>(kTileNs / each)), 3 * across.taps);
  const int64_t cols = Least(across.to, static_cast<int64_t>(static_cast<double>(wanted) / across.scale) + 1);
  const int64_t span =
      Least(across.from, static_cast<int64_t>(static_cast<double>(cols) * across.scale) + across.taps + 3);
  const int64_t pitch = RoundUp(span * c, 16), turned = span * c * kGroup, made = cols * c * kGroup;
  const int64_t bytes = kGroup * pitch * 4 + turned * 8 + RoundUp(made * static_cast<int64_t>(sizeof(T)), 64) +
                        RoundUp(cols * c * static_cast<int64_t>(sizeof(T)), 64);
  char* buffers = job.Scratch<char>(RoundUp(bytes, 64) * job.threads());
  if (buffers == nullptr) return Status::kNoMemory;
  const int64_t columns = (across.to + cols - 1) / cols, tiles = columns * ((down.to + kGroup - 1) / kGroup);
  job.Total(WeightsItems(down) + WeightsItems(across) + tiles);
  if (!Prepare(job, down) || !Prepare(job, across)) return job.status();
  const int64_t stride = s.width * c;
  const bool past = down.to * across.to * c * static_cast<int64_t>(sizeof(T)) >= kStreamBytes;
  job.For(tiles, job.GrainBlocks(tiles), [&](int64_t begin, int64_t end) {
    float* rows = reinterpret_cast<float*>(buffers + RoundUp(bytes, 64) * job.lane());
    double* turn = reinterpret_cast<double*>(rows + kGroup * pitch);
    T* sums = reinterpret_cast<T*>(turn + turned);
    T* line = reinterpret_cast<T*>(reinterpret_cast<char*>(sums) + RoundUp(made * static_cast<int64_t>(sizeof(T)), 64));
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t top = tile / columns * kGroup, bottom = Least(top + kGroup, down.to);
      const int64_t left = tile % columns * cols, right = Least(left + cols, across.to);
      const int64_t first = across.starts[left], count = (across.starts[right - 1] + across.taps - first) * c;
      for (int64_t r = 0; r < kGroup; ++r) {
        const int64_t y = Least(top + r, bottom - 1);
        const T* from = in + down.starts[y] * stride + first * c;
        if (!SumDown(job, from, stride, down.weights + y * down.taps, down.taps, count, rows + r * pitch)) return;
      }
      for (int64_t i = 0; i < count; ++i)
        for (int64_t r = 0; r < kGroup; ++r) turn[i * kGroup + r] = static_cast<double>(rows[r * pitch + i]);
      SumAcross(turn, first, c, across, left, right, sums);
      const int64_t elements = (right - left) * c;
      for (int64_t y = top; y < bottom; ++y) {
        for (int64_t i = 0; i < elements; ++i) line[i] = sums[i * kGroup + y - top];
        StreamPut(out + (y * across.to + left) * c, line, elements * static_cast<int64_t>(sizeof(T)), past);
      }
    }
    if (past) StreamFence();
  });
  return job.status();
}

// ---- Nearest ----

template <class T>
void Pick(const T* in, const int64_t* columns, int64_t from, int64_t to, int64_t channels, T* out) {
  if (channels == 1) {
    for (int64_t x = from; x < to; ++x) *out++ = in[columns[x]];
    return;
  }
  for (int64_t x = from; x < to; ++x)
    for (int64_t c = 0; c < channels; ++c) *out++ = in[columns[x] + c];
}

// The pixel that holds the centre of pixel i of the result.
OFFLOOP_INLINE int64_t Nearest(int64_t i, int64_t from, int64_t to) { return (2 * i + 1) * from / (2 * to); }

template <class T>
Status Pixels(Job& job, const T* in, const Shape& s, const Axis& down, const Axis& across, T* out) {
  constexpr int64_t kItem = 4096;
  const int64_t c = s.channels, cols = Least(across.to, 2048), items = (across.to + kItem - 1) / kItem;
  const int64_t tile_columns = (across.to + cols - 1) / cols, rows = Most(1, 16384 / cols);
  const int64_t tiles = tile_columns * ((down.to + rows - 1) / rows);
  int64_t* columns = job.Scratch<int64_t>(across.to);
  if (columns == nullptr) return Status::kNoMemory;
  job.Total(items + tiles);
  job.For(items, 4, [&](int64_t begin, int64_t end) {
    const int64_t last = Least(end * kItem, across.to);
    for (int64_t x = begin * kItem; x < last; ++x) columns[x] = Nearest(x, across.from, across.to) * c;
  });
  const bool past = down.to * across.to * c * static_cast<int64_t>(sizeof(T)) >= kStreamBytes;
  job.For(tiles, job.GrainBlocks(tiles), [&](int64_t begin, int64_t end) {
    alignas(64) T line[2048 * 4];
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t top = tile / tile_columns * rows, bottom = Least(top + rows, down.to);
      const int64_t left = tile % tile_columns * cols, right = Least(left + cols, across.to);
      int64_t held = -1;
      for (int64_t y = top; y < bottom; ++y) {
        const int64_t row = Nearest(y, down.from, down.to);
        if (row != held) Pick(in + row * s.width * c, columns, left, right, c, line);
        held = row;
        StreamPut(out + (y * across.to + left) * c, line, (right - left) * c * static_cast<int64_t>(sizeof(T)), past);
      }
    }
    if (past) StreamFence();
  });
  return job.status();
}

template <class T>
Status Run(Job& job, In<T> x, int64_t height, int64_t width, int64_t channels, int64_t rows, int64_t cols,
           Enum<Method> method, Out<T> out) {
  if (out.size <= 0) return job.status();
  const Shape s{height, width, channels, Border::kReplicate, 0};
  Axis down{method.value, height, rows, 1, 1, 0, nullptr, nullptr};
  Axis across{method.value, width, cols, 1, 1, 0, nullptr, nullptr};
  if (method.value == Method::kNearest) return Pixels<T>(job, x.data, s, down, across, out.data);
  return Weighted<T>(job, x.data, s, down, across, out.data);
}

}  // namespace resize_kernel
}  // namespace

OFFLOOP_KERNEL(resize, OFFLOOP_INSTANCE("f32", resize_kernel::Run<float>),
               OFFLOOP_INSTANCE("u8", resize_kernel::Run<uint8_t>))

}  // namespace offloop::OFFLOOP_ISA
