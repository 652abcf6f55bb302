// random: numbers by key and number; twin: src/kernels/random.twin.ts.
//
// Element i of a call is made of the words of its own number alone: one 64-bit word (philox-inl.h) for uniform,
// exponential and bounded integers of 32 bits, one 32-bit word (lower halves first) for uniform floats, one block for
// integers of 64 bits; normal numbers come in pairs, of one block. So any call gives the bits that a longer one gives
// there.
//
// Sources: G. Box and M. Muller, A note on the generation of random normal deviates, Ann. Math. Stat. 29 (1958);
// D. Lemire, Fast random integer generation in an interval, ACM TOMACS 29 (2019), without the rejection; C. Rao,
// Generation of random permutations of given number of elements using random sampling numbers, Sankhya 23 (1961) and
// M. Sandelius, A simple randomization procedure, J. R. Stat. Soc. B 24 (1962); H. Chen and Y. Asau, On generating
// random variates from an empirical distribution, AIIE Transactions 6 (1974). The coefficients of sine and cosine are
// those of k_sin.c and k_cos.c of fdlibm (Sun Microsystems, 1993).

#include "core/job.h"
#include "core/map.h"
#include "kernels/math-log-inl.h"
#include "kernels/philox-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace random_kernel {

namespace hn = hwy::HWY_NAMESPACE;
using math::Of;
using philox::Source;

enum class Kind { kUniform, kNormal, kExponential, kCount };

// What words are for; the first three are Kind's.
enum Use : uint32_t { kIntegers = 3, kLong, kUniform32, kToss, kShuffle, kChoice };

OFFLOOP_INLINE Source SourceOf(int64_t key0, int64_t key1, uint32_t use) {
  return {static_cast<uint32_t>(key0), static_cast<uint32_t>(key1), use};
}

// ---- Floats ----

// Whole words to doubles, rounded to nearest even. AVX-512 has an instruction for it.
constexpr bool kConverts = HWY_ARCH_X86 && HWY_STATIC_TARGET <= HWY_AVX3;

// 2^(52 + k) and the bits of w in `mask` as the end of its mantissa, each worth 2^(k + its place).
template <int k, class D, class V>
OFFLOOP_INLINE auto Mantissa(D d, V w, uint64_t mask) {
  const hn::RebindToFloat<D> df;
  const uint64_t exponent = static_cast<uint64_t>(1023 + 52 + k) << 52;
  return hn::BitCast(df, hn::Or(hn::And(w, hn::Set(d, mask)), hn::Set(d, exponent)));
}

// The upper 53 bits as a whole number.
template <class D, class V>
OFFLOOP_INLINE auto Upper53(D d, V w) {
  const hn::RebindToFloat<D> df;
  if constexpr (kConverts)
    return hn::ConvertTo(df, hn::ShiftRight<11>(w));
  else
    return hn::Add(hn::Sub(Mantissa<21>(d, hn::ShiftRight<32>(w), 0xFFFFFFFFu), Of(df, 0x1p73 + 0x1p41)),
                   Mantissa<-11>(d, w, 0xFFFFF800u));
}
// All bits, the lowest of them set, as a whole number, less 2^61 if `lower`.
template <bool lower, class D, class V>
OFFLOOP_INLINE auto Whole(D d, V w) {
  const hn::RebindToFloat<D> df;
  w = hn::Or(w, hn::Set(d, 1));
  if constexpr (!kConverts)
    return hn::Add(
        hn::Sub(Mantissa<32>(d, hn::ShiftRight<32>(w), 0xFFFFFFFFu), Of(df, 0x1p84 + 0x1p52 + (lower ? 0x1p61 : 0))),
        Mantissa<0>(d, w, 0xFFFFFFFFu));
  else if constexpr (lower)
    return hn::ConvertTo(df, hn::BitCast(hn::RebindToSigned<D>(), hn::Sub(w, hn::Set(d, uint64_t{1} << 61))));
  else
    return hn::ConvertTo(df, w);
}
// The logarithm of a word as a fraction in (0, 1].
template <class D, class V>
OFFLOOP_INLINE auto LogUnit(D d, V w) {
  const hn::RebindToFloat<D> df;
  return math::LogNormal(df, Whole<false>(d, w), 64);
}

