// Stable order by value, for `argsort.cpp`: keys with the positions they came from, sorted.
//
// Keys are unsigned 64-bit integers that ascend like the values (LoadKeys): the zeros are equal, and so are the
// NaNs, which are the largest. So one instantiation serves all element types and both directions.
//
// 1. Distribute: splitters from a sample cut the keys into up to 4096 buckets of some 8192 keys (Sanders and
//    Winkel, Super Scalar Sample Sort, 2004). Each chunk of the input finds its keys' buckets by a branch-free
//    search tree and sorts itself by them, in cache; a bucket is what the chunks have of it, run by run, in the order
//    of the input. Writing all chunks' keys straight to contiguous buckets took 9 ns a key: stores to a thousand
//    places in memory wait for each other, while the loads of a leaf that collects its runs do not.
//    A value that splits twice gets a bucket of its own, which needs no sorting: inputs with few distinct values
//    are the fast ones. Buckets larger than a leaf are distributed again.
// 2. A leaf packs 47 bits of each key, from the first that differs, with its 15-bit position within the
//    leaf into one positive double and sorts these by vqsort's pieces: positions break ties, which makes it
//    stable. Keys that differ only in the bits left out are adjacent then, and sorted once more by these.
//    A double, because below AVX-512 only those have a vector minimum; AVX-512 sorts the same bits as integers.
//
// The input may change meanwhile, so it is read once: everything after looks at private copies.
#pragma once

#include "core/job.h"
#include "core/kernel.h"
#include "kernels/sort-leaf-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace ordering {

constexpr int kPlaceBits = 15, kPrefixBits = 47;
constexpr int64_t kLeafMost = int64_t{1} << kPlaceBits;  // elements of a leaf
constexpr int64_t kSingle = 16384;                       // up to this one leaf and no distribution
constexpr int64_t kBucketAim = 12288;                    // buckets are at most this long on average
constexpr int64_t kChunkMost = 65536;                    // a place within a chunk is 16 bits
constexpr int64_t kBucketsMost = 4096, kSampleMost = 16384;
constexpr int kDepthSampled = 4;  // deeper ones split the range of keys evenly, which ends
constexpr uint64_t kPlaceMask = kLeafMost - 1;
constexpr uint64_t kBias = uint64_t{1} << 52;  // neither a denormal nor (62 bits below it) an infinity

#if HWY_TARGET > HWY_AVX3
using Packed = double;
#else
using Packed = int64_t;
#endif

// ---- Keys ----

template <class U>
OFFLOOP_INLINE uint64_t FloatKeys(const void* from, int64_t n, U flip, uint64_t* keys) {
  constexpr U kSign = static_cast<U>(U{1} << (sizeof(U) * 8 - 1));
  constexpr U kHuge = sizeof(U) == 8 ? static_cast<U>(0x7FF0000000000000) : static_cast<U>(0x7F800000);
  const auto* x = static_cast<const U*>(from);
  U minus = 0;
  for (int64_t i = 0; i < n; ++i) {
    const U u = x[i], abs = u & static_cast<U>(~kSign);
    minus |= u == kSign ? 1 : 0;
    U key = u & kSign ? static_cast<U>(~u) : static_cast<U>(u | kSign);
    key = static_cast<U>((abs == 0 ? kSign : key) ^ flip);
    keys[i] = abs > kHuge ? static_cast<U>(~U{0}) : key;
  }
  return minus;
}

template <class U>
OFFLOOP_INLINE void IntegerKeys(const void* from, int64_t n, U flip, uint64_t* keys) {
  const auto* x = static_cast<const U*>(from);
  for (int64_t i = 0; i < n; ++i) keys[i] = static_cast<U>(x[i] ^ flip);
}

// Elements of one type as keys. `flip` is all ones to descend.
struct Elements {
  const void* data;
  Dtype dtype;
  uint64_t flip;

