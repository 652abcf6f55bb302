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
  const int64_t pages = PagesOf(down.to * across.to * c * static_cast<int64_t>(sizeof(T)));
  job.Total(WeightsItems(down) + WeightsItems(across) + pages + tiles);
  if (!Prepare(job, down) || !Prepare(job, across) || !TouchPages(job, out, pages)) return job.status();
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

// ---- Bilinear, of bytes ----
//
// Sums down the columns have 23 bits; along the rows they are made of floats as v + (next - v) * weight, rounded twice.
// Where no pixel is skipped, the elements that a vector of the result needs lie within a vector's width: a table says
// where it begins, and its lanes are permuted.

using F = hn::ScalableTag<float>;
constexpr int64_t kFloats = HWY_LANES(float);

// For elements of a row of the result: what of the source comes first, and the weight of the next pixel's.
struct Table {
  int32_t* at;
  float* weights;
  int32_t* begins;  // of every kFloats elements: the least `at`
};

// n sums of two rows.
HWY_NOINLINE void BlendRows(const uint8_t* a, const uint8_t* b, float weight, int64_t n, float* out) {
  const F d;
  const hn::Rebind<int32_t, F> di;
  const hn::Rebind<uint8_t, F> db;
  const auto load = [&](const uint8_t* from) { return hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(db, from))); };
  if (n < kFloats) {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(a[i]) + static_cast<float>(b[i] - a[i]) * weight;
    return;
  }
  for (int64_t i = 0; i < n; i += kFloats) {
    const int64_t at = Least(i, n - kFloats);
    const auto first = load(a + at);
    const auto product = hn::Mul(hn::Sub(load(b + at), first), hn::Set(d, weight));
    hn::StoreU(hn::Add(first, product), d, out + at);
  }
}

// Elements [from, to) of a row of the result, and the rest of a vector; `in` holds a row of sums from `first` on.
HWY_NOINLINE void BlendColumns(const float* in, int64_t first, const Table& table, int64_t step, int64_t from,
                               int64_t to, uint8_t* out) {
  const F d;
  const hn::Rebind<int32_t, F> di;
  const hn::Rebind<uint8_t, F> db;
  for (int64_t i = from; i < to; i += kFloats, out += kFloats) {
    const int32_t begin = table.begins[i / kFloats];
    const auto lanes = hn::IndicesFromVec(d, hn::Sub(hn::LoadU(di, table.at + i), hn::Set(di, begin)));
    const float* source = in + (begin - first);
    const auto value = hn::TableLookupLanes(hn::LoadU(d, source), lanes);
    const auto next = hn::TableLookupLanes(hn::LoadU(d, source + step), lanes);
    const auto sum = hn::Add(value, hn::Mul(hn::Sub(next, value), hn::LoadU(d, table.weights + i)));
    hn::StoreU(hn::DemoteTo(db, hn::NearestInt(sum)), db, out);
  }
}

// The same from the two rows of the source, where pixels are skipped.
HWY_NOINLINE void Sample(const uint8_t* a, const uint8_t* b, float weight, const Table& table, int64_t step,
                         int64_t from, int64_t to, uint8_t* out) {
  const hn::CappedTag<float, 1> d;
  for (int64_t i = from; i < to; ++i) {
    const int64_t at = table.at[i];
    const float value = static_cast<float>(a[at]) + static_cast<float>(b[at] - a[at]) * weight;
    const float next = static_cast<float>(a[at + step]) + static_cast<float>(b[at + step] - a[at + step]) * weight;
    const float sum = value + (next - value) * table.weights[i];
    *out++ = static_cast<uint8_t>(hn::GetLane(hn::NearestInt(hn::Set(d, sum))));
  }
}