// Makes value * scale + shift.
struct Linear {
  double shift, scale;

  template <class D, class V>
  OFFLOOP_INLINE V Apply(D d, V x) const {
    return hn::Add(hn::Mul(x, Of(d, scale)), Of(d, shift));
  }
};

// Of 53 bits: `scale` is 2^-53 of the distance.
struct Uniform : Linear {
  template <class D, class V>
  OFFLOOP_INLINE void Make(D d, const philox::Words<D>& words, V& even, V& odd) const {
    const hn::RebindToFloat<D> df;
    even = Apply(df, Upper53(d, words.first));
    odd = Apply(df, Upper53(d, words.second));
  }
};

struct Exponential : Linear {
  template <class D, class V>
  OFFLOOP_INLINE void Make(D d, const philox::Words<D>& words, V& even, V& odd) const {
    const hn::RebindToFloat<D> df;
    even = Of(df, scale) * (hn::Zero(df) - LogUnit(d, words.first));
    odd = Of(df, scale) * (hn::Zero(df) - LogUnit(d, words.second));
  }
};

// Box-Muller: the first word of a block gives the radius, the second an angle within 45 degrees of the axis, and by its
// upper two bits on which side of the origin and of the diagonal.
struct Normal : Linear {
  template <class D, class V>
  OFFLOOP_INLINE void Make(D d, const philox::Words<D>& words, V& even, V& odd) const {
    const hn::RebindToFloat<D> df;
    const V radius = hn::Sqrt(Of(df, -2) * LogUnit(d, words.first));
    const auto low = hn::And(words.second, hn::Set(d, 0x3FFFFFFFFFFFFFFFu));
    const V x = Whole<true>(d, low) * Of(df, 1.5707963267948966 * 0x1p-62);
    const V z = x * x;
    V s = Of(df, -2.50507602534068634195e-08) + z * Of(df, 1.58969099521155010221e-10);
    s = Of(df, 2.75573137070700676789e-06) + z * s;
    s = Of(df, -1.98412698298579493134e-04) + z * s;
    s = Of(df, 8.33333333332248946124e-03) + z * s;
    s = Of(df, -1.66666666666666324348e-01) + z * s;
    const V sin = x + x * z * s;
    V c = Of(df, 2.08757232129817482790e-09) + z * Of(df, -1.13596475577881948265e-11);
    c = Of(df, -2.75573143513906633035e-07) + z * c;
    c = Of(df, 2.48015872894767294178e-05) + z * c;
    c = Of(df, -1.38888888888741095749e-03) + z * c;
    c = Of(df, 4.16666666666666019037e-02) + z * c;
    const V size = Of(df, 1) + z * (Of(df, -0.5) + z * c);
    const V cos = hn::Xor(size, hn::And(hn::BitCast(df, words.second), Of(df, -0.0)));
    const auto swap = hn::RebindMask(df, hn::TestBit(words.second, hn::Set(d, uint64_t{1} << 62)));
    even = Apply(df, radius * hn::IfThenElse(swap, sin, cos));
    odd = Apply(df, radius * hn::IfThenElse(swap, cos, sin));
  }
};

// Doubles numbered `first` and on.
void Doubles(Kind kind, const Source& source, const Linear& linear, uint64_t first, double* out, int64_t n, bool past) {
  if (kind == Kind::kUniform)
    philox::Fill(source, Uniform{{linear.shift, linear.scale * 0x1p-53}}, first, out, n, past);
  else if (kind == Kind::kNormal)
    philox::Fill(source, Normal{linear}, first, out, n, past);
  else
    philox::Fill(source, Exponential{linear}, first, out, n, past);
}