  OFFLOOP_INLINE bool real() const { return dtype == Dtype::kF64 || dtype == Dtype::kF32; }
  OFFLOOP_INLINE uint64_t nan() const { return dtype == Dtype::kF64 ? ~uint64_t{0} : 0xFFFFFFFFu; }

  // True if there was a -0 among them.
  HWY_NOINLINE bool LoadKeys(int64_t at, int64_t n, uint64_t* keys) const {
    const char* from = static_cast<const char*>(data);
    constexpr uint64_t kSign64 = uint64_t{1} << 63, kSign32 = uint64_t{1} << 31;
    switch (dtype) {
      case Dtype::kF64:
        return FloatKeys<uint64_t>(from + 8 * at, n, flip, keys) != 0;
      case Dtype::kF32:
        return FloatKeys<uint32_t>(from + 4 * at, n, static_cast<uint32_t>(flip), keys) != 0;
      case Dtype::kI32:
      case Dtype::kU32:
        IntegerKeys<uint32_t>(from + 4 * at, n, static_cast<uint32_t>(flip ^ (dtype == Dtype::kI32 ? kSign32 : 0)),
                              keys);
        return false;
      default:
        IntegerKeys<uint64_t>(from + 8 * at, n, flip ^ (dtype == Dtype::kI64 ? kSign64 : 0), keys);
        return false;
    }
  }
};

template <class U>
OFFLOOP_INLINE void FromFloatKeys(const uint64_t* keys, int64_t n, bool minus, U* to) {
  constexpr U kSign = static_cast<U>(U{1} << (sizeof(U) * 8 - 1));
  for (int64_t i = 0; i < n; ++i) {
    const U key = static_cast<U>(keys[i]);
    const U value = key & kSign ? static_cast<U>(key ^ kSign) : static_cast<U>(~key);
    to[i] = minus && key == kSign ? kSign : value;  // the NaNs' key gives a NaN
  }
}

// Ascending keys as values again; zero is -0 if `minus`.
HWY_NOINLINE void StoreValues(Dtype dtype, const uint64_t* keys, int64_t n, bool minus, void* to, int64_t at) {
  auto* to64 = static_cast<uint64_t*>(to) + at;
  auto* to32 = static_cast<uint32_t*>(to) + at;
  switch (dtype) {
    case Dtype::kF64:
      return FromFloatKeys(keys, n, minus, to64);
    case Dtype::kF32:
      return FromFloatKeys(keys, n, minus, to32);
    case Dtype::kI32:
    case Dtype::kU32: {
      const uint32_t flip = dtype == Dtype::kI32 ? uint32_t{1} << 31 : 0;
      for (int64_t i = 0; i < n; ++i) to32[i] = static_cast<uint32_t>(keys[i]) ^ flip;
      return;
    }
    default: {
      const uint64_t flip = dtype == Dtype::kI64 ? uint64_t{1} << 63 : 0;
      for (int64_t i = 0; i < n; ++i) to64[i] = keys[i] ^ flip;
    }
  }
}

// ---- Leaves ----

// The keys of places [begin, end) of `packed` agree in all bits but the last `bits`: sorts by these.
HWY_NOINLINE void SortTies(const uint64_t* keys, uint64_t low, int bits, uint64_t* packed, int64_t n) {
  const uint64_t first = keys[packed[0] & kPlaceMask];
  bool equal = true;
  for (int64_t i = 1; i < n; ++i) equal = equal && keys[packed[i] & kPlaceMask] == first;
  if (equal) return;
  const uint64_t mask = (uint64_t{1} << bits) - 1;
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t place = packed[i] & kPlaceMask;
    packed[i] = (((keys[place] - low) & mask) << kPlaceBits | place) + kBias;
  }
  SortKeys(reinterpret_cast<Packed*>(packed), n);
}

