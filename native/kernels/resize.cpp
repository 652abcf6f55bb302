// resize: an image with another height and width.
//
// Every row of the result is a weighted sum of rows of the source, and every pixel of it of such sums; the weights
// of an axis are the same for all its rows, and made first. Eight rows are summed at a time: down the columns in
// vectors of neighbours, then, turned by 90 degrees, along the rows in vectors of those eight.
//
// Weights are multiples of 2^-23, below 2, and floats are summed as doubles: products are exact, so that instruction
// sets agree, whether they have multiply-add or not, and JavaScript. Down the columns of bytes they are multiples of
// 2^-15: whatever the order, floats then hold the sums exactly.

#include "kernels/resize-bilinear-inl.h"
#include "kernels/resize-nearest-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace resize_kernel {

namespace hn = hwy::HWY_NAMESPACE;
using namespace image;
using namespace resizing;

constexpr int64_t kGroup = 8;  // rows of the result
constexpr int64_t kSpan = 2048;
constexpr double kTileNs = 200e3;
constexpr int64_t kLook = int64_t{1} << 19;  // products between two looks at the stop flag

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