// Calls fn(first, out + first, n, past) for runs of a result, first counting from 0.
template <class T, class F>
OFFLOOP_INLINE Status Runs(Job& job, Out<T> out, F&& fn) {
  if (out.size <= 0) return job.status();
  const int64_t bytes = static_cast<int64_t>(sizeof(T));
  const bool past = out.size * bytes >= kStreamBytes;
  const Cut cut = CutResult(job, out.data, static_cast<int>(bytes), out.size);
  job.Total(cut.units);
  job.For(cut.units, cut.grain, [&](int64_t b, int64_t e) {
    const int64_t begin = cut.Begin(b);
    fn(begin, out.data + begin, cut.End(e) - begin, past);
    if (past) StreamFence();
  });
  return job.status();
}

Status Float64(Job& job, Enum<Kind> kind, double shift, double scale, int64_t key0, int64_t key1, int64_t offset,
               Out<double> out) {
  const Source source = SourceOf(key0, key1, static_cast<uint32_t>(kind.value));
  return Runs(job, out, [&](int64_t first, double* to, int64_t n, bool past) {
    Doubles(kind.value, source, {shift, scale}, static_cast<uint64_t>(offset + first), to, n, past);
  });
}

constexpr int64_t kBuffer = 512;

// n 32-bit words numbered `first` and on, n <= kBuffer, in a buffer of 64-bit words, from the result on.
OFFLOOP_INLINE const uint32_t* Words32(const Source& source, uint64_t first, int64_t n, uint64_t* buffer) {
  const int64_t skip = static_cast<int64_t>(first & 1);
  philox::Fill(source, philox::Plain(), first >> 1, buffer, (n + skip + 1) / 2, false);
  return reinterpret_cast<const uint32_t*>(buffer) + skip;
}

Status Float32(Job& job, Enum<Kind> kind, double shift, double scale, int64_t key0, int64_t key1, int64_t offset,
               Out<float> out) {
  const bool uniform = kind.value == Kind::kUniform;
  const Source source = SourceOf(key0, key1, uniform ? kUniform32 : static_cast<uint32_t>(kind.value));
  return Runs(job, out, [&](int64_t first, float* to, int64_t size, bool past) {
    const uint64_t begin = static_cast<uint64_t>(offset + first);
    for (int64_t at = 0; at < size; at += kBuffer) {
      const int64_t n = size - at < kBuffer ? size - at : kBuffer;
      alignas(64) float narrow[kBuffer];
      if (uniform) {
        alignas(64) uint64_t buffer[kBuffer / 2 + 1];
        const uint32_t* words = Words32(source, begin + static_cast<uint64_t>(at), n, buffer);
        for (int64_t i = 0; i < n; ++i)
          narrow[i] = static_cast<float>(static_cast<int32_t>(words[i] >> 8) * 0x1p-24 * scale + shift);
      } else {
        alignas(64) double wide[kBuffer];
        Doubles(kind.value, source, {shift, scale}, begin + static_cast<uint64_t>(at), wide, n, false);
        for (int64_t i = 0; i < n; ++i) narrow[i] = static_cast<float>(wide[i]);
      }
      StreamPut(to + at, narrow, n * 4, past);
    }
  });
}

// ---- Integers ----

// The upper 64 bits of word * (most + 1) / 2^32 for each, below 2^32: an integer in [0, most].
struct Bounded {
  uint64_t most;

  template <class D, class V>
  OFFLOOP_INLINE void Make(D d, const philox::Words<D>& w, V& even, V& odd) const {
    even = One(d, w.first);
    odd = One(d, w.second);
  }
  template <class D, class V>
  OFFLOOP_INLINE V One(D d, V w) const {
    const V m = hn::Set(d, most), high = hn::ShiftRight<32>(w);
    const V below = hn::ShiftRight<32>(philox::Product(d, w, m) + hn::And(w, hn::Set(d, 0xFFFFFFFFu)));
    return hn::ShiftRight<32>(philox::Product(d, high, m) + high + below);
  }
};

