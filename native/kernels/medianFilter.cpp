// medianFilter: the median of every pixel's 3 x 3 or 5 x 5 neighbourhood, by comparators on vectors of pixels.
//
// Of 25 elements the columns of all neighbourhoods of a row are sorted once, for whoever shares them; what remains is
// 92 of minimum and maximum, in a network that was found by leaving comparators out of a sorting one as long as all 6^5
// columns of zeros and ones came out right.
//
// Of 9 elements sorting is cheaper than going by memory for what is shared. Two rows are made at a time, whose columns
// have two elements in common: 27 of minimum and maximum for each.
//
// Floats are compared as whole numbers that ascend as they do: -0 below +0, NaN above everything.

#include "kernels/image-inl.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace medianFilter_kernel {

namespace hn = hwy::HWY_NAMESPACE;
using namespace image;

// Elements across: converted; where they lie, but for sorted columns in the first cache; where nothing is kept, and
// the processor sees by itself what comes next.
constexpr int64_t kTile = 1024, kWide = 4096, kLong = 16384;
constexpr int64_t kGrainElements = 64 << 10, kLongGrain = 192 << 10;

template <class V>
HWY_INLINE void Order(V& a, V& b) {
  const V low = hn::Min(a, b);
  b = hn::Max(a, b);
  a = low;
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

// A key as the bits of what it stands for.
template <class D>
HWY_INLINE hn::Vec<D> FromKey(D d, hn::Vec<D> key) {
  if constexpr (sizeof(hn::TFromD<D>) == 1) {
    return key;
  } else {
    const hn::RebindToUnsigned<D> du;
    return hn::Xor(key, hn::BitCast(d, hn::ShiftRight<1>(hn::BitCast(du, hn::ShiftRight<31>(key)))));
  }
}

// One row of `count` medians of 25; rows hold 4 * step elements more, and all in all a vector at least. Whole vectors
// of medians are written, none that lies past the end of a row is read.
template <class K>
HWY_NOINLINE void Filter5(const K* const* rows, int64_t step, int64_t count, K* columns, int64_t pitch, K* out) {
  const hn::ScalableTag<K> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = HWY_LANES(K), all = count + 4 * step;
  for (int64_t begin = 0; begin < all; begin += lanes) {
    const int64_t x = Least(begin, all - lanes);
    V v[5];
    for (int r = 0; r < 5; ++r) v[r] = hn::LoadU(d, rows[r] + x);
    SortColumn(v);
    for (int r = 0; r < 5; ++r) hn::StoreU(v[r], d, columns + r * pitch + x);
  }
  for (int64_t x = 0; x < count; x += lanes) {
    V v[5][5];
    for (int r = 0; r < 5; ++r)
      for (int c = 0; c < 5; ++c) v[r][c] = hn::LoadU(d, columns + r * pitch + x + c * step);
    hn::StoreU(FromKey(d, Median(v)), d, out + x);
  }
}

// Two rows of `count` medians of 9, a vector at least, from four rows that hold 2 * step elements more. `past`: to
// where lines begin with the same elements of both, past the caches.
template <class K>
HWY_NOINLINE void Filter3(const K* const* rows, int64_t step, int64_t count, K* const* out, bool past) {
  const hn::ScalableTag<K> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = HWY_LANES(K);
  // Vectors begin with lines, but for the first and the last.
  const int64_t over = past ? static_cast<int64_t>(reinterpret_cast<uintptr_t>(out[0]) / sizeof(K)) % lanes : 0;
  // Results are stored once the next elements are loaded. A processor tells a load from the stores before it by the
  // lower 12 bits of an address: images lie alike in their pages, and a load that seems to cover half of a store waits
  // for it.
  V made[2];
  int64_t made_at = -1;
  bool made_past = false;
  const auto store = [&] {
    for (int r = 0; r < 2; ++r) {
      if (made_past)
        hn::Stream(made[r], d, out[r] + made_at);
      else
        hn::StoreU(made[r], d, out[r] + made_at);
    }
  };
  for (int64_t begin = -over; begin < count; begin += lanes) {
    const int64_t x = Least(Most(begin, 0), count - lanes);
    V least[2], most[2], low[2], high[2], middle[2];  // of the first elements, the last, and those between
    for (int c = 0; c < 3; ++c) {
      const int64_t at = x + c * step;
      V above = hn::LoadU(d, rows[1] + at), below = hn::LoadU(d, rows[2] + at);
      Order(above, below);
      for (int r = 0; r < 2; ++r) {
        V first = hn::LoadU(d, rows[3 * r] + at), second = above, last = below;
        Order(first, second);
        Order(second, last);
        least[r] = c == 0 ? first : hn::Max(least[r], first);
        most[r] = c == 0 ? last : hn::Min(most[r], last);
        if (c == 0) {
          low[r] = second;
        } else if (c == 1) {
          high[r] = second;
          Order(low[r], high[r]);
        } else {
          middle[r] = hn::Max(low[r], hn::Min(high[r], second));
        }
      }
    }
    if (made_at >= 0) store();
    for (int r = 0; r < 2; ++r) {
      Order(least[r], middle[r]);
      made[r] = FromKey(d, hn::Max(least[r], hn::Min(middle[r], most[r])));
    }
    made_at = x, made_past = past && x == begin;
  }
  store();
}

// A float as the whole number that it is compared as.
struct ToKey {
  OFFLOOP_INLINE int32_t operator()(float value) const {
    int32_t word;
    __builtin_memcpy(&word, &value, 4);
    const int32_t key = word ^ static_cast<int32_t>(static_cast<uint32_t>(word >> 31) >> 1);
    return value != value ? 0x7fc00000 : key;
  }
  OFFLOOP_INLINE uint8_t operator()(uint8_t value) const { return value; }
};

template <class T, class K>
Status Run(Job& job, In<T> x, int64_t height, int64_t width, int64_t channels, Enum<Border> border, double value,
           int64_t size, Out<T> out) {
  if (out.size <= 0) return job.status();
  constexpr bool kDirect = sizeof(T) == 1;  // what is compared is what lies in the image
  const Shape s{height, width, channels, border.value, value};
  const int64_t around = size / 2, lanes = HWY_LANES(K);
  const bool is_long = kDirect && size == 3;
  const int64_t cols = Least(width, (is_long ? kLong : kDirect ? kWide : kTile) / channels);
  const int64_t grain = is_long ? kLongGrain : kGrainElements;
  const int64_t rows = Most(Least(grain / (cols * channels), height / (4 * job.threads())), 16);
  // A vector may begin at the last element.
  const int64_t pitch = Pitch(RoundUp((cols + size - 1) * channels, lanes) + 4 * channels + lanes);
  const int64_t abreast = size == 3 ? 2 : 1, held = size + abreast - 1;  // rows made at a time, and read
  const int64_t each = (held + (size == 3 ? 2 : size + 1)) * pitch;
  K* buffers = job.Scratch<K>(each * job.threads());
  K* constant = kDirect ? job.Scratch<K>(pitch) : nullptr;  // a row of nothing else
  if (buffers == nullptr || (kDirect && constant == nullptr)) return Status::kNoMemory;
  if (kDirect) __builtin_memset(constant, static_cast<uint8_t>(value), static_cast<size_t>(pitch));
  const bool past = out.size * static_cast<int64_t>(sizeof(T)) >= kStreamBytes;
  // Whether lines of all rows begin with the same columns.
  const bool lined = width * channels * static_cast<int64_t>(sizeof(T)) % 64 == 0;
  return ForTiles(job, s, rows, cols, out.data, [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
    K* ring = buffers + job.lane() * each;
    K* results[] = {ring + held * pitch, ring + (held + 1) * pitch};
    K* columns = results[1];
    // Columns [from, to) of the tile. `inside`: with all beside them, and not fewer than a vector.
    const auto filter = [&](int64_t from, int64_t to, bool inside) {
      const int64_t count = (to - from) * channels;
      const K* around_y[10];  // the ring's rows twice over, so that it may be read from any row on
      int64_t next = 0;
      const auto load = [&](int64_t y) {
        const K* row = ring + next * pitch;
        bool there = false;
        if constexpr (kDirect) {
          if (inside) {
            const int64_t at = Inside(y, s.height, s.border);
            row = at < 0 ? constant : x.data + (at * s.width + from - around) * channels;
            there = true;
          }
        }
        if (!there) LoadRow(x.data, s, y, from - around, to + around, ring + next * pitch, ToKey());
        around_y[next] = around_y[next + held] = row;
        next = next + 1 < held ? next + 1 : 0;
      };
      for (int64_t y = top - around; y < top + around; ++y) load(y);
      for (int64_t y = top; y < bottom; y += abreast) {
        for (int64_t r = 0; r < abreast; ++r) {
          if (!is_long) Ahead(x.data, s, y + around + r + 4, from, to);
          load(y + around + r);
        }
        const int64_t some = Least(abreast, bottom - y);
        T* const to_row = out.data + (y * width + from) * channels;
        if (size == 3 && count >= lanes && (lined || !past)) {
          K* const direct = reinterpret_cast<K*>(to_row);
          K* const both[] = {direct, some > 1 ? direct + width * channels : results[1]};
          Filter3(around_y + next, channels, count, both, past && some > 1);
          continue;
        }
        // In the ring there is room for a vector.
        const int64_t made = inside ? count : Most(count, lanes);
        if (size == 3)
          Filter3(around_y + next, channels, made, results, false);
        else
          Filter5(around_y + next, channels, made, columns, pitch, results[0]);
        for (int64_t r = 0; r < some; ++r)
          StreamPut(to_row + r * width * channels, results[r], count * static_cast<int64_t>(sizeof(T)), past);
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
