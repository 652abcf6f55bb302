// sobel: the gradient of an image, of doubles: differences of the one axis, smoothed along the other.
// Levels: avx2 sse4

#include "kernels/image-inl.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace sobel_kernel {

namespace hn = hwy::HWY_NAMESPACE;
using namespace image;

enum class Of : uint8_t { kMagnitude, kX, kY, kCount };

constexpr int64_t kTile = 960;  // elements across
constexpr int64_t kRows = 64;

// Three rows with a pixel more on either side -> floats. Reads and writes whole vectors.
template <bool kX, bool kY>
HWY_NOINLINE void Gradients(const double* a, const double* b, const double* c, int64_t step, int64_t count,
                            float* out) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> df;
  const int64_t lanes = HWY_LANES(double);
  using V = hn::Vec<decltype(d)>;
  const auto twice = [](V v) { return hn::Add(v, v); };
  for (int64_t i = 0; i < count; i += lanes) {
    const V a0 = hn::LoadU(d, a + i), a2 = hn::LoadU(d, a + i + 2 * step);
    const V c0 = hn::LoadU(d, c + i), c2 = hn::LoadU(d, c + i + 2 * step);
    V x = hn::Zero(d), y = x;
    if (kX) {
      const V b0 = hn::LoadU(d, b + i), b2 = hn::LoadU(d, b + i + 2 * step);
      x = hn::Sub(hn::Add(hn::Add(a2, c2), twice(b2)), hn::Add(hn::Add(a0, c0), twice(b0)));
    }
    if (kY) {
      const V a1 = hn::LoadU(d, a + i + step), c1 = hn::LoadU(d, c + i + step);
      y = hn::Sub(hn::Add(hn::Add(c0, c2), twice(c1)), hn::Add(hn::Add(a0, a2), twice(a1)));
    }
    const V result = kX && kY ? hn::Sqrt(hn::Add(hn::Mul(x, x), hn::Mul(y, y))) : kX ? x : y;
    hn::StoreU(hn::DemoteTo(df, result), df, out + i);
  }
}

template <class T>
Status Run(Job& job, In<T> x, int64_t height, int64_t width, int64_t channels, Enum<Border> border, double value,
           Enum<Of> of, Out<float> out) {
  if (out.size <= 0) return job.status();
  const Shape s{height, width, channels, border.value, value};
  const int64_t cols = Least(width, kTile / channels), pitch = Pitch((cols + 2) * channels + 8), each = 5 * pitch;
  double* buffers = job.Scratch<double>(each * job.threads());
  if (buffers == nullptr) return Status::kNoMemory;
  // What a vector reads past a row's end.
  __builtin_memset(buffers, 0, static_cast<size_t>(each * job.threads()) * sizeof(double));
  const bool past = out.size * 4 >= kStreamBytes;
  const auto gradients = of.value == Of::kMagnitude ? &Gradients<true, true>
                         : of.value == Of::kX       ? &Gradients<true, false>
                                                    : &Gradients<false, true>;
  return ForTiles(job, s, kRows, cols, out.data, [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
    double* rows[3];
    for (int64_t r = 0; r < 3; ++r) rows[r] = buffers + job.lane() * each + r * pitch;
    float* result = reinterpret_cast<float*>(buffers + job.lane() * each + 3 * pitch);
    const int64_t count = (right - left) * channels;
    for (int64_t y = top - 1; y <= bottom; ++y) {
      double* first = rows[0];
      rows[0] = rows[1];
      rows[1] = rows[2];
      rows[2] = first;
      Ahead(x.data, s, y + 4, left, right);
      LoadRow(x.data, s, y, left - 1, right + 1, first, To<double>());
      if (y <= top) continue;
      gradients(rows[0], rows[1], rows[2], channels, count, result);
      StreamPut(out.data + ((y - 1) * width + left) * channels, result, count * 4, past);
    }
    if (past) StreamFence();
  });
}

}  // namespace sobel_kernel
}  // namespace

OFFLOOP_KERNEL(sobel, OFFLOOP_INSTANCE("f32", sobel_kernel::Run<float>),
               OFFLOOP_INSTANCE("u8", sobel_kernel::Run<uint8_t>))

}  // namespace offloop::OFFLOOP_ISA
