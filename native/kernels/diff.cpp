// diff: n-th differences. A chunk of results is differenced n times in the first cache, from n elements more than it
// has; more than 64 times goes through memory, 64 at a time. Integers wrap.
// Levels: avx2 sse4

#include "core/stream.h"
#include "kernels/map-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace diff_kernel {

constexpr int64_t kBlock = 16384, kChunk = 1024, kOrder = 64, kBytes = 8;

// out[0 .. n): the differences of x[0 .. n]. `out` may be x.
using Once = void (*)(const void* x, void* out, int64_t n);

template <class T>
void Differences(const void* from, void* to, int64_t n) {
  typedef T Vector __attribute__((vector_size(32)));
  constexpr int64_t kLanes = 32 / sizeof(T);
  const T* x = static_cast<const T*>(from);
  T* out = static_cast<T*>(to);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Vector a, b;
    __builtin_memcpy(&a, x + i, sizeof a);
    __builtin_memcpy(&b, x + i + 1, sizeof b);
    b -= a;
    __builtin_memcpy(out + i, &b, sizeof b);
  }
#pragma clang loop vectorize(disable) unroll(disable)
  for (; i < n; ++i) out[i] = x[i + 1] - x[i];
}

// out[0 .. size): `order` differences of x[0 .. size + order).
bool Pass(Job& job, Once once, int64_t width, const char* x, int64_t order, char* out, int64_t size) {
  const bool past = size * width >= kStreamBytes;
  return job.Blocks(size, kBlock, [=](int64_t begin, int64_t end) {
    alignas(64) char buffer[(kChunk + kOrder) * kBytes];
    for (int64_t at = begin; at < end; at += kChunk) {
      const int64_t n = end - at < kChunk ? end - at : kChunk;
      if (order == 0)
        __builtin_memcpy(buffer, x + at * width, static_cast<size_t>(n * width));
      else
        once(x + at * width, buffer, n + order - 1);
      for (int64_t k = order - 2; k >= 0; --k) once(buffer, buffer, n + k);
      StreamPut(out + at * width, buffer, n * width, past);
    }
    if (past) StreamFence();
  });
}

Status Passes(Job& job, Once once, int64_t width, const void* in, int64_t in_size, int64_t order, void* out,
              int64_t size) {
  if (size <= 0) return job.status();
  const int64_t passes = order == 0 ? 1 : (order + kOrder - 1) / kOrder;
  int64_t total = 0;
  for (int64_t k = 1; k <= passes; ++k) total += (in_size - (k < passes ? k * kOrder : order) + kBlock - 1) / kBlock;
  job.Total(total);
  char* scratch[2] = {nullptr, nullptr};
  for (int64_t k = 0; k + 1 < passes && k < 2; ++k) {
    scratch[k] = job.Scratch<char>((in_size - kOrder) * width);
    if (scratch[k] == nullptr) return Status::kNoMemory;
  }
  const char* x = static_cast<const char*>(in);
  for (int64_t k = 0; k + 1 < passes; ++k) {
    if (!Pass(job, once, width, x, kOrder, scratch[k % 2], in_size - (k + 1) * kOrder)) return job.status();
    x = scratch[k % 2];
  }
  Pass(job, once, width, x, order - (passes - 1) * kOrder, static_cast<char*>(out), size);
  return job.status();
}

struct Op {
  template <class D, class V>
  static OFFLOOP_INLINE V Run(D, V later, V earlier) {
    return hn::Sub(later, earlier);
  }
};

// T: what X is subtracted as.
template <class T, class X>
Status Run(Job& job, In<X> x, int64_t order, Out<X> out) {
  if (order == 1 && out.size > 1) {
    const MapOperand in[] = {{x.data + 1, out.size, sizeof(T)}, {x.data, out.size, sizeof(T)}};
    return RunMap(job, in, 2, out.data, sizeof(T), out.size, &Chunk<T, Op, 2>::Run, true);
  }
  return Passes(job, &Differences<T>, sizeof(T), x.data, x.size, order, out.data, out.size);
}

}  // namespace diff_kernel
}  // namespace

OFFLOOP_KERNEL(diff, OFFLOOP_INSTANCE("f64", diff_kernel::Run<double, double>),
               OFFLOOP_INSTANCE("f32", diff_kernel::Run<float, float>),
               OFFLOOP_INSTANCE("i32", diff_kernel::Run<uint32_t, int32_t>),
               OFFLOOP_INSTANCE("u32", diff_kernel::Run<uint32_t, uint32_t>),
               OFFLOOP_INSTANCE("i64", diff_kernel::Run<uint64_t, int64_t>),
               OFFLOOP_INSTANCE("u64", diff_kernel::Run<uint64_t, uint64_t>))

}  // namespace offloop::OFFLOOP_ISA
