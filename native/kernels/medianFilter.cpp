// medianFilter: the median of every pixel's 3 x 3 or 5 x 5 neighbourhood, by comparators on vectors of pixels.
//
// The columns of all neighbourhoods of a row are sorted once, for whoever shares them; what remains is 12 of minimum
// and maximum for 9 elements, and 92 for 25, in a network that was found by leaving comparators out of a sorting one
// as long as all 6^5 columns of zeros and ones came out right.
//
// Floats are compared as whole numbers that ascend as they do: -0 below +0, NaN above everything.

#include "kernels/image-inl.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace medianFilter_kernel {

namespace hn = hwy::HWY_NAMESPACE;
using namespace image;

constexpr int64_t kTile = 1024, kLong = 4096;  // elements across, converted and where they lie
constexpr int64_t kGrainElements = 64 << 10;

template <class V>
HWY_INLINE void Order(V& a, V& b) {
  const V low = hn::Min(a, b);
  b = hn::Max(a, b);
  a = low;
}

template <class V>
HWY_INLINE void SortColumn(V (&v)[3]) {
  Order(v[0], v[1]);
  Order(v[1], v[2]);
  Order(v[0], v[1]);
}
template <class V>
HWY_INLINE void SortColumn(V (&v)[5]) {
  Order(v[0], v[3]);
  Order(v[1], v[4]);
  Order(v[0], v[2]);
  Order(v[1], v[3]);
  Order(v[0], v[1]);
  Order(v[2], v[4]);
  Order(v[1], v[2]);
  Order(v[3], v[4]);
  Order(v[2], v[3]);
}

// The median of sorted columns; v[r][c] is element r of column c.
template <class V>
HWY_INLINE V Median(V (&v)[3][3]) {
  const V low = hn::Max(hn::Max(v[0][0], v[0][1]), v[0][2]);
  const V high = hn::Min(hn::Min(v[2][0], v[2][1]), v[2][2]);
  const auto middle = [](V a, V b, V c) { return hn::Max(hn::Min(a, b), hn::Min(hn::Max(a, b), c)); };
  return middle(low, middle(v[1][0], v[1][1], v[1][2]), high);
}
template <class V>
HWY_INLINE V Median(V (&v)[5][5]) {
  Order(v[0][1], v[0][4]);
  Order(v[0][0], v[0][2]);
  v[0][1] = hn::Max(v[0][0], v[0][1]);
  Order(v[0][2], v[0][4]);
  v[0][2] = hn::Max(v[0][1], v[0][2]);
  Order(v[0][3], v[0][4]);
  v[0][3] = hn::Max(v[0][2], v[0][3]);
  Order(v[1][0], v[1][3]);
  Order(v[1][1], v[1][4]);
  Order(v[1][1], v[1][3]);
  v[1][1] = hn::Max(v[1][0], v[1][1]);
  Order(v[1][2], v[1][4]);
  v[1][2] = hn::Max(v[1][1], v[1][2]);
  Order(v[1][3], v[1][4]);
  Order(v[1][2], v[1][3]);
  Order(v[2][0], v[2][3]);
  Order(v[2][1], v[2][4]);
  Order(v[2][0], v[2][2]);
  Order(v[2][1], v[2][3]);
  v[2][1] = hn::Max(v[2][0], v[2][1]);
  Order(v[2][2], v[2][4]);
  Order(v[2][1], v[2][2]);
  v[2][3] = hn::Min(v[2][3], v[2][4]);
  Order(v[3][0], v[3][3]);
  Order(v[3][1], v[3][4]);
  Order(v[3][0], v[3][2]);
  Order(v[3][1], v[3][3]);
  Order(v[3][0], v[3][1]);
  v[3][3] = hn::Min(v[3][3], v[3][4]);
  v[3][2] = hn::Min(v[3][2], v[3][3]);
  Order(v[4][0], v[4][3]);
  Order(v[4][1], v[4][4]);
  Order(v[4][0], v[4][2]);
  v[4][1] = hn::Min(v[4][1], v[4][3]);
  Order(v[4][0], v[4][1]);
  v[4][2] = hn::Min(v[4][2], v[4][4]);
  v[4][1] = hn::Min(v[4][1], v[4][2]);
  v[1][2] = hn::Max(v[2][1], v[1][2]);
  v[3][0] = hn::Max(v[0][3], v[3][0]);
  Order(v[0][4], v[4][0]);
  Order(v[2][2], v[2][3]);
  Order(v[1][3], v[3][2]);
  v[3][0] = hn::Max(v[1][2], v[3][0]);
  Order(v[0][4], v[2][2]);
  v[4][0] = hn::Min(v[4][0], v[2][3]);
  Order(v[4][1], v[1][3]);
  v[1][4] = hn::Min(v[1][4], v[3][2]);
  Order(v[4][0], v[2][2]);
  Order(v[4][1], v[3][1]);
  Order(v[3][0], v[4][0]);
  v[1][3] = hn::Min(v[1][3], v[3][1]);
  v[0][4] = hn::Max(v[3][0], v[0][4]);
  Order(v[4][0], v[2][2]);
  v[1][4] = hn::Min(v[1][4], v[1][3]);
  v[4][1] = hn::Max(v[0][4], v[4][1]);
  v[4][0] = hn::Min(v[4][0], v[1][4]);
  v[2][2] = hn::Min(v[2][2], v[4][1]);
  v[2][2] = hn::Max(v[4][0], v[2][2]);
  return v[2][2];
}