// The last kPlaceBits of packed[i] become the place of the i-th smallest of n <= kLeafMost keys, equal ones in
// their order. False if the keys are in order already: `packed` is untouched then.
HWY_NOINLINE bool SortPlaces(const uint64_t* keys, int64_t n, uint64_t* packed) {
  uint64_t low = keys[0], high = keys[0];
  uint64_t disorder = 0;
  for (int64_t i = 1; i < n; ++i) {
    disorder |= keys[i - 1] > keys[i] ? 1 : 0;
    low = keys[i] < low ? keys[i] : low;
    high = keys[i] > high ? keys[i] : high;
  }
  if (disorder == 0) return false;
  const int wide = 64 - __builtin_clzll(high - low);
  const int bits = wide > kPrefixBits ? wide - kPrefixBits : 0;
  for (int64_t i = 0; i < n; ++i)
    packed[i] = (((keys[i] - low) >> bits) << kPlaceBits | static_cast<uint64_t>(i)) + kBias;
  SortKeys(reinterpret_cast<Packed*>(packed), n);
  if (bits == 0) return true;
  for (int64_t i = 1; i < n; ++i) {
    if ((packed[i] ^ packed[i - 1]) > kPlaceMask) continue;
    const int64_t begin = i - 1;
    while (i < n && (packed[i] ^ packed[begin]) <= kPlaceMask) ++i;
    SortTies(keys, low, bits, packed + begin, i - begin);
  }
  return true;
}

// ---- Distribution ----

// Counts what goes into each of 2^levels buckets, and says which for each key. tree[1] is the root.
OFFLOOP_INLINE void Classify(const uint64_t* tree, int levels, const uint64_t* keys, int64_t n, uint16_t* ids,
                             uint32_t* counts) {
  constexpr int64_t kAbreast = 8;
  const uint32_t buckets = uint32_t{1} << levels;
  int64_t i = 0;
  for (; i + kAbreast <= n; i += kAbreast) {
    uint64_t at[kAbreast];
    for (int j = 0; j < kAbreast; ++j) at[j] = 1;
    for (int level = 0; level < levels; ++level) {
      for (int j = 0; j < kAbreast; ++j) {
        at[j] = 2 * at[j] + 1 - (keys[i + j] < tree[at[j]] ? 1 : 0);
        __asm__("" : "+r"(at[j]));  // stays scalar: one vector of gathers waits for each, 16 ns a key instead of 4
      }
    }
    for (int j = 0; j < kAbreast; ++j) {
      const auto id = static_cast<uint32_t>(at[j]) - buckets;
      ids[i + j] = static_cast<uint16_t>(id);
      ++counts[id];
    }
  }
  for (; i < n; ++i) {
    uint64_t at = 1;
    for (int level = 0; level < levels; ++level) at = 2 * at + (tree[at] <= keys[i] ? 1 : 0);
    const auto id = static_cast<uint32_t>(at) - buckets;
    ids[i] = static_cast<uint16_t>(id);
    ++counts[id];
  }
}

// Where keys come from: elements, or an earlier distribution.
struct Source {
  Elements elements;
  const uint64_t* keys;
  const uint32_t* index;
};

// Where the chunks go, sorted by bucket; `places` are the keys' places within their chunk. It may be null, if only the
// keys are wanted.
struct Space {
  uint64_t* keys;
  uint16_t* places;
};

// A leaf, or a part of a bucket of equal keys: what chunks [begin, end) have of it.
struct Piece {
  int64_t bucket, begin, end;
  int64_t base;      // where it begins in the order
  int64_t count;     // of keys
  int64_t distinct;  // keys, as far as `leaves` say
  bool equal;
};

// Scratch of one thread.
struct Lane {
  uint64_t* keys;    // kChunkMost
  uint64_t* packed;  // kLeafMost
  uint32_t* index;   // the same
  uint16_t* ids;     // kChunkMost
};

