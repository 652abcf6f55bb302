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

// A vector of operands of type T; of a mask's bytes as integers of the width of D's lanes.
template <class D, class T>
OFFLOOP_INLINE auto LoadOperand(D d, const T* from) {
  if constexpr (sizeof(T) == sizeof(hn::TFromD<D>)) {
    return hn::LoadU(d, from);
  } else {
    static_assert(sizeof(T) == 1);
    const auto bytes = hn::LoadU(hn::Rebind<uint8_t, D>(), from);
    const auto words = hn::PromoteTo(hn::Rebind<uint32_t, D>(), bytes);
    if constexpr (sizeof(hn::TFromD<D>) == 4)
      return words;
    else
      return hn::PromoteTo(hn::RebindToUnsigned<D>(), words);
  }
}

// Applies Op to vectors of T; the last, partial vector is padded with the chunk's own last elements. The first
// operand may be of another type (a mask).
template <class T, class Op, int kCount, class First = T>
struct Chunk {
  static void Run(const void* const* in, void* to, int64_t n, bool past) {
    if (past) return RunPast(in, to, n);
    const hn::ScalableTag<T> d;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    T* out = static_cast<T*>(to);
    const First* a = static_cast<const First*>(in[0]);
    const T* b = static_cast<const T*>(in[kCount > 1 ? 1 : 0]);
    const T* c = static_cast<const T*>(in[kCount > 2 ? 2 : 0]);
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes) hn::StoreU(Apply(d, a + i, b + i, c + i), d, out + i);
    if (i < n) {
      First pad_a[hn::MaxLanes(d)];
      T pad_b[hn::MaxLanes(d)], pad_c[hn::MaxLanes(d)];
      const hn::Rebind<First, hn::ScalableTag<T>> first;
      hn::StoreU(hn::Set(first, a[n - 1]), first, pad_a);
      __builtin_memcpy(pad_a, a + i, static_cast<size_t>(n - i) * sizeof(First));
      if constexpr (kCount > 1) {
        hn::StoreU(hn::Set(d, b[n - 1]), d, pad_b);
        __builtin_memcpy(pad_b, b + i, static_cast<size_t>(n - i) * sizeof(T));
      }
      if constexpr (kCount > 2) {
        hn::StoreU(hn::Set(d, c[n - 1]), d, pad_c);
        __builtin_memcpy(pad_c, c + i, static_cast<size_t>(n - i) * sizeof(T));
      }
      T result[hn::MaxLanes(d)];
      hn::StoreU(Apply(d, pad_a, pad_b, pad_c), d, result);
      __builtin_memcpy(out + i, result, static_cast<size_t>(n - i) * sizeof(T));
    }
  }

 private:
  static void RunPast(const void* const* in, void* to, int64_t n) {
    const hn::ScalableTag<T> d;
    const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
    constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));
    T* out = static_cast<T*>(to);
    const First* a = static_cast<const First*>(in[0]);
    const T* b = static_cast<const T*>(in[kCount > 1 ? 1 : 0]);
    const T* c = static_cast<const T*>(in[kCount > 2 ? 2 : 0]);
    for (int64_t i = 0; i < n; i += kLine) {
      if (sizeof(First) == sizeof(T) || i % 64 == 0) __builtin_prefetch(a + i + n);
      if constexpr (kCount > 1) __builtin_prefetch(b + i + n);
      if constexpr (kCount > 2) __builtin_prefetch(c + i + n);
      for (int64_t k = i; k < i + kLine; k += lanes) hn::Stream(Apply(d, a + k, b + k, c + k), d, out + k);
    }
  }

  template <class D>
  static OFFLOOP_INLINE hn::VFromD<D> Apply(D d, const First* a, const T* b, const T* c) {
    if constexpr (kCount == 1)
      return Op::Run(d, LoadOperand(d, a));
    else if constexpr (kCount == 2)
      return Op::Run(d, LoadOperand(d, a), hn::LoadU(d, b));
    else
      return Op::Run(d, LoadOperand(d, a), hn::LoadU(d, b), hn::LoadU(d, c));
  }
};

template <class T, class Op>
Status Map1(Job& job, In<T> a, Out<T> out) {
  const MapOperand in[] = {{a.data, a.size, sizeof(T)}};
  return RunMap(job, in, 1, out.data, sizeof(T), out.size, &Chunk<T, Op, 1>::Run, true);
}
// Operands of length 1 are repeated.
template <class T, class Op>
Status Map2(Job& job, In<T> a, In<T> b, Out<T> out) {
  const MapOperand in[] = {{a.data, a.size, sizeof(T)}, {b.data, b.size, sizeof(T)}};
  return RunMap(job, in, 2, out.data, sizeof(T), out.size, &Chunk<T, Op, 2>::Run, true);
}
template <class T, class Op>
Status Map3(Job& job, In<T> a, In<T> b, In<T> c, Out<T> out) {
  const MapOperand in[] = {{a.data, a.size, sizeof(T)}, {b.data, b.size, sizeof(T)}, {c.data, c.size, sizeof(T)}};
  return RunMap(job, in, 3, out.data, sizeof(T), out.size, &Chunk<T, Op, 3>::Run, true);
}

// Chosen by a mask of bytes, its length the result's or 1.
template <class T, class Op>
Status MapMasked(Job& job, In<uint8_t> mask, In<T> a, In<T> b, Out<T> out) {
  const MapOperand in[] = {{mask.data, mask.size, 1}, {a.data, a.size, sizeof(T)}, {b.data, b.size, sizeof(T)}};
  return RunMap(job, in, 3, out.data, sizeof(T), out.size, &Chunk<T, Op, 3, uint8_t>::Run, true);
}

}  // namespace
}  // namespace offloop::OFFLOOP_ISA
