// countNonzero: how many elements are not 0. NaN is not 0; -0 is.
// Levels: avx2 sse4

#include "core/kernel.h"
#include "kernels/reduction-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace countNonzero_kernel {

template <class T, class Count>
OFFLOOP_INLINE int64_t Nonzero(const T* x, int64_t n) {
  Count count = 0;
  for (int64_t i = 0; i < n; ++i) count += x[i] != 0;
  return static_cast<int64_t>(count);
}

struct Counted {
  static constexpr int kSlots = 1;
  int64_t count;

  void Begin() { count = 0; }
  void Unit(const double* x, int64_t n, int64_t) { count += Nonzero<double, int64_t>(x, n); }
  void End(double* state) { state[0] = static_cast<double>(count); }
  static void Join(double* left, const double* right) { left[0] += right[0]; }
  static double Finish(const double* state, double) { return state[0]; }
};

// Integers of one width are alike, whatever their sign.
template <class T, class Count>
int64_t Leaf(const void* data, int64_t begin, int64_t end) {
  return Nonzero<T, Count>(static_cast<const T*>(data) + begin, end - begin);
}

Status CountBlocks(Job& job, const void* data, int64_t size, int64_t (*leaf)(const void*, int64_t, int64_t),
                   double* state) {
  job.Total((size + kReduceBlock - 1) / kReduceBlock);
  int64_t count = 0;
  const Status status = job.Reduce(
      size, kReduceBlock, count, [&](int64_t begin, int64_t end) { return leaf(data, begin, end); },
      [](int64_t a, int64_t b) { return a + b; });
  *state = static_cast<double>(count);
  return status;
}

template <class T, class Alike, class Count>
Status Whole(Job& job, In<T> x, bool, int64_t, Result<double> state) {
  return CountBlocks(job, x.data, x.size, &Leaf<Alike, Count>, state.data);
}

}  // namespace countNonzero_kernel
}  // namespace

OFFLOOP_KERNEL(countNonzero, OFFLOOP_INSTANCE("f64", reduction::Whole<double, countNonzero_kernel::Counted>),
               OFFLOOP_INSTANCE("f32", reduction::Whole<float, countNonzero_kernel::Counted>),
               OFFLOOP_INSTANCE("i8", countNonzero_kernel::Whole<int8_t, uint8_t, uint16_t>),
               OFFLOOP_INSTANCE("u8", countNonzero_kernel::Whole<uint8_t, uint8_t, uint16_t>),
               OFFLOOP_INSTANCE("i16", countNonzero_kernel::Whole<int16_t, uint16_t, uint16_t>),
               OFFLOOP_INSTANCE("u16", countNonzero_kernel::Whole<uint16_t, uint16_t, uint16_t>),
               OFFLOOP_INSTANCE("i32", countNonzero_kernel::Whole<int32_t, uint32_t, int32_t>),
               OFFLOOP_INSTANCE("u32", countNonzero_kernel::Whole<uint32_t, uint32_t, int32_t>),
               OFFLOOP_INSTANCE("i64", countNonzero_kernel::Whole<int64_t, uint64_t, int64_t>),
               OFFLOOP_INSTANCE("u64", countNonzero_kernel::Whole<uint64_t, uint64_t, int64_t>),
               OFFLOOP_INSTANCE("axis", reduction::Along<countNonzero_kernel::Counted>))

}  // namespace offloop::OFFLOOP_ISA
