// Elementary functions: how an operation on vectors becomes a kernel of two precisions.
//
// exact: Op::Exact(d, x) on doubles, in +, -, *, / and bit moves alone, whose order the twin in
// JavaScript repeats: the same bits everywhere. Floats pass through the same code by way of a small
// buffer, so their result is the exact double's, rounded once.
// fast: Op::Fast(d, x) on the element type, with FMA. SSE4 has no FMA and runs the exact code for both.
#pragma once

#include "core/map.h"
#include "core/widen.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace math {

namespace hn = hwy::HWY_NAMESPACE;

constexpr bool kHasFast = HWY_STATIC_TARGET != HWY_SSE4;

// Adding it rounds a small double to the nearest integer, which the low bits then hold.
constexpr double kMagic = 6755399441055744.0;  // 1.5 * 2^52

template <class D>
using Word = hn::RebindToUnsigned<D>;

template <class D>
OFFLOOP_INLINE hn::VFromD<D> Of(D d, double value) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(value));
}
template <class D, class V>
OFFLOOP_INLINE auto Bits(D, V x) {
  return hn::BitCast(Word<D>(), x);
}
template <class D>
OFFLOOP_INLINE auto Word64(D, uint64_t value) {
  return hn::Set(Word<D>(), static_cast<hn::TFromD<Word<D>>>(value));
}
// At most, at least the limit; a NaN stays one (Min and Max lose it on arm64).
template <class D, class V>
OFFLOOP_INLINE V AtMost(D, V x, V limit) {
  return hn::IfThenElse(hn::Gt(x, limit), limit, x);
}
template <class D, class V>
OFFLOOP_INLINE V AtLeast(D, V x, V limit) {
  return hn::IfThenElse(hn::Lt(x, limit), limit, x);
}
// 2^k of t = k + kMagic, for k in [-1022, 1023].
template <class D, class V>
OFFLOOP_INLINE V Power(D d, V t) {
  return hn::BitCast(d, hn::ShiftLeft<52>(Bits(d, t) + Word64(d, 1023)));
}
// y * 2^k for whole k in [-1100, 1100] and y near 1, rounded once where the result is denormal.
template <class D, class V>
OFFLOOP_INLINE V Scale(D d, V y, V k) {
  const V magic = Of(d, kMagic);
  const V half = k * Of(d, 0.5) + magic;
  return y * Power(d, half) * Power(d, k - (half - magic) + magic);
}
// The upper 53 - s bits of x, rounded to nearest; `factor` is 2^s + 1 (Veltkamp's splitting).
template <class D, class V>
OFFLOOP_INLINE V Upper(D d, V x, double factor) {
  const V c = x * Of(d, factor);
  return c - (c - x);
}

template <class Op, int kCount, class D>
OFFLOOP_INLINE hn::VFromD<D> ApplyExact(D d, const hn::TFromD<D>* const* x) {
  if constexpr (kCount == 1)
    return Op::Exact(d, hn::LoadU(d, x[0]));
  else
    return Op::Exact(d, hn::LoadU(d, x[0]), hn::LoadU(d, x[1]));
}
template <class Op, int kCount, class D>
OFFLOOP_INLINE hn::VFromD<D> ApplyFast(D d, const hn::TFromD<D>* const* x) {
  if constexpr (kCount == 1)
    return Op::Fast(d, hn::LoadU(d, x[0]));
  else
    return Op::Fast(d, hn::LoadU(d, x[0]), hn::LoadU(d, x[1]));
}

// One copy of the operation, which the last, partial vector uses as well: by way of a call to itself, since a loop with
// a call in it keeps no constant in a register. Never inlined: two callers share it.
template <class T, class Op, int kCount, bool kFast>
__attribute__((noinline)) void Chunk(const void* const* in, void* to, int64_t n, bool past) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  T* out = static_cast<T*>(to);
  const T* x[kCount];
  for (int k = 0; k < kCount; ++k) x[k] = static_cast<const T*>(in[k]);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes, out += lanes) {
    hn::VFromD<decltype(d)> value;
    if constexpr (kFast)
      value = ApplyFast<Op, kCount>(d, x);
    else
      value = ApplyExact<Op, kCount>(d, x);
    if (past) {
      for (int k = 0; k < kCount; ++k) __builtin_prefetch(x[k] + n);
      hn::Stream(value, d, out);
    } else {
      hn::StoreU(value, d, out);
    }
    for (int k = 0; k < kCount; ++k) x[k] += lanes;
  }
  if (i == n) return;
  T padded[kCount][hn::MaxLanes(d)], result[hn::MaxLanes(d)];
  const void* rest[kCount];
  for (int k = 0; k < kCount; ++k) {
    hn::StoreU(hn::Set(d, x[k][0]), d, padded[k]);
    __builtin_memcpy(padded[k], x[k], static_cast<size_t>(n - i) * sizeof(T));
    rest[k] = padded[k];
  }
  Chunk<T, Op, kCount, kFast>(rest, result, lanes, false);
  __builtin_memcpy(out, result, static_cast<size_t>(n - i) * sizeof(T));
}

template <class Op, int kCount>
void Singles(const void* const* in, void* to, int64_t n, bool) {
  Widened(in, kCount, to, n, &Chunk<double, Op, kCount, false>);
}

// The chunk function of Op for elements of type T.
template <class T, class Op, int kCount>
OFFLOOP_INLINE MapChunk Choose(bool fast) {
  MapChunk exact;
  if constexpr (sizeof(T) == 8)
    exact = &Chunk<double, Op, kCount, false>;
  else
    exact = &Singles<Op, kCount>;
  if constexpr (kHasFast && (sizeof(T) == 4 || Op::kFastDoubles))
    return fast ? &Chunk<T, Op, kCount, true> : exact;
  else
    return exact;
}

// Exact floats pass through a buffer.
template <class T>
constexpr bool CanPast(bool fast) {
  return sizeof(T) == 8 || (fast && kHasFast);
}

template <class T, class Op>
Status Math1(Job& job, In<T> x, bool fast, Out<T> out) {
  const MapOperand in[] = {{x.data, x.size, sizeof(T)}};
  return RunMap(job, in, 1, out.data, sizeof(T), out.size, Choose<T, Op, 1>(fast), CanPast<T>(fast));
}
// Operands of length 1 are repeated.
template <class T, class Op>
Status Math2(Job& job, In<T> a, In<T> b, bool fast, Out<T> out) {
  const MapOperand in[] = {{a.data, a.size, sizeof(T)}, {b.data, b.size, sizeof(T)}};
  return RunMap(job, in, 2, out.data, sizeof(T), out.size, Choose<T, Op, 2>(fast), CanPast<T>(fast));
}

}  // namespace math
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
