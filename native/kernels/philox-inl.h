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
  uint64_t first, second0, second2, third, last0, last1;
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
    last0 = key0[kRounds - 1] << 32, last1 = key1[kRounds - 1] << 32;
  }
};

// The two 64-bit words of a block in every lane.
template <class D>
struct Words {
  hn::VFromD<D> first, second;
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

// Several vectors of blocks side by side: each is a chain of ten multiplications, and a processor looks ahead over
// hardly more instructions than one has. With 16 registers they would be in each other's way; of AVX-512's 32, four
// take a sixth less time than two, for normal numbers too.
constexpr int kAbreast = !HWY_ARCH_X86 ? 2 : HWY_STATIC_TARGET > HWY_AVX3 ? 1 : 4;

// Upper halves of lanes hold anything on the way.
template <class D>
OFFLOOP_INLINE void Run(D d, const Schedule& s, const hn::VFromD<D> (&low)[kAbreast], Words<D> (&words)[kAbreast]) {
  using V = hn::VFromD<D>;
  const V m0 = hn::Set(d, kMultiply0), m1 = hn::Set(d, kMultiply1);
  V p0[kAbreast], p1[kAbreast], x0[kAbreast], x1[kAbreast], x2[kAbreast], x3[kAbreast];
  for (int j = 0; j < kAbreast; ++j) p0[j] = Product(d, m0, low[j]);
  for (int j = 0; j < kAbreast; ++j) p1[j] = Product(d, m1, hn::Xor(Upper(d, p0[j]), hn::Set(d, s.first)));
  for (int j = 0; j < kAbreast; ++j) {
    x0[j] = hn::Xor(Upper(d, p1[j]), hn::Set(d, s.second0));
    x1[j] = p1[j];
    x2[j] = hn::Xor(p0[j], hn::Set(d, s.second2));
  }
  for (int j = 0; j < kAbreast; ++j) {
    p0[j] = Product(d, m0, x0[j]);
    p1[j] = Product(d, m1, x2[j]);
    x0[j] = hn::Xor3(Upper(d, p1[j]), x1[j], hn::Set(d, s.key0[2]));
    x2[j] = hn::Xor(Upper(d, p0[j]), hn::Set(d, s.third));
    x1[j] = p1[j], x3[j] = p0[j];
  }
#pragma GCC unroll 8
  for (int round = 3; round < kRounds - 1; ++round) {
    for (int j = 0; j < kAbreast; ++j) {
      p0[j] = Product(d, m0, x0[j]);
      p1[j] = Product(d, m1, x2[j]);
      x0[j] = hn::Xor3(Upper(d, p1[j]), x1[j], hn::Set(d, s.key0[round]));
      x2[j] = hn::Xor3(Upper(d, p0[j]), x3[j], hn::Set(d, s.key1[round]));
      x1[j] = p1[j], x3[j] = p0[j];
    }
  }
  // The last products hold both new words; the older ones and the keys go to the upper half.
  for (int j = 0; j < kAbreast; ++j) {
    words[j].first = hn::Xor3(Product(d, m1, x2[j]), hn::ShiftLeft<32>(x1[j]), hn::Set(d, s.last0));
    words[j].second = hn::Xor3(Product(d, m0, x0[j]), hn::ShiftLeft<32>(x3[j]), hn::Set(d, s.last1));
  }
}

// Elements of 64 bits, two of a block: Op::Make(d, words, even, odd) makes those with an even number and their
// successors. A line of its own begins with `out` where `past`, and 2^32 blocks hold all of them.
template <class Op, class T>
HWY_NOINLINE void FillEpoch(const Source& source, const Op& op, uint64_t first, T* out, int64_t n, bool past) {
  using D = hn::ScalableTag<uint64_t>;
  using Values = hn::VFromD<hn::Rebind<T, D>>;
  const D d;
  const hn::Rebind<T, D> dt;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(d)), kGroup = 2 * kAbreast * kLanes;
  const Schedule schedule(source, static_cast<uint32_t>(first >> 33));
  const Op make = op;  // no store can change it
  // Lanes hold the blocks in such an order that interleaving within 16 bytes leaves them in a row.
  alignas(64) uint64_t order[kLanes];
  for (int64_t lane = 0; lane < kLanes; ++lane)
    order[lane] = static_cast<uint64_t>(lane / 2 + (lane & 1) * (kLanes / 2)) + (first >> 1);
  hn::VFromD<D> low[kAbreast];
  for (int j = 0; j < kAbreast; ++j)
    low[j] = hn::Add(hn::Load(d, order), hn::Set(d, static_cast<uint64_t>(j * kLanes)));
  for (int64_t at = -static_cast<int64_t>(first & 1); at < n; at += kGroup) {
    Words<D> words[kAbreast];
    Run(d, schedule, low, words);
    Values result[2 * kAbreast];
    for (int j = 0; j < kAbreast; ++j) {
      Values even, odd;
      make.Make(d, words[j], even, odd);
      result[2 * j] = hn::InterleaveLower(dt, even, odd);
      result[2 * j + 1] = hn::InterleaveUpper(dt, even, odd);
      low[j] = hn::Add(low[j], hn::Set(d, static_cast<uint64_t>(kAbreast * kLanes)));
    }
    if (HWY_UNLIKELY(at < 0 || n - at < kGroup)) {
      alignas(64) T group[kGroup];
      for (int j = 0; j < 2 * kAbreast; ++j) hn::Store(result[j], dt, group + j * kLanes);
      const int64_t begin = at < 0 ? 1 : 0, end = n - at < kGroup ? n - at : kGroup;
      __builtin_memcpy(out + at + begin, group + begin, static_cast<size_t>(end - begin) * sizeof(T));
    } else if (past) {
      for (int j = 0; j < 2 * kAbreast; ++j) hn::Stream(result[j], dt, out + at + j * kLanes);
    } else {
      for (int j = 0; j < 2 * kAbreast; ++j) hn::StoreU(result[j], dt, out + at + j * kLanes);
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
  OFFLOOP_INLINE void Make(D, const Words<D>& words, V& even, V& odd) const {
    even = words.first;
    odd = words.second;
  }
};

}  // namespace philox
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