// `count` medians; rows hold (kSize - 1) * step elements more, and all in all a vector at least. Whole vectors of
// medians are written, none that lies past the end of a row is read.
template <class K, int kSize>
HWY_NOINLINE void Filter(const K* const* rows, int64_t step, int64_t count, K* columns, int64_t pitch, K* out) {
  const hn::ScalableTag<K> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = HWY_LANES(K), all = count + (kSize - 1) * step;
  for (int64_t begin = 0; begin < all; begin += lanes) {
    const int64_t x = Least(begin, all - lanes);
    V v[kSize];
    for (int r = 0; r < kSize; ++r) v[r] = hn::LoadU(d, rows[r] + x);
    SortColumn(v);
    for (int r = 0; r < kSize; ++r) hn::StoreU(v[r], d, columns + r * pitch + x);
  }
  for (int64_t x = 0; x < count; x += lanes) {
    V v[kSize][kSize];
    for (int r = 0; r < kSize; ++r)
      for (int c = 0; c < kSize; ++c) v[r][c] = hn::LoadU(d, columns + r * pitch + x + c * step);
    hn::StoreU(Median(v), d, out + x);
  }
}

// A float as the whole number that it is compared as, and back.
struct ToKey {
  OFFLOOP_INLINE int32_t operator()(float value) const {
    int32_t word;
    __builtin_memcpy(&word, &value, 4);
    const int32_t key = word ^ static_cast<int32_t>(static_cast<uint32_t>(word >> 31) >> 1);
    return value != value ? 0x7fc00000 : key;
  }
  OFFLOOP_INLINE uint8_t operator()(uint8_t value) const { return value; }
};

void Store(int32_t* keys, int64_t n, float* out, bool past) {
  for (int64_t i = 0; i < n; ++i) keys[i] ^= static_cast<int32_t>(static_cast<uint32_t>(keys[i] >> 31) >> 1);
  StreamPut(out, keys, n * 4, past);
}
void Store(uint8_t* keys, int64_t n, uint8_t* out, bool past) { StreamPut(out, keys, n, past); }

template <class T, class K>
Status Run(Job& job, In<T> x, int64_t height, int64_t width, int64_t channels, Enum<Border> border, double value,
           int64_t size, Out<T> out) {
  if (out.size <= 0) return job.status();
  constexpr bool kDirect = sizeof(T) == 1;  // what is compared is what lies in the image
  const Shape s{height, width, channels, border.value, value};
  const int64_t around = size / 2, lanes = HWY_LANES(K);
  const int64_t cols = Least(width, (kDirect ? kLong : kTile) / channels);
  const int64_t rows = Most(Least(kGrainElements / (cols * channels), height / (4 * job.threads())), 16);
  // A vector may begin at the last element.
  const int64_t pitch = Pitch(RoundUp((cols + size - 1) * channels, lanes) + 4 * channels + lanes);
  const int64_t each = (2 * size + 1) * pitch;
  K* buffers = job.Scratch<K>(each * job.threads());
  K* constant = kDirect ? job.Scratch<K>(pitch) : nullptr;  // a row of nothing else
  if (buffers == nullptr || (kDirect && constant == nullptr)) return Status::kNoMemory;
  if (kDirect) __builtin_memset(constant, static_cast<uint8_t>(value), static_cast<size_t>(pitch));
  const bool past = out.size * static_cast<int64_t>(sizeof(T)) >= kStreamBytes;
  const auto medians = size == 3 ? &Filter<K, 3> : &Filter<K, 5>;
  return ForTiles(job, s, rows, cols, out.data, [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
    K* ring = buffers + job.lane() * each;
    K* columns = ring + size * pitch;
    K* result = columns + size * pitch;
    // Columns [from, to) of the tile. `inside`: with all beside them, and not fewer than a vector.
    const auto filter = [&](int64_t from, int64_t to, bool inside) {
      const int64_t count = (to - from) * channels;
      const K* around_y[10];  // the ring's rows twice over, so that it may be read from any row on
      int64_t next = 0;
      const auto load = [&](int64_t y) {
        const K* row = ring + next * pitch;
        Ahead(x.data, s, y + 4, from, to);
        bool there = false;
        if constexpr (kDirect) {
          if (inside) {
            const int64_t at = Inside(y, s.height, s.border);
            row = at < 0 ? constant : x.data + (at * s.width + from - around) * channels;
            there = true;
          }
        }
        if (!there) LoadRow(x.data, s, y, from - around, to + around, ring + next * pitch, ToKey());
        around_y[next] = around_y[next + size] = row;
        next = next + 1 < size ? next + 1 : 0;
      };
      for (int64_t y = top - around; y < top + around; ++y) load(y);
      for (int64_t y = top; y < bottom; ++y) {
        load(y + around);
        // In the ring there is room for a vector.
        medians(around_y + next, channels, inside ? count : Most(count, lanes), columns, pitch, result);
        Store(result, count, out.data + (y * width + from) * channels, past);
      }
    };
    const int64_t first = Most(left, around), last = Least(right, width - around);
    if (!kDirect || (last - first) * channels < lanes) {
      filter(left, right, false);
    } else {
      if (left < first) filter(left, first, false);
      filter(first, last, true);
      if (last < right) filter(last, right, false);
    }
    if (past) StreamFence();
  });
}

}  // namespace medianFilter_kernel
}  // namespace

OFFLOOP_KERNEL(medianFilter, OFFLOOP_INSTANCE("f32", medianFilter_kernel::Run<float, int32_t>),
               OFFLOOP_INSTANCE("u8", medianFilter_kernel::Run<uint8_t, uint8_t>))

}  // namespace offloop::OFFLOOP_ISA
