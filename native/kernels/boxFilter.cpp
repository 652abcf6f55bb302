// boxFilter: the mean of every pixel's rectangular neighbourhood, however large.
//
// The sum of k neighbours is put together of sums of 1, 2, 4, … of them, those that k has bits for: some log2 k
// additions, all of vectors, and nothing that was added is ever taken off again. Along rows first, then down the
// columns of a tile. Bytes are summed as whole numbers, floats as doubles.
// Levels: avx2 sse4

#include "kernels/image-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace boxFilter_kernel {

using namespace image;

constexpr int64_t kBuffer = 256 << 10;  // bytes of sums
constexpr int64_t kGrainElements = 48 << 10;

// to[i] = a[i] + b[i]; `to` may be a, and may begin before b.
template <class K>
OFFLOOP_INLINE void Add(K* to, const K* a, const K* b, int64_t n) {
  typedef K Vector __attribute__((vector_size(32)));
  constexpr int64_t kLanes = 32 / sizeof(K);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Vector u, v;
    __builtin_memcpy(&u, a + i, sizeof u);
    __builtin_memcpy(&v, b + i, sizeof v);
    u += v;
    __builtin_memcpy(to + i, &u, sizeof u);
  }
#pragma clang loop vectorize(disable) unroll(disable)
  for (; i < n; ++i) to[i] = a[i] + b[i];
}

// to[i] = the sum of `size` elements of a from i on, `step` apart: a row's, or all rows' at once. Uses up `a`,
// which has n + (size - 1) * step elements.
template <class K>
__attribute__((noinline)) void Windows(K* a, int64_t n, int64_t size, int64_t step, K* to) {
  // size is odd: its lowest bit is the element itself.
  int64_t at = step, left = n + (size - 1) * step;
  __builtin_memcpy(to, a, static_cast<size_t>(n) * sizeof(K));
  for (int64_t span = 1; 2 * span <= size; span *= 2) {
    left -= span * step;
    Add(a, a, a + span * step, left);
    if ((size & (2 * span)) == 0) continue;
    Add(to, to, a + at, n);
    at += 2 * span * step;
  }
}

OFFLOOP_INLINE void Scale(const double* sums, int64_t n, double by, float* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(sums[i] * by);
}
// The area is odd: there are no halves.
OFFLOOP_INLINE void Scale(const int32_t* sums, int64_t n, double by, uint8_t* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<uint8_t>(static_cast<int32_t>(sums[i] * by + 0.5));
}

template <class T, class K>
Status Run(Job& job, In<T> x, int64_t height, int64_t width, int64_t channels, Enum<Border> border, double value,
           int64_t down, int64_t across, Out<T> out) {
  if (out.size <= 0) return job.status();
  const Shape s{height, width, channels, border.value, value};
  const double by = 1 / static_cast<double>(down * across);
  const int64_t above = down / 2, beside = across / 2, lanes = 64 / sizeof(K);
  // Rows of a tile: not fewer than those around it that are summed once more in the next.
  const int64_t rows = Least(height, Most(32, 2 * down));
  const int64_t fit = Most(kBuffer / static_cast<int64_t>(sizeof(K)) / (rows + down), 64);
  const int64_t cols = Least(width, Most(Least(fit, kGrainElements / (rows + down)), 64) / channels);
  const int64_t pitch = RoundUp(cols * channels, lanes) + lanes;
  const int64_t wide = RoundUp((cols + across) * channels, lanes);
  const int64_t each = (2 * rows + down) * pitch + wide + RoundUp(pitch, 64 / sizeof(T));
  K* buffers = job.Scratch<K>(each * job.threads());
  if (buffers == nullptr) return Status::kNoMemory;
  const bool past = out.size * static_cast<int64_t>(sizeof(T)) >= kStreamBytes;
  return ForTiles(job, s, rows, cols, out.data, [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
    K* sums = buffers + job.lane() * each;
    K* results = sums + (rows + down) * pitch;
    K* row = results + rows * pitch;
    T* scaled = reinterpret_cast<T*>(row + wide);
    const int64_t count = (right - left) * channels;
    for (int64_t i = 0; i < bottom - top + down - 1; ++i) {
      const int64_t y = top - above + i;
      Ahead(x.data, s, y + 4, left, right);
      LoadRow(x.data, s, y, left - beside, right + beside, row, To<K>());
      Windows(row, count, across, channels, sums + i * pitch);
      for (int64_t k = count; k < pitch; ++k) sums[i * pitch + k] = 0;
    }
    Windows(sums, (bottom - top) * pitch, down, pitch, results);
    for (int64_t i = 0; i < bottom - top; ++i) {
      Scale(results + i * pitch, count, by, scaled);
      StreamPut(out.data + ((top + i) * width + left) * channels, scaled, count * static_cast<int64_t>(sizeof(T)),
                past);
    }
    if (past) StreamFence();
  });
}

}  // namespace boxFilter_kernel
}  // namespace

OFFLOOP_KERNEL(boxFilter, OFFLOOP_INSTANCE("f32", boxFilter_kernel::Run<float, double>),
               OFFLOOP_INSTANCE("u8", boxFilter_kernel::Run<uint8_t, int32_t>))

}  // namespace offloop::OFFLOOP_ISA
