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

// Adds to found[j] how many of `size` elements from x[found[j] << shift] on lie before values[j], if they are sorted.
// In one function for all shifts and both sides: six element types make six of them.
template <class T>
__attribute__((noinline)) void Search(const T* x, int64_t size, int shift, bool right, const T* values,
                                      int64_t* found) {
  while (size > 0) {
    const int64_t half = size > 1 ? size >> 1 : 1;
    for (int j = 0; j < kAbreast; ++j) {
      const T probe = x[(found[j] + half - 1) << shift];
      int64_t more = (probe < values[j]) | ((probe == values[j]) & right) ? half : 0;
      __asm__("" : "+r"(more));  // neither a branch nor a gather
      found[j] += more;
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
  int64_t nan;  // the answer for NaN

  // The answers for kAbreast values.
  __attribute__((noinline)) void Answer(const T* values, int64_t* found) const {
    for (int j = 0; j < kAbreast; ++j) found[j] = 0;
    Search(sample, samples, shift, right, values, found);
    bool whole = true;
    for (int j = 0; j < kAbreast; ++j) {
      whole = whole && found[j] < samples;
      found[j] *= kStride;
    }
    if (whole) return Search(x, kStride, 0, right, values, found);
    for (int j = 0; j < kAbreast; ++j) {
      int64_t left = size - found[j] < kStride ? size - found[j] : kStride;
      while (left > 0) {
        const int64_t half = left > 1 ? left >> 1 : 1;
        const T probe = x[found[j] + half - 1];
        if ((probe < values[j]) | ((probe == values[j]) & right)) found[j] += half;
        left -= half;
      }
    }
  }
};

template <class T>
void Locate(const Table<T>& t, const T* values, int64_t n, uint32_t* out) {
  for (int64_t from = 0; from < n; from += kAbreast) {
    T value[kAbreast];
    int64_t found[kAbreast];
    const int64_t count = n - from < kAbreast ? n - from : kAbreast;
    for (int64_t j = 0; j < kAbreast; ++j) value[j] = values[from + (j < count ? j : 0)];
    t.Answer(value, found);
    for (int64_t j = 0; j < count; ++j) out[from + j] = static_cast<uint32_t>(value[j] != value[j] ? t.nan : found[j]);
  }
}

template <class T>
Status SearchSorted(Job& job, In<T> x, In<T> values, bool right, Out<uint32_t> out) {
  Table<T> table{x.data, x.size, x.data + (kStride - 1), x.size / kStride, kShift, right, x.size};
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
      table.right = true;
      table.Answer(value, found);
      table.right = false;
      table.nan = found[0];
    }
  }
  job.Blocks(values.size, kBlock,
             [&](int64_t begin, int64_t end) { Locate(table, values.data + begin, end - begin, out.data + begin); });
  return job.status();
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
