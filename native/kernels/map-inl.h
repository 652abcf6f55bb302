// Elementwise kernels: f on a vector, turned into a kernel function for core/map.h.
//
//   struct AddOp { template <class D, class V> static OFFLOOP_INLINE V Run(D, V a, V b) { return hn::Add(a, b); } };
//   OFFLOOP_KERNEL(add, OFFLOOP_INSTANCE("f64", Map2<double, AddOp>), OFFLOOP_INSTANCE("f32", Map2<float, AddOp>))
#pragma once

#include "core/map.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Applies Op to vectors of T; the last, partial vector is padded with the chunk's own first elements.
template <class T, class Op, int kCount>
struct Chunk {
  static void Run(const void* const* in, void* to, int64_t n) {
    const hn::ScalableTag<T> d;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    T* out = static_cast<T*>(to);
    const T* x[kCount];
    for (int k = 0; k < kCount; ++k) x[k] = static_cast<const T*>(in[k]);
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes) hn::StoreU(Apply(d, x, i), d, out + i);
    if (i < n) {
      T padded[kCount][hn::MaxLanes(d)];
      T result[hn::MaxLanes(d)];
      const T* p[kCount];
      for (int k = 0; k < kCount; ++k) {
        for (int64_t j = 0; j < lanes; ++j) padded[k][j] = x[k][i + j < n ? i + j : n - 1];
        p[k] = padded[k];
      }
      hn::StoreU(Apply(d, p, 0), d, result);
      for (int64_t j = 0; i + j < n; ++j) out[i + j] = result[j];
    }
  }

 private:
  template <class D>
  static OFFLOOP_INLINE hn::VFromD<D> Apply(D d, const T* const* x, int64_t i) {
    if constexpr (kCount == 1)
      return Op::Run(d, hn::LoadU(d, x[0] + i));
    else if constexpr (kCount == 2)
      return Op::Run(d, hn::LoadU(d, x[0] + i), hn::LoadU(d, x[1] + i));
    else
      return Op::Run(d, hn::LoadU(d, x[0] + i), hn::LoadU(d, x[1] + i), hn::LoadU(d, x[2] + i));
  }
};

template <class T, class Op>
Status Map1(Job& job, In<T> a, Out<T> out) {
  const MapOperand in[] = {{a.data, a.size, sizeof(T)}};
  return RunMap(job, in, 1, out.data, sizeof(T), out.size, &Chunk<T, Op, 1>::Run);
}
// Operands of length 1 are repeated.
template <class T, class Op>
Status Map2(Job& job, In<T> a, In<T> b, Out<T> out) {
  const MapOperand in[] = {{a.data, a.size, sizeof(T)}, {b.data, b.size, sizeof(T)}};
  return RunMap(job, in, 2, out.data, sizeof(T), out.size, &Chunk<T, Op, 2>::Run);
}
template <class T, class Op>
Status Map3(Job& job, In<T> a, In<T> b, In<T> c, Out<T> out) {
  const MapOperand in[] = {{a.data, a.size, sizeof(T)}, {b.data, b.size, sizeof(T)}, {c.data, c.size, sizeof(T)}};
  return RunMap(job, in, 3, out.data, sizeof(T), out.size, &Chunk<T, Op, 3>::Run);
}

}  // namespace
}  // namespace offloop::OFFLOOP_ISA