Status Integers32(Job& job, int64_t low, int64_t most, int64_t key0, int64_t key1, int64_t offset, Out<uint32_t> out) {
  const Source source = SourceOf(key0, key1, kIntegers);
  const Bounded bounded{static_cast<uint64_t>(most)};
  return Runs(job, out, [&](int64_t first, uint32_t* to, int64_t size, bool past) {
    for (int64_t at = 0; at < size; at += kBuffer) {
      const int64_t n = size - at < kBuffer ? size - at : kBuffer;
      alignas(64) uint64_t wide[kBuffer];
      alignas(64) uint32_t narrow[kBuffer];
      philox::Fill(source, bounded, static_cast<uint64_t>(offset + first + at), wide, n, false);
      for (int64_t i = 0; i < n; ++i) narrow[i] = static_cast<uint32_t>(wide[i]) + static_cast<uint32_t>(low);
      StreamPut(to + at, narrow, n * 4, past);
    }
  });
}
Status Integers(Job& job, int64_t low, int64_t most, int64_t key0, int64_t key1, int64_t offset, Out<int32_t> out) {
  return Integers32(job, low, most, key0, key1, offset, {reinterpret_cast<uint32_t*>(out.data), out.size});
}

// The same of 128 bits and a range of 64; numbers in two halves.
Status Long(Job& job, int64_t low0, int64_t low1, int64_t most0, int64_t most1, int64_t key0, int64_t key1,
            int64_t offset, Out<int64_t> out) {
  const Source source = SourceOf(key0, key1, kLong);
  const uint64_t low = static_cast<uint64_t>(low1) << 32 | static_cast<uint64_t>(low0);
  const uint64_t most = static_cast<uint64_t>(most1) << 32 | static_cast<uint64_t>(most0);
  return Runs(job, out, [&](int64_t first, int64_t* to, int64_t size, bool past) {
    for (int64_t at = 0; at < size; at += kBuffer / 2) {
      const int64_t n = size - at < kBuffer / 2 ? size - at : kBuffer / 2;
      alignas(64) uint64_t words[kBuffer], result[kBuffer / 2];
      philox::Fill(source, philox::Plain(), 2 * static_cast<uint64_t>(offset + first + at), words, 2 * n, false);
      for (int64_t i = 0; i < n; ++i) {
        using Wide = unsigned __int128;
        const Wide below = static_cast<Wide>(words[2 * i]) * most + words[2 * i];
        const Wide value = static_cast<Wide>(words[2 * i + 1]) * most + words[2 * i + 1] + (below >> 64);
        result[i] = low + static_cast<uint64_t>(value >> 64);
      }
      StreamPut(to + at, result, n * 8, past);
    }
  });
}

// ---- Permutations ----

// Every element is thrown into one of 2^bits buckets, which keep their order; then each is shuffled. A bucket fits the
// second cache.
constexpr int64_t kBucket = 16384;
constexpr int64_t kChunks = 64, kPiece = 65536;

// Shuffles n elements at place `first` of the permutation: the last changes places with one of them, and so on.
void Shuffle(const Source& source, uint64_t first, uint32_t* x, int64_t n) {
  uint64_t words[kBuffer];
  for (int64_t end = n; end > 1;) {
    const int64_t begin = end > kBuffer ? end - kBuffer : 0;
    philox::Fill(source, philox::Plain(), first + static_cast<uint64_t>(begin), words, end - begin, false);
    for (int64_t i = end - 1; i >= begin; --i) {
      const uint64_t range = static_cast<uint64_t>(i) + 1, word = words[i - begin];
      const uint64_t below = (word & 0xFFFFFFFFu) * range >> 32;
      const int64_t other = static_cast<int64_t>(((word >> 32) * range + below) >> 32);
      const uint32_t last = x[i];
      x[i] = x[other];
      x[other] = last;
    }
    end = begin;
  }
}