Status Bilinear(Job& job, const uint8_t* in, const Shape& s, Axis& down, Axis& across, uint8_t* out) {
  constexpr int64_t kCols = 4096, kRows = 32;  // elements, rows of a tile
  Axis* axes[] = {&down, &across};
  for (Axis* axis : axes) {
    axis->scale = static_cast<double>(axis->from) / static_cast<double>(axis->to);
    axis->taps = TapsOf(axis->method, axis->from, axis->scale);
    axis->grid = axis == &down ? 0x1p15 : 0x1p23;
    axis->starts = job.Scratch<int64_t>(axis->to);
    axis->weights = job.Scratch<double>(axis->to * axis->taps);
    if (axis->starts == nullptr || axis->weights == nullptr) return Status::kNoMemory;
  }
  const int64_t c = s.channels, elements = across.to * c, stride = s.width * c;
  const int64_t step = across.taps > 1 ? c : 0, below = down.taps > 1 ? stride : 0;
  const bool dense = across.to >= across.from;
  const Table table{job.Scratch<int32_t>(RoundUp(elements, kFloats)), job.Scratch<float>(RoundUp(elements, kFloats)),
                    job.Scratch<int32_t>(elements / kFloats + 1)};
  const int64_t room = kCols + 2 * c + 2 * kFloats;
  float* lines = job.Scratch<float>(dense ? RoundUp(room, 16) * job.threads() : 16);
  if (table.at == nullptr || table.weights == nullptr || table.begins == nullptr || lines == nullptr)
    return Status::kNoMemory;
  const int64_t items = (elements + kCols - 1) / kCols, tiles = items * ((down.to + kRows - 1) / kRows);
  const int64_t pages = PagesOf(elements * down.to);
  job.Total(WeightsItems(down) + WeightsItems(across) + items + pages + tiles);
  if (!Prepare(job, down) || !Prepare(job, across)) return job.status();
  const bool ready = job.For(items, 1, [&](int64_t begin, int64_t end) {
    const int64_t last = Least(end * kCols, elements);
    for (int64_t i = begin * kCols; i < RoundUp(last, kFloats); ++i) {
      const int64_t x = Least(i, elements - 1) / c;
      const int64_t at = across.starts[x] * c + Least(i, elements - 1) % c;
      table.at[i] = static_cast<int32_t>(at);
      table.weights[i] = step > 0 ? static_cast<float>(across.weights[2 * x + 1]) : 0;
      int32_t& least = table.begins[i / kFloats];
      if (i % kFloats == 0 || at < least) least = static_cast<int32_t>(at);
    }
  });
  if (!ready || !TouchPages(job, out, pages)) return job.status();
  const bool past = elements * down.to >= kStreamBytes;
  job.For(tiles, job.GrainBlocks(tiles), [&](int64_t begin, int64_t end) {
    alignas(64) uint8_t made[kCols + kFloats];
    float* line = lines + (dense ? RoundUp(room, 16) * job.lane() : 0);
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t top = tile / items * kRows, bottom = Least(top + kRows, down.to);
      const int64_t left = tile % items * kCols, right = Least(left + kCols, elements);
      const int64_t first = table.begins[left / kFloats];
      for (int64_t y = top; y < bottom; ++y) {
        const uint8_t* row = in + down.starts[y] * stride;
        const float weight = below > 0 ? static_cast<float>(down.weights[2 * y + 1]) : 0;
        if (dense) {
          const int64_t count = Least(table.at[right - 1] / c * c + c + step - first, kCols + 2 * c);
          BlendRows(row + first, row + below + first, weight, count, line);
          BlendColumns(line, first, table, step, left, right, made);
        } else {
          Sample(row, row + below, weight, table, step, left, right, made);
        }
        StreamPut(out + y * elements + left, made, right - left, past);
      }
    }
    if (past) StreamFence();
  });
  return job.status();
}

// ---- Nearest ----

// The pixel that holds the centre of pixel i of the result.
OFFLOOP_INLINE int64_t Nearest(int64_t i, int64_t from, int64_t to) { return (2 * i + 1) * from / (2 * to); }

// Pixels of kBytes each, those of [from, to) of a row, all but the last copied with what follows them.
template <int64_t kBytes, int64_t kCopy = kBytes>
void Pick(const char* in, const int64_t* columns, int64_t from, int64_t to, char* out) {
  for (int64_t x = from; x < to - 1; ++x, out += kBytes) __builtin_memcpy(out, in + columns[x], kCopy);
  __builtin_memcpy(out, in + columns[to - 1], kBytes);
}

// Bytes of 16 at once, where no pixel is skipped: what they need lies within 16 bytes of the source.
constexpr int64_t kBytes = 16;
HWY_INLINE void Shuffle(const char* in, const int64_t* begins, const uint8_t* lanes, int64_t count, char* out) {
  const hn::FixedTag<uint8_t, kBytes> d;
  for (int64_t i = 0; i < count; ++i) {
    const auto source = hn::LoadU(d, reinterpret_cast<const uint8_t*>(in + begins[i]));
    hn::StoreU(hn::TableLookupBytes(source, hn::LoadU(d, lanes + i * kBytes)), d,
               reinterpret_cast<uint8_t*>(out + i * kBytes));
  }
}

