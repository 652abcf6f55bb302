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
#include "kernels/simd-inl.h"

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

// Finishes a tile, and writes it, while the totals within the next are under way: before the block + (before the run +
// within it). So reads, arithmetic and stores past the caches overlap.
//
// A line of the result begins `over_` elements before a multiple of eight of the block: arrays do not begin with a
// line.
template <class Op, class T>
class Finisher {
 public:
  Finisher(const Arrays& a, int64_t at, T before)
      : arrays_(a),
        direct_(a.past && a.out_type != Dtype::kF32 && a.out_type != Dtype::kI32 && a.out_type != Dtype::kU32),
        before_block_(before) {
    to_ = static_cast<T*>(a.out) + at - kTile;
    if (direct_) over_ = static_cast<int64_t>(reinterpret_cast<uintptr_t>(to_) % kLine) / 8;
  }

  // Where the next tile's totals go.
  T* Next() { return buffer_[next_] + kRoom; }

  // What lies in Next() is finished from now on: n elements, of the array's at `at`. Returns where what is before each
  // of its runs goes, kSpread times.
  T* Begin(int64_t at, int64_t n) {
    Put();
    T* const next = Next();
    const bool first = tile_ == nullptr;
    for (int64_t i = -kSpread; i < 0 && !first; ++i)
      next[i] = tile_[kTile + i], spread_[0][i + kSpread] = spread_[kAbreast][0];
    tile_ = next;
    next_ ^= 1;
    at_ = at;
    size_ = n;
    if (direct_) to_ += kTile;
    from_ = first && over_ > 0 ? 1 : 0;
    return spread_[1];
  }
  // Once that is there.
  void Ready() {
    if (direct_ && from_ > 0) Some(0, kSpread - over_ < size_ ? kSpread - over_ : size_);
  }

  // Elements 8i to 8i + 32 of the tile, i a multiple of 4.
  OFFLOOP_INLINE void operator()(int64_t i) {
    if (tile_ == nullptr) return;
    if (!direct_) {
      T* const at = tile_ + 8 * i;
      runs::Quad<T> value;
      for (int64_t k = 0; k < 32; k += 4) {
        Finish(at + k, spread_[1 + 8 * i / kRun], before_block_, value);
        __builtin_memcpy(at + k, &value, sizeof value);
      }
      return;
    }
    const T *const tile = tile_ - over_, *const before = spread_[1 + 8 * i / kRun];
    T* const to = to_ - over_;
    const int64_t lines = (size_ + over_) / 8, end = i + 4 < lines ? i + 4 : lines;
    const T before_block = before_block_;
    for (int64_t k = i > from_ ? i : from_; k < end; ++k)
      Line(tile + 8 * k, k % 8 == 0 ? before - over_ : before, before_block, to + 8 * k);
  }

  void End() {
    for (int64_t i = 0; 8 * i < size_ + over_ && i < kRun; i += 4) (*this)(i);
    Put();
    if (direct_ && tile_ != nullptr) {
      const int64_t lines = (size_ + over_) / 8;
      Some(lines < from_ ? size_ : 8 * lines - over_, size_);
    }
    if (arrays_.past) StreamFence();
  }

 private:
  static constexpr int64_t kLine = 64, kSpread = 8, kRoom = 32;