// The first out.size of a permutation of 0 … population - 1.
Status Permute(Job& job, int64_t population, int64_t key0, int64_t key1, int64_t offset, Out<uint32_t> out) {
  const Source toss = SourceOf(key0, key1, kToss), mix = SourceOf(key0, key1, kShuffle);
  const uint64_t base = static_cast<uint64_t>(offset);
  int bits = 0;
  while (population >> bits > kBucket) ++bits;
  const int64_t buckets = int64_t{1} << bits;
  if (bits == 0) {
    uint32_t* all = out.size < population ? job.Scratch<uint32_t>(population) : out.data;
    if (all == nullptr && population > 0) return Status::kNoMemory;
    job.Total(1);
    job.Serial([&] {
      for (int64_t i = 0; i < population; ++i) all[i] = static_cast<uint32_t>(i);
      Shuffle(mix, base, all, population);
      if (all != out.data) __builtin_memcpy(out.data, all, static_cast<size_t>(out.size) * 4);
    });
    return job.status();
  }
  // Chunks, each a run of pieces: piece after piece of all of them, so that no grain is long.
  const int64_t pieces = (population + kPiece - 1) / kPiece;
  const int64_t chunks = pieces < kChunks ? pieces : kChunks;
  const int64_t rounds = (pieces + chunks - 1) / chunks;
  const int64_t length = rounds * kPiece;
  uint32_t* counts = job.Scratch<uint32_t>(chunks * buckets);
  int64_t* begins = job.Scratch<int64_t>(buckets + 1);
  if (counts == nullptr || begins == nullptr) return Status::kNoMemory;
  __builtin_memset(counts, 0, static_cast<size_t>(chunks * buckets) * 4);
  job.Total(2 * rounds * chunks + buckets);
  // Calls fn(i, bucket) for the elements of a chunk's piece.
  const auto each = [&](int64_t chunk, int64_t round, auto&& fn) {
    const int64_t begin = chunk * length + round * kPiece;
    const int64_t limit = begin + kPiece < population ? begin + kPiece : population;
    uint64_t buffer[kBuffer / 2 + 1];
    for (int64_t at = begin; at < limit; at += kBuffer) {
      const int64_t n = limit - at < kBuffer ? limit - at : kBuffer;
      const uint32_t* words = Words32(toss, base + static_cast<uint64_t>(at), n, buffer);
      for (int64_t i = 0; i < n; ++i) fn(static_cast<uint32_t>(at + i), words[i] >> (32 - bits));
    }
  };
  for (int64_t round = 0; round < rounds; ++round) {
    const bool ran = job.For(chunks, 1, [&](int64_t b, int64_t e) {
      for (int64_t chunk = b; chunk < e; ++chunk)
        each(chunk, round, [count = counts + chunk * buckets](uint32_t, uint32_t bucket) { ++count[bucket]; });
    });
    if (!ran) return job.status();
  }
  // Where each chunk puts its elements of each bucket; buckets beyond the result are left out.
  int64_t total = 0, needed = 0;
  for (int64_t bucket = 0; bucket < buckets && total < out.size; ++bucket, ++needed) {
    begins[bucket] = total;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      uint32_t& count = counts[chunk * buckets + bucket];
      const uint32_t here = count;
      count = static_cast<uint32_t>(total);
      total += here;
    }
    if ((bucket & 255) == 255 && job.stopped()) return job.status();
  }
  begins[needed] = total;
  uint32_t* all = total == out.size ? out.data : job.Scratch<uint32_t>(total);
  if (all == nullptr && total > 0) return Status::kNoMemory;
  for (int64_t round = 0; round < rounds; ++round) {
    const bool ran = job.For(chunks, 1, [&](int64_t b, int64_t e) {
      for (int64_t chunk = b; chunk < e; ++chunk)
        each(chunk, round, [next = counts + chunk * buckets, all, needed](uint32_t i, uint32_t bucket) {
          if (bucket < needed) all[next[bucket]++] = i;
        });
    });
    if (!ran) return job.status();
  }
  job.For(needed, 1, [&](int64_t b, int64_t e) {
    for (int64_t bucket = b; bucket < e; ++bucket) {
      const int64_t begin = begins[bucket], end = begins[bucket + 1];
      Shuffle(mix, base + static_cast<uint64_t>(begin), all + begin, end - begin);
      if (all == out.data) continue;
      const int64_t wanted = (end < out.size ? end : out.size) - begin;
      __builtin_memcpy(out.data + begin, all + begin, static_cast<size_t>(wanted) * 4);
    }
  });
  return job.status();
}