// `size`: bytes of a pixel.
Status Pixels(Job& job, const char* in, int64_t size, const Axis& down, const Axis& across, char* out) {
  constexpr int64_t kItem = 4096, kRoom = 8192;
  const int64_t stride = across.from * size, length = across.to * size;
  const bool apart = across.to < across.from, dense = !apart && stride >= kBytes;
  // Where a row's pixels, or every 16 bytes of it, begin.
  const int64_t units = dense ? (length + kBytes - 1) / kBytes : across.to;
  const int64_t unit = dense ? kBytes : size, cols = Least(units, kRoom / unit);
  int64_t* begins = job.Scratch<int64_t>(units);
  uint8_t* lanes = dense ? job.Scratch<uint8_t>(units * kBytes) : nullptr;
  if (begins == nullptr || (dense && lanes == nullptr)) return Status::kNoMemory;
  const int64_t items = (units + kItem - 1) / kItem, tile_columns = (units + cols - 1) / cols;
  const int64_t rows = Most(1, 4 * kRoom / (cols * unit)), tiles = tile_columns * ((down.to + rows - 1) / rows);
  const int64_t pages = PagesOf(length * down.to);
  job.Total(items + pages + tiles);
  const bool ready = job.For(items, 1, [&](int64_t begin, int64_t end) {
    const int64_t last = Least(end * kItem, units);
    for (int64_t i = begin * kItem; i < last; ++i) {
      if (!dense) {
        begins[i] = Nearest(i, across.from, across.to) * size;
        continue;
      }
      int64_t at[kBytes], least = stride - kBytes;
      for (int64_t k = 0; k < kBytes; ++k) {
        const int64_t byte = Least(i * kBytes + k, length - 1);
        at[k] = Nearest(byte / size, across.from, across.to) * size + byte % size;
        least = Least(least, at[k]);
      }
      begins[i] = least;
      for (int64_t k = 0; k < kBytes; ++k) lanes[i * kBytes + k] = static_cast<uint8_t>(at[k] - least);
    }
  });
  if (!ready || !TouchPages(job, out, pages)) return job.status();
  const bool past = length * down.to >= kStreamBytes;
  job.For(tiles, job.GrainBlocks(tiles), [&](int64_t begin, int64_t end) {
    alignas(64) char line[kRoom + kBytes];
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t top = tile / tile_columns * rows, bottom = Least(top + rows, down.to);
      const int64_t left = tile % tile_columns * cols, right = Least(left + cols, units);
      const int64_t bytes = Least(right * unit, length) - left * unit;
      int64_t held = -1;
      for (int64_t y = top; y < bottom; ++y) {
        const int64_t row = Nearest(y, down.from, down.to);
        const char* from = in + row * stride;
        if (row == held) {
        } else if (dense) {
          Shuffle(from, begins + left, lanes + left * kBytes, right - left, line);
        } else if (size == 1) {
          Pick<1>(from, begins, left, right, line);
        } else if (size == 2) {
          Pick<2>(from, begins, left, right, line);
        } else if (size == 3 && apart) {
          Pick<3, 4>(from, begins, left, right, line);
        } else if (size == 3) {
          Pick<3>(from, begins, left, right, line);
        } else if (size == 4) {
          Pick<4>(from, begins, left, right, line);
        } else if (size == 8) {
          Pick<8>(from, begins, left, right, line);
        } else if (size == 12 && apart) {
          Pick<12, 16>(from, begins, left, right, line);
        } else if (size == 12) {
          Pick<12>(from, begins, left, right, line);
        } else {
          Pick<16>(from, begins, left, right, line);
        }
        held = row;
        StreamPut(out + y * length + left * unit, line, bytes, past);
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
  if (method.value == Method::kNearest)
    return Pixels(job, reinterpret_cast<const char*>(x.data), channels * static_cast<int64_t>(sizeof(T)), down, across,
                  reinterpret_cast<char*>(out.data));
  if constexpr (sizeof(T) == 1)
    if (method.value == Method::kBilinear) return Bilinear(job, x.data, s, down, across, out.data);
  return Weighted<T>(job, x.data, s, down, across, out.data);
}

}  // namespace resize_kernel
}  // namespace

OFFLOOP_KERNEL(resize, OFFLOOP_INSTANCE("f32", resize_kernel::Run<float>),
               OFFLOOP_INSTANCE("u8", resize_kernel::Run<uint8_t>))

}  // namespace offloop::OFFLOOP_ISA
