// searchsorted: where values belong in a sorted array.
// Levels: avx2 sse4
//
// Two binary searches without branches: among every 64th element, then among the 64 after it. Each takes as many
// steps for every value, so 16 values go side by side and their cache misses overlap. Where there are enough
// values to pay for it, every 64th element is copied first: 10M doubles leave 1.2 MB, which a core's cache holds.
// src/kernels/searchsorted.ts takes the same steps, so both agree on arrays that are not sorted as well.

#include "core/job.h"
#include "core/kernel.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace searchsorted_kernel {

constexpr int64_t kStride = 64, kShift = 6, kAbreast = 16, kBlock = 1024, kSampleBlock = 16384;

// kOrEqual: whether equal elements lie before a value. Of integers they never do (Locate asks for the next one then),
// which leaves two functions for floats and one for integers of a width.
// Unsigned ones are signed ones with another sign bit: `flip`.
template <bool kOrEqual, class T>
OFFLOOP_INLINE bool Before(T probe, T flip, T value) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(probe ^ flip) < value;
  else
    return kOrEqual ? probe <= value : probe < value;
}

// Adds to found[j] how many of `size` elements from x[found[j] << shift] on lie before values[j], if they are sorted.
template <bool kOrEqual, class T>
__attribute__((noinline)) void Search(const T* x, int64_t size, int shift, T flip, const T* values, int64_t* found) {
  while (size > 0) {
    const int64_t half = size > 1 ? size >> 1 : 1;
    for (int j = 0; j < kAbreast; ++j) {
      int64_t mask = -static_cast<int64_t>(Before<kOrEqual>(x[(found[j] + half - 1) << shift], flip, values[j]));
      __asm__("" : "+r"(mask));  // neither a branch nor a gather
      found[j] += mask & half;
    }
    size -= half;
  }
}

template <class T>
struct Table {
  const T* x;
  int64_t size;
  const T* sample;  // every 64th element, at [i << shift]
  int64_t samples;
  int shift;
  bool right;
  T flip;
  int64_t last;  // the answer for NaN, or for the largest integer on the right

  // The answers for kAbreast values.
  template <bool kOrEqual>
  __attribute__((noinline)) void Answer(const T* values, int64_t* found) const {
    for (int j = 0; j < kAbreast; ++j) found[j] = 0;
    Search<kOrEqual>(sample, samples, shift, flip, values, found);
    bool whole = true;
    for (int j = 0; j < kAbreast; ++j) {
      whole = whole && found[j] < samples;
      found[j] *= kStride;
    }
    if (whole) return Search<kOrEqual>(x, kStride, 0, flip, values, found);
    for (int j = 0; j < kAbreast; ++j) {
      int64_t left = size - found[j] < kStride ? size - found[j] : kStride;
      while (left > 0) {
        const int64_t half = left > 1 ? left >> 1 : 1;
        if (Before<kOrEqual>(x[found[j] + half - 1], flip, values[j])) found[j] += half;
        left -= half;
      }
    }
  }
};

template <class T>
__attribute__((noinline)) void Locate(const Table<T>& t, const T* values, int64_t n, uint32_t* out) {
  for (int64_t from = 0; from < n; from += kAbreast) {
    T value[kAbreast];
    bool is_last[kAbreast];
    int64_t found[kAbreast];
    const int64_t count = n - from < kAbreast ? n - from : kAbreast;
    for (int64_t j = 0; j < kAbreast; ++j) value[j] = values[from + (j < count ? j : 0)];
    if constexpr (std::is_floating_point_v<T>) {
      for (int64_t j = 0; j < kAbreast; ++j) is_last[j] = value[j] != value[j];
      if (t.right)
        t.template Answer<true>(value, found);
      else
        t.template Answer<false>(value, found);
    } else {
      constexpr T kLast = static_cast<T>(~(T{1} << (sizeof(T) * 8 - 1)));
      for (int64_t j = 0; j < kAbreast; ++j) {
        value[j] = static_cast<T>(value[j] ^ t.flip);
        is_last[j] = t.right && value[j] == kLast;
        value[j] = static_cast<T>(value[j] + (t.right && value[j] != kLast ? 1 : 0));
      }
      t.template Answer<false>(value, found);
    }
    for (int64_t j = 0; j < count; ++j) out[from + j] = static_cast<uint32_t>(is_last[j] ? t.last : found[j]);
  }
}

template <class T>
__attribute__((noinline)) Status Run(Job& job, In<T> x, In<T> values, T flip, bool right, Out<uint32_t> out) {
  Table<T> table{x.data, x.size, x.data + (kStride - 1), x.size / kStride, kShift, right, flip, x.size};
  const int64_t blocks = (values.size + kBlock - 1) / kBlock;
  const int64_t sample_blocks = (table.samples + kSampleBlock - 1) / kSampleBlock;
  const bool copies = table.samples > 256 && values.size >= table.samples / 2;
  job.Total(blocks + (copies ? sample_blocks : 0));
  if (copies) {
    T* sample = job.Scratch<T>(table.samples);
    if (sample == nullptr) return Status::kNoMemory;
    if (!job.For(sample_blocks, 1, [&](int64_t b, int64_t) {
          const int64_t end = (b + 1) * kSampleBlock < table.samples ? (b + 1) * kSampleBlock : table.samples;
          for (int64_t i = b * kSampleBlock; i < end; ++i) sample[i] = x.data[i * kStride + kStride - 1];
        }))
      return job.status();
    table.sample = sample;
    table.shift = 0;
  }
  if constexpr (std::is_floating_point_v<T>) {
    if (!right) {  // NaN belongs before the first NaN, and after everything else
      T value[kAbreast];
      int64_t found[kAbreast];
      for (int j = 0; j < kAbreast; ++j) value[j] = static_cast<T>(__builtin_inf());
      table.template Answer<true>(value, found);
      table.last = found[0];
    }
  }
  job.Blocks(values.size, kBlock,
             [&](int64_t begin, int64_t end) { Locate(table, values.data + begin, end - begin, out.data + begin); });
  return job.status();
}

template <class T>
Status SearchSorted(Job& job, In<T> x, In<T> values, bool right, Out<uint32_t> out) {
  if constexpr (std::is_floating_point_v<T>) {
    return Run<T>(job, x, values, 0, right, out);
  } else {
    using L = std::conditional_t<sizeof(T) == 8, int64_t, int32_t>;
    const L flip = std::is_signed_v<T> ? 0 : static_cast<L>(L{1} << (sizeof(L) * 8 - 1));
    return Run<L>(job, {reinterpret_cast<const L*>(x.data), x.size},
                  {reinterpret_cast<const L*>(values.data), values.size}, flip, right, out);
  }
}

}  // namespace searchsorted_kernel
}  // namespace

OFFLOOP_KERNEL(searchsorted, OFFLOOP_INSTANCE("f64", searchsorted_kernel::SearchSorted<double>),
               OFFLOOP_INSTANCE("f32", searchsorted_kernel::SearchSorted<float>),
               OFFLOOP_INSTANCE("i32", searchsorted_kernel::SearchSorted<int32_t>),
               OFFLOOP_INSTANCE("u32", searchsorted_kernel::SearchSorted<uint32_t>),
               OFFLOOP_INSTANCE("i64", searchsorted_kernel::SearchSorted<int64_t>),
               OFFLOOP_INSTANCE("u64", searchsorted_kernel::SearchSorted<uint64_t>))

}  // namespace offloop::OFFLOOP_ISA
