// Scans: out[i] = x[0] joined … joined x[i].
//
// Runs of 64 elements, each from its own start; the runs of a block of 32,768, each from the block's start; the
// blocks in order (core/chain.h): out[i] = before the block + (before the run + within the run). What is before a
// run or block is exactly what the last element there was given, so a sum of elements >= 0 never falls. The error
// of a sum is at most (64 + 512 + n/32768) u sum|x|, against n u sum|x| of a plain loop.
#pragma once

#include "core/chain.h"
#include "core/stream.h"
#include "kernels/runs-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace scan {

using runs::kAbreast;
using runs::kRun;
using runs::kTile;

constexpr int64_t kBlock = 32768;

struct Arrays {
  const void* x;
  void* out;
  int64_t size;
  Dtype in_type, out_type;
  bool past;

  OFFLOOP_INLINE int64_t End(int64_t block) const { return (block + 1) * kBlock < size ? (block + 1) * kBlock : size; }
};

template <class Op, class T>
struct Scan {
  // T is double or a 64-bit integer.
  static OFFLOOP_INLINE const T* Load(const Arrays& a, int64_t at, int64_t end, T* buffer) {
    return reinterpret_cast<const T*>(StreamLoad(a.x, a.in_type, at, end, kTile, reinterpret_cast<double*>(buffer)));
  }

  static uint64_t Total(const void* context, int64_t block) {
    const auto& a = *static_cast<const Arrays*>(context);
    T buffer[kTile], totals[kAbreast];
    T sum = Op::template kNone<T>;
    const int64_t end = a.End(block);
    for (int64_t at = block * kBlock; at < end; at += kTile) {
      runs::Prefix<Op, T, false>(Load(a, at, end, buffer), kRun, nullptr, totals,
                                 runs::Later(a.x, a.in_type, at, kTile));
      for (int64_t r = 0; r < kAbreast; ++r) sum = Op::Join1(sum, totals[r]);
    }
    return __builtin_bit_cast(uint64_t, sum);
  }

  static uint64_t Write(const void* context, int64_t block, uint64_t bits) {
    const auto& a = *static_cast<const Arrays*>(context);
    const T before = __builtin_bit_cast(T, bits);
    alignas(64) T tile[kTile];
    T totals[kAbreast];
    T sum = Op::template kNone<T>;
    const int64_t end = a.End(block);
    for (int64_t at = block * kBlock; at < end; at += kTile) {
      runs::Prefix<Op, T>(Load(a, at, end, tile), kRun, tile, totals, runs::Later(a.x, a.in_type, at, kTile));
      for (int64_t r = 0; r < kAbreast; ++r) {
        Finish(tile + r * kRun, sum, before);
        sum = Op::Join1(sum, totals[r]);
      }
      StreamStore(a.out, a.out_type, at, end - at < kTile ? end - at : kTile, reinterpret_cast<double*>(tile), a.past);
    }
    if (a.past) StreamFence();
    return __builtin_bit_cast(uint64_t, sum);
  }

  static uint64_t Join(uint64_t a, uint64_t b) {
    return __builtin_bit_cast(uint64_t, Op::Join1(__builtin_bit_cast(T, a), __builtin_bit_cast(T, b)));
  }

  // One run: before the block + (before the run + within it).
  static OFFLOOP_INLINE void Finish(T* run, T before_run, T before_block) {
    runs::Quad<T> first, second;
    runs::Fill(before_block, first);
    runs::Fill(before_run, second);
    for (int64_t i = 0; i < kRun; i += 4) {
      runs::Quad<T> value;
      __builtin_memcpy(&value, run + i, sizeof value);
      Op::Join(second, value, value);
      Op::Join(first, value, value);
      __builtin_memcpy(run + i, &value, sizeof value);
    }
  }
};

template <class Op, class T, class X, class Y>
Status Run(Job& job, In<X> x, Out<Y> out) {
  if (x.size <= 0) return job.status();
  const bool in_place = static_cast<const void*>(x.data) == static_cast<const void*>(out.data);
  const bool past = x.size * static_cast<int64_t>(sizeof(Y)) >= kStreamBytes && !in_place;
  const Arrays arrays{x.data, out.data, x.size, DtypeOf<X>(), DtypeOf<Y>(), past};
  using S = Scan<Op, T>;
  const ChainSteps steps{__builtin_bit_cast(uint64_t, Op::template kNone<T>), &S::Total, &S::Write, &S::Join, in_place};
  return RunChain(job, (x.size + kBlock - 1) / kBlock, steps, &arrays);
}

}  // namespace scan
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