  static OFFLOOP_INLINE void Finish(const T* at, const T* before_run, T before_block, runs::Quad<T>& to) {
    runs::Quad<T> run, block;
    __builtin_memcpy(&to, at, sizeof to);
    __builtin_memcpy(&run, before_run, sizeof run);
    runs::Fill(before_block, block);
    Op::Join(run, to, to);
    Op::Join(block, to, to);
  }
  static OFFLOOP_INLINE void Line(const T* at, const T* before_run, T before_block, T* to) {
    const hwy::HWY_NAMESPACE::CappedTag<T, 4> d;
    const int64_t lanes = static_cast<int64_t>(hwy::HWY_NAMESPACE::Lanes(d));
    for (int64_t half = 0; half < 8; half += 4) {
      runs::Quad<T> value;
      T parts[4];
      Finish(at + half, before_run + half, before_block, value);
      __builtin_memcpy(parts, &value, sizeof value);
      for (int64_t k = 0; k < 4; k += lanes)
        hwy::HWY_NAMESPACE::Stream(hwy::HWY_NAMESPACE::LoadU(d, parts + k), d, to + half + k);
    }
  }
  // Elements that do not fill a line.
  void Some(int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T run = i < 0 ? spread_[0][0] : spread_[1 + i / kRun][0];
      to_[i] = Op::Join1(before_block_, Op::Join1(run, tile_[i]));
    }
  }
  void Put() {
    if (tile_ != nullptr && !direct_)
      StreamStore(arrays_.out, arrays_.out_type, at_, size_, reinterpret_cast<double*>(tile_), arrays_.past);
  }

  const Arrays& arrays_;
  const bool direct_;
  const T before_block_;
  T* tile_ = nullptr;  // its first element; what is before it is there too
  T* to_;              // where that goes
  int64_t at_ = 0, size_ = 0, over_ = 0;
  int64_t from_ = 0;  // the tile's first whole line
  int next_ = 0;
  T spread_[1 + kAbreast][kSpread];
  // A tile is half a run past where an array's tile lies in its page: reads do not wait for stores 4 KB before them.
  alignas(512) T buffer_[2][2 * kRoom + kTile];
};

template <class Op, class T>
struct Scan {
  // T is double or a 64-bit integer.
  static OFFLOOP_INLINE const T* Load(const Arrays& a, int64_t at, int64_t end, T* buffer) {
    return reinterpret_cast<const T*>(StreamLoad(a.x, a.in_type, at, end, kTile, reinterpret_cast<double*>(buffer)));
  }

  static uint64_t Total(const void* context, int64_t block) {
    const auto& a = *static_cast<const Arrays*>(context);
    T sum = Op::template kNone<T>;
    const int64_t end = a.End(block);
    if (end - block * kBlock == kBlock && a.in_type != Dtype::kF32 && a.in_type != Dtype::kI32 &&
        a.in_type != Dtype::kU32) {
      // Eight streams: they draw more from memory than one. Runs are still joined in order.
      constexpr int64_t kPart = kBlock / kAbreast, kRuns = kPart / kRun;
      T part[kRuns][kAbreast];
      const T* x = static_cast<const T*>(a.x) + block * kBlock;
      for (int64_t k = 0; k < kRuns; ++k) runs::Totals<Op>(x + k * kRun, kPart, part[k], 512);
      for (int64_t r = 0; r < kAbreast; ++r)
        for (int64_t k = 0; k < kRuns; ++k) sum = Op::Join1(sum, part[k][r]);
      return __builtin_bit_cast(uint64_t, sum);
    }
    T buffer[kTile], totals[kAbreast];
    for (int64_t at = block * kBlock; at < end; at += kTile) {
      runs::Prefix<Op, T, false>(Load(a, at, end, buffer), kRun, nullptr, totals,
                                 runs::Later(a.x, a.in_type, at, kTile));
      for (int64_t r = 0; r < kAbreast; ++r) sum = Op::Join1(sum, totals[r]);
    }
    return __builtin_bit_cast(uint64_t, sum);
  }

  static uint64_t Write(const void* context, int64_t block, uint64_t bits) {
    const auto& a = *static_cast<const Arrays*>(context);
    Finisher<Op, T> finisher(a, block * kBlock, __builtin_bit_cast(T, bits));
    T totals[kAbreast];
    T sum = Op::template kNone<T>;
    const int64_t end = a.End(block);
    for (int64_t at = block * kBlock; at < end; at += kTile) {
      T* const tile = finisher.Next();
      runs::Prefix<Op, T, true, Finisher<Op, T>&>(Load(a, at, end, tile), kRun, tile, totals,
                                                  runs::Later(a.x, a.in_type, at, kTile), finisher);
      T* const before = finisher.Begin(at, end - at < kTile ? end - at : kTile);
      for (int64_t r = 0; r < kAbreast; ++r) {
        for (int64_t i = 0; i < 8; ++i) before[8 * r + i] = sum;
        sum = Op::Join1(sum, totals[r]);
      }
      finisher.Ready();
    }
    finisher.End();
    return __builtin_bit_cast(uint64_t, sum);
  }

  static uint64_t Join(uint64_t a, uint64_t b) {
    return __builtin_bit_cast(uint64_t, Op::Join1(__builtin_bit_cast(T, a), __builtin_bit_cast(T, b)));
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
