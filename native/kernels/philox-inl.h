// Philox 4x32-10: random words by their number; twin: src/kernels/philox.twin.ts.
//
// A block of four 32-bit words is a bijection of a 128-bit counter, chosen by a 64-bit key: no word depends on any
// other, so any part of a stream is made anywhere. The counter is the block's number (64 bits), what the words are for
// (so that no two functions share a word under one key), and zero. Words 0 and 1 are the block's first 64-bit word, low
// half first.
//
// Source: J. Salmon, M. Moraes, R. Dror and D. Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011.
#pragma once

#include "core/stream.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace philox {

namespace hn = hwy::HWY_NAMESPACE;

constexpr uint32_t kMultiply0 = 0xD2511F53, kMultiply1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

// Which words: of a key, for a use.
struct Source {
  uint32_t key0, key1, use;
};

// One block, for those who need few.
OFFLOOP_INLINE void Block(const Source& source, uint64_t block, uint32_t (&x)[4]) {
  x[0] = static_cast<uint32_t>(block), x[1] = static_cast<uint32_t>(block >> 32), x[2] = source.use, x[3] = 0;
  uint32_t k0 = source.key0, k1 = source.key1;
  for (int round = 0; round < kRounds; ++round, k0 += kWeyl0, k1 += kWeyl1) {
    const uint64_t p0 = uint64_t{kMultiply0} * x[0], p1 = uint64_t{kMultiply1} * x[2];
    x[0] = static_cast<uint32_t>(p1 >> 32) ^ x[1] ^ k0;
    x[2] = static_cast<uint32_t>(p0 >> 32) ^ x[3] ^ k1;
    x[1] = static_cast<uint32_t>(p1), x[3] = static_cast<uint32_t>(p0);
  }
}

// The rounds' keys, and what the first two rounds make of the parts of the counter that stay the same.
struct Schedule {
  uint64_t first, second0, second2, third;
  uint64_t key0[kRounds], key1[kRounds];

  Schedule(const Source& source, uint32_t high) {
    uint32_t k0 = source.key0, k1 = source.key1;
    for (int round = 0; round < kRounds; ++round, k0 += kWeyl0, k1 += kWeyl1) key0[round] = k0, key1[round] = k1;
    const uint64_t p1 = uint64_t{kMultiply1} * source.use;
    const uint64_t p0 = kMultiply0 * ((p1 >> 32) ^ high ^ key0[0]);
    first = key1[0];
    second0 = (p1 & 0xFFFFFFFFu) ^ key0[1];
    second2 = (p0 >> 32) ^ key1[1];
    third = (p0 & 0xFFFFFFFFu) ^ key1[2];
  }
};

// The four words of a block in every lane; upper halves of lanes hold anything.
template <class D>
struct Words {
  hn::VFromD<D> x0, x1, x2, x3;
};

template <class D>
OFFLOOP_INLINE hn::VFromD<D> Product(D, hn::VFromD<D> a, hn::VFromD<D> b) {
  const hn::Repartition<uint32_t, D> d32;
  return hn::MulEven(hn::BitCast(d32, a), hn::BitCast(d32, b));
}
// The upper half below; a shuffle, since multiplications and shifts share a port.
template <class D>
OFFLOOP_INLINE hn::VFromD<D> Upper(D d, hn::VFromD<D> a) {
  return hn::BitCast(d, hn::Shuffle2301(hn::BitCast(hn::Repartition<uint32_t, D>(), a)));
}

template <class D>
OFFLOOP_INLINE Words<D> Run(D d, const Schedule& s, hn::VFromD<D> low) {
  using V = hn::VFromD<D>;
  const V m0 = hn::Set(d, kMultiply0), m1 = hn::Set(d, kMultiply1);
  V p0 = Product(d, m0, low);
  V p1 = Product(d, m1, hn::Xor(Upper(d, p0), hn::Set(d, s.first)));
  V x0 = hn::Xor(Upper(d, p1), hn::Set(d, s.second0));
  V x1 = p1;
  V x2 = hn::Xor(p0, hn::Set(d, s.second2));
  p0 = Product(d, m0, x0);
  p1 = Product(d, m1, x2);
  x0 = hn::Xor3(Upper(d, p1), x1, hn::Set(d, s.key0[2]));
  x2 = hn::Xor(Upper(d, p0), hn::Set(d, s.third));
  V x3 = p0;
  x1 = p1;
#pragma GCC unroll 8
  for (int round = 3; round < kRounds; ++round) {
    p0 = Product(d, m0, x0);
    p1 = Product(d, m1, x2);
    x0 = hn::Xor3(Upper(d, p1), x1, hn::Set(d, s.key0[round]));
    x2 = hn::Xor3(Upper(d, p0), x3, hn::Set(d, s.key1[round]));
    x1 = p1;
    x3 = p0;
  }
  return {x0, x1, x2, x3};
}