OFFLOOP_INLINE uint64_t Scramble(uint64_t& state) {
  state += 0x9E3779B97F4A7C15u;  // splitmix64 (Steele, Lea, Flood 2014)
  uint64_t z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

// splitter[j] is the smallest key of bucket j, from 1 on; splitter[0] is the smallest of all.
HWY_NOINLINE void ChooseSplitters(const Source& source, int64_t n, int depth, uint64_t low, uint64_t high, int levels,
                                  const Lane& lane, uint64_t* splitter, uint64_t* tree) {
  const int64_t buckets = int64_t{1} << levels;
  int64_t count = 0;
  splitter[count++] = low;
  if (depth < kDepthSampled) {
    const int64_t samples = 16 * buckets < kSampleMost ? 16 * buckets : kSampleMost;
    uint64_t state = static_cast<uint64_t>(n) ^ static_cast<uint64_t>(depth) << 48;
    for (int64_t i = 0; i < samples; ++i) {
      const auto at = static_cast<int64_t>((Scramble(state) >> 32) * static_cast<uint64_t>(n) >> 32);
      if (source.keys != nullptr)
        lane.keys[i] = source.keys[at];
      else
        source.elements.LoadKeys(at, 1, lane.keys + i);
    }
    const bool moved = SortPlaces(lane.keys, samples, lane.packed);
    const int64_t step = samples / buckets;
    for (int64_t j = 1; j < buckets && count < buckets; ++j) {
      const int64_t i = j * step;
      const uint64_t key = lane.keys[moved ? static_cast<int64_t>(lane.packed[i] & kPlaceMask) : i];
      if (key > splitter[count - 1]) {
        splitter[count++] = key;
      } else if (key == splitter[count - 1] && key != ~uint64_t{0}) {
        splitter[count++] = key + 1;  // the key before has a bucket of its own
      }
    }
  } else {
    const uint64_t step = (high - low) / static_cast<uint64_t>(buckets) + 1;
    while (count < buckets && high - splitter[count - 1] >= step) {
      splitter[count] = splitter[count - 1] + step;
      ++count;
    }
  }
  while (count < buckets) splitter[count++] = ~uint64_t{0};
  // In order, breadth first: the node of level l with number j stands for the middle of its range.
  for (int level = 0; level < levels; ++level)
    for (int64_t j = 0; j < int64_t{1} << level; ++j)
      tree[(int64_t{1} << level) + j] = splitter[(2 * j + 1) << (levels - level - 1)];
}

struct Lanes {
  char* data;
  static constexpr int64_t kBytes = kChunkMost * 10 + kLeafMost * 12;

  OFFLOOP_INLINE Lane operator[](int64_t i) const {
    char* at = data + i * kBytes;
    return {reinterpret_cast<uint64_t*>(at), reinterpret_cast<uint64_t*>(at + kChunkMost * 8),
            reinterpret_cast<uint32_t*>(at + kChunkMost * 8 + kLeafMost * 8),
            reinterpret_cast<uint16_t*>(at + kChunkMost * 8 + kLeafMost * 12)};
  }
};

// One distribution: n keys in chunks, each sorted by bucket.
struct Layout {
  Source source;
  Space space;
  int64_t n, chunk, chunks, buckets;
  uint32_t* offsets;  // chunk, bucket -> where its run begins within the chunk; one more for its end
  int levels;

  // Sorts chunk c by bucket. True if it has a -0.
  HWY_NOINLINE bool SortChunk(const uint64_t* tree, const Lane& lane, int64_t c) const {
    const int64_t first = c * chunk, size = n - first < chunk ? n - first : chunk;
    uint32_t* row = offsets + c * (buckets + 1);
    memset(row, 0, static_cast<size_t>(buckets + 1) * sizeof(uint32_t));
    const uint64_t* keys = source.keys != nullptr ? source.keys + first : lane.keys;
    const bool minus = source.keys == nullptr && source.elements.LoadKeys(first, size, lane.keys);
    Classify(tree, levels, keys, size, lane.ids, row);
    uint32_t sum = 0;
    uint32_t cursor[kBucketsMost];
    for (int64_t j = 0; j < buckets; ++j) {
      const uint32_t count = row[j];
      row[j] = cursor[j] = sum;
      sum += count;
    }
    row[buckets] = sum;
    uint64_t* to = space.keys + first;
    uint16_t* places = space.places + first;
    if (space.places == nullptr) {
      for (int64_t i = 0; i < size; ++i) to[cursor[lane.ids[i]]++] = keys[i];
    } else {
      for (int64_t i = 0; i < size; ++i) {
        const uint32_t at = cursor[lane.ids[i]]++;
        to[at] = keys[i];
        places[at] = static_cast<uint16_t>(i);
      }
    }
    return minus;
  }

  // What chunks [begin, end) have of a bucket, in order.
  HWY_NOINLINE void Collect(int64_t bucket, int64_t begin, int64_t end, uint64_t* keys, uint32_t* index) const {
    for (int64_t c = begin; c < end; ++c) {
      const uint32_t* row = offsets + c * (buckets + 1) + bucket;
      const int64_t first = c * chunk, from = first + row[0], size = row[1] - row[0];
      if (keys != nullptr) {
        for (int64_t i = 0; i < size; ++i) keys[i] = space.keys[from + i];
        keys += size;
      }
      if (index == nullptr) continue;
      const uint16_t* places = space.places + from;
      if (source.index != nullptr) {
        for (int64_t i = 0; i < size; ++i) index[i] = source.index[first + places[i]];
      } else {
        for (int64_t i = 0; i < size; ++i) index[i] = static_cast<uint32_t>(first) + places[i];
      }
      index += size;
    }
  }

  OFFLOOP_INLINE int64_t Count(int64_t bucket, int64_t c) const {
    const uint32_t* row = offsets + c * (buckets + 1) + bucket;
    return row[1] - row[0];
  }
};

// Distributes n keys, which lie in [low, high], and calls leaves.Sort(lane, n, base) on every leaf, whose keys and
// positions are in the lane, and leaves.Equal(key, index, n, base, begin, end) on every part of a bucket of equal keys,
// which is [begin, end) of the order; `base` is where in the order the piece begins. Both return a number, which
// leaves.Done(job, base, number) gets for one piece after the other.
template <class Leaves>
Status Distribute(Job& job, Leaves& leaves, const Source& source, int64_t n, int64_t base, int depth, uint64_t low,
                  uint64_t high, const Space& space, const Lanes& lanes) {
  Layout layout{source, space, n,       n > int64_t{1} << 24 ? kChunkMost : n > int64_t{1} << 18 ? 32768 : 8192,
                0,      0,     nullptr, 1};
  while (int64_t{1} << layout.levels < kBucketsMost && (kBucketAim << layout.levels) < n) ++layout.levels;
  const int64_t buckets = layout.buckets = int64_t{1} << layout.levels;
  const int64_t chunks = layout.chunks = (n + layout.chunk - 1) / layout.chunk;
  auto* splitter = job.Scratch<uint64_t>(2 * buckets);
  auto* starts = job.Scratch<int64_t>(buckets + 1);
  auto* pieces = job.Scratch<Piece>(buckets + n / kLeafMost);
  layout.offsets = job.Scratch<uint32_t>(chunks * (buckets + 1));
  if (splitter == nullptr || starts == nullptr || pieces == nullptr || layout.offsets == nullptr)
    return Status::kNoMemory;
  uint64_t* tree = splitter + buckets;
  if (!job.Serial(
          [&] { ChooseSplitters(source, n, depth, low, high, layout.levels, lanes[job.lane()], splitter, tree); }))
    return job.status();
  if (!job.For(chunks, 1, [&](int64_t begin, int64_t end) {
        for (int64_t c = begin; c < end; ++c)
          if (layout.SortChunk(tree, lanes[job.lane()], c)) leaves.SawMinusZero();
      }))
    return job.status();
  constexpr int64_t kColumns = 64;
  if (!job.For((buckets + kColumns - 1) / kColumns, 1, [&](int64_t b, int64_t) {
        const int64_t first = b * kColumns, last = first + kColumns < buckets ? first + kColumns : buckets;
        for (int64_t j = first; j < last; ++j) starts[j] = 0;
        for (int64_t c = 0; c < chunks; ++c)
          for (int64_t j = first; j < last; ++j) starts[j] += layout.Count(j, c);
      }))
    return job.status();
  // The largest key that bucket j may hold.
  const auto last_of = [&](int64_t j) {
    return j + 1 < buckets && splitter[j + 1] - 1 < high ? splitter[j + 1] - 1 : high;
  };
  int64_t count = 0, largest = 0;
  starts[buckets] = n;
  for (int64_t j = 0, begin = 0; j < buckets; ++j) {
    const int64_t size = starts[j];
    starts[j] = begin;
    const bool equal = splitter[j] == last_of(j);
    if (size > 0 && size <= kLeafMost) {
      pieces[count++] = {j, 0, chunks, begin, size, 0, equal};
    } else if (size > 0 && equal) {
      // Parts of a leaf's length at most, or of one chunk.
      Piece piece{j, 0, 0, begin, 0, 0, true};
      for (int64_t c = 0; c < chunks; ++c) {
        const int64_t more = layout.Count(j, c);
        if (piece.count > 0 && piece.count + more > kLeafMost) {
          pieces[count++] = piece;
          piece = {j, c, c, piece.base + piece.count, 0, 0, true};
        }
        piece.end = c + 1;
        piece.count += more;
      }
      pieces[count++] = piece;
    } else if (size > largest) {
      largest = size;
    }
    begin += size;
  }
  if (!job.For(count, 1, [&](int64_t i, int64_t) {
        Piece& piece = pieces[i];
        const Lane lane = lanes[job.lane()];
        if (piece.equal) {
          // A chunk may hold more than lane.index does.
          uint32_t* index = space.places != nullptr ? reinterpret_cast<uint32_t*>(lane.keys) : nullptr;
          layout.Collect(piece.bucket, piece.begin, piece.end, nullptr, index);
          piece.distinct = leaves.Equal(splitter[piece.bucket], index, piece.count, base + piece.base,
                                        base + starts[piece.bucket], base + starts[piece.bucket + 1]);
        } else {
          layout.Collect(piece.bucket, piece.begin, piece.end, lane.keys,
                         space.places != nullptr ? lane.index : nullptr);
          piece.distinct = leaves.Sort(lane, piece.count, base + piece.base);
        }
      }))
    return job.status();
  const bool placed = space.places != nullptr;
  uint64_t* keys = nullptr;
  uint32_t* index = nullptr;
  int64_t* before = nullptr;
  Space next{nullptr, nullptr};
  if (largest > 0) {
    keys = job.Scratch<uint64_t>(largest);
    index = placed ? job.Scratch<uint32_t>(largest) : nullptr;
    before = job.Scratch<int64_t>(chunks);
    next = {job.Scratch<uint64_t>(largest), placed ? job.Scratch<uint16_t>(largest) : nullptr};
    if (keys == nullptr || before == nullptr || next.keys == nullptr ||
        (placed && (index == nullptr || next.places == nullptr)))
      return Status::kNoMemory;
  }
  for (int64_t j = 0, i = 0; j < buckets; ++j) {
    for (; i < count && pieces[i].bucket == j; ++i)
      if (!leaves.Done(job, base + pieces[i].base, pieces[i].distinct)) return Status::kNoMemory;
    const int64_t size = starts[j + 1] - starts[j];
    if (size <= kLeafMost || splitter[j] == last_of(j)) continue;
    for (int64_t c = 0, sum = 0; c < chunks; ++c) {
      before[c] = sum;
      sum += layout.Count(j, c);
    }
    if (!job.For(chunks, 8, [&](int64_t begin, int64_t end) {
          layout.Collect(j, begin, end, keys + before[begin], placed ? index + before[begin] : nullptr);
        }))
      return job.status();
    const Status status = Distribute(job, leaves, Source{source.elements, keys, index}, size, base + starts[j],
                                     depth + 1, splitter[j], last_of(j), next, lanes);
    if (status != Status::kOk) return status;
  }
  return job.status();
}

}  // namespace ordering
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
