// cumprod: running products, one multiplication after the other.
//
// On one thread, on purpose. Products joined from blocks would be other numbers wherever a block on its own leaves the
// range of a double: 1e-300 * (1e300 * 1e300) is infinite, (1e-300 * 1e300) * 1e300 is not.
// Levels: avx2 sse4

#include "core/job.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace cumprod_kernel {

constexpr int64_t kStep = 65536;  // 0.1 ms

template <class T>
Status Run(Job& job, In<T> x, Out<T> out) {
  job.Total((x.size + kStep - 1) / kStep);
  double product = 1;
  for (int64_t at = 0; at < x.size; at += kStep) {
    const int64_t end = at + kStep < x.size ? at + kStep : x.size;
    const bool ran = job.Serial([&] {
      double p = product;
      for (int64_t i = at; i < end; ++i) out.data[i] = static_cast<T>(p *= x.data[i]);
      product = p;
    });
    if (!ran) break;
  }
  return job.status();
}

}  // namespace cumprod_kernel
}  // namespace

OFFLOOP_KERNEL(cumprod, OFFLOOP_INSTANCE("f64", cumprod_kernel::Run<double>),
               OFFLOOP_INSTANCE("f32", cumprod_kernel::Run<float>))

}  // namespace offloop::OFFLOOP_ISA