// Elements of 64 bits, two of a block: Op::Run(d, words, even, odd) makes those with an even number and their
// successors. A line of its own begins with `out` where `past`, and 2^32 blocks hold all of them.
template <class Op, class T>
HWY_NOINLINE void FillEpoch(const Source& source, const Op& op, uint64_t first, T* out, int64_t n, bool past) {
  const hn::ScalableTag<uint64_t> d;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(d));
  const hn::Rebind<T, decltype(d)> dt;
  const Schedule schedule(source, static_cast<uint32_t>(first >> 33));
  const Op make = op;  // no store can change it
  // Lanes hold the blocks in such an order that interleaving within 16 bytes leaves them in a row.
  alignas(64) uint64_t order[kLanes];
  for (int64_t lane = 0; lane < kLanes; ++lane)
    order[lane] = static_cast<uint64_t>(lane / 2 + (lane & 1) * (kLanes / 2)) + (first >> 1);
  auto low = hn::Load(d, order);
  const auto step = hn::Set(d, static_cast<uint64_t>(kLanes));
  for (int64_t at = -static_cast<int64_t>(first & 1); at < n; at += 2 * kLanes) {
    hn::VFromD<decltype(dt)> even, odd;
    make.Make(d, Run(d, schedule, low), even, odd);
    low = hn::Add(low, step);
    const auto a = hn::InterleaveLower(dt, even, odd), b = hn::InterleaveUpper(dt, even, odd);
    if (HWY_UNLIKELY(at < 0 || n - at < 2 * kLanes)) {
      alignas(64) T group[2 * kLanes];
      hn::Store(a, dt, group);
      hn::Store(b, dt, group + kLanes);
      const int64_t begin = at < 0 ? 1 : 0, end = n - at < 2 * kLanes ? n - at : 2 * kLanes;
      __builtin_memcpy(out + at + begin, group + begin, static_cast<size_t>(end - begin) * sizeof(T));
    } else if (past) {
      hn::Stream(a, dt, out + at);
      hn::Stream(b, dt, out + at + kLanes);
    } else {
      hn::StoreU(a, dt, out + at);
      hn::StoreU(b, dt, out + at + kLanes);
    }
  }
}

constexpr int64_t kBuffer = 512;

// The elements numbered `first` and on. `past`: whole lines go past the caches; the grain ends with StreamFence.
template <class Op, class T>
void Fill(const Source& source, const Op& op, uint64_t first, T* out, int64_t n, bool past) {
  constexpr uint64_t kEpoch = uint64_t{1} << 33;
  while (n > 0) {
    // To the next line, the end of 2^32 blocks, or of a buffer where lines begin with a block's second element.
    int64_t count = n;
    bool direct = past;
    if (past) {
      const int64_t over =
          static_cast<int64_t>(reinterpret_cast<uintptr_t>(out) % 64) / static_cast<int64_t>(sizeof(T));
      if (over > 0)
        count = 64 / static_cast<int64_t>(sizeof(T)) - over, direct = false;
      else if (first & 1)
        count = kBuffer, direct = false;
    }
    const uint64_t left = kEpoch - first % kEpoch;
    if (count > n) count = n;
    if (static_cast<uint64_t>(count) > left) count = static_cast<int64_t>(left);
    if (past && !direct) {
      alignas(64) T buffer[kBuffer];
      FillEpoch(source, op, first, buffer, count, false);
      StreamPut(out, buffer, count * static_cast<int64_t>(sizeof(T)), true);
    } else {
      FillEpoch(source, op, first, out, count, direct);
    }
    first += static_cast<uint64_t>(count), out += count, n -= count;
  }
}

// The 64-bit words themselves.
struct Plain {
  template <class D, class V>
  OFFLOOP_INLINE void Make(D d, const Words<D>& w, V& even, V& odd) const {
    even = Whole(d, w.x0, w.x1);
    odd = Whole(d, w.x2, w.x3);
  }
  template <class D>
  static OFFLOOP_INLINE hn::VFromD<D> Whole(D d, hn::VFromD<D> low, hn::VFromD<D> high) {
    const hn::Repartition<uint32_t, D> d32;
    return hn::BitCast(d, hn::OddEven(hn::BitCast(d32, hn::ShiftLeft<32>(high)), hn::BitCast(d32, low)));
  }
};

}  // namespace philox
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