// ---- Weights ----

// Positions in p, each as likely as its share of the sum: the first whose running sum exceeds u * total. result[0] is
// the sum, NaN unless all weights are finite and none is negative.
Status Choose(Job& job, In<double> p, int64_t key0, int64_t key1, int64_t offset, Out<uint32_t> out,
              Result<double> result) {
  constexpr int64_t kStretch = 65536;
  const int64_t size = p.size;
  int64_t cells = 1;
  while (cells < size && cells < int64_t{1} << 22) cells *= 2;
  double* sums = job.Scratch<double>(size);
  uint32_t* guide = job.Scratch<uint32_t>(cells + 1);
  if (sums == nullptr || guide == nullptr) return Status::kNoMemory;
  job.Total(2 * ((size + kStretch - 1) / kStretch) + (out.size + kBuffer - 1) / kBuffer);
  double total = 0;
  bool sound = true;
  int64_t last = 0;  // the last that adds to the sum
  for (int64_t begin = 0; begin < size; begin += kStretch) {
    const int64_t end = begin + kStretch < size ? begin + kStretch : size;
    job.Serial([&] {
      for (int64_t i = begin; i < end; ++i) {
        const double weight = p.data[i];
        sound = sound && weight >= 0;
        const double sum = total + weight;
        if (sum > total) last = i;
        sums[i] = total = sum;
      }
    });
    if (job.stopped()) return job.status();
  }
  result.data[0] = sound && total - total == 0 ? total : __builtin_nan("");
  if (!sound || !(total > 0 && total - total == 0)) return Status::kOk;
  // guide[c] is the first position whose sum exceeds c / cells of the total; a sum's cell is that of its quotient.
  const double scale = static_cast<double>(cells);
  int64_t cell = 0;
  for (int64_t begin = 0; begin < size; begin += kStretch) {
    const int64_t end = begin + kStretch < size ? begin + kStretch : size;
    job.Serial([&] {
      for (int64_t i = begin; i < end; ++i)
        while (cell <= cells && static_cast<double>(cell) / scale * total < sums[i])
          guide[cell++] = static_cast<uint32_t>(i);
    });
    if (job.stopped()) return job.status();
  }
  while (cell <= cells) guide[cell++] = static_cast<uint32_t>(last);
  const Source source = SourceOf(key0, key1, kChoice);
  const int64_t blocks = (out.size + kBuffer - 1) / kBuffer;
  job.For(blocks, job.GrainBlocks(blocks), [&](int64_t b, int64_t e) {
    for (int64_t block = b; block < e; ++block) {
      const int64_t at = block * kBuffer, n = out.size - at < kBuffer ? out.size - at : kBuffer;
      double units[kBuffer];
      philox::Fill(source, Uniform{{0, 0x1p-53}}, static_cast<uint64_t>(offset + at), units, n, false);
      for (int64_t i = 0; i < n; ++i) {
        const double target = units[i] * total;
        const int64_t place = static_cast<int64_t>(units[i] * scale);
        int64_t low = guide[place], high = guide[place + 1];
        while (low < high) {
          const int64_t middle = (low + high) / 2;
          if (sums[middle] > target)
            high = middle;
          else
            low = middle + 1;
        }
        out.data[at + i] = static_cast<uint32_t>(low);
      }
    }
  });
  return job.status();
}

}  // namespace random_kernel
}  // namespace

OFFLOOP_KERNEL(random, OFFLOOP_INSTANCE("f64", random_kernel::Float64), OFFLOOP_INSTANCE("f32", random_kernel::Float32),
               OFFLOOP_INSTANCE("i32", random_kernel::Integers), OFFLOOP_INSTANCE("u32", random_kernel::Integers32),
               OFFLOOP_INSTANCE("i64", random_kernel::Long), OFFLOOP_INSTANCE("distinct", random_kernel::Permute),
               OFFLOOP_INSTANCE("weights", random_kernel::Choose))

}  // namespace offloop::OFFLOOP_ISA
