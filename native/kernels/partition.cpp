// partition, argpartition, quantile, median: all begin with select-inl.h, so they share an object.
// Levels: avx2 sse4
//
// partition: the elements below the wanted one in their old order, those equal to it, those above in their old
// order; with several wanted ranks the same between each two of them. So defined, the arrangement
// depends on nothing but the input, and takes two more sweeps: one counts by blocks, one writes.
//
// quantile: order statistics, and NumPy's formulas on them, operation by operation.

#include "kernels/select-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace partition_kernel {

using namespace select;

constexpr int64_t kFewRanks = 8;  // need no memory of their own

// ---- quantile ----

// In the order of src/kernels/quantile.twin.ts.
enum class Method {
  kInvertedCdf,
  kAveragedInvertedCdf,
  kClosestObservation,
  kInterpolatedInvertedCdf,
  kHazen,
  kWeibull,
  kLinear,
  kMedianUnbiased,
  kNormalUnbiased,
  kLower,
  kHigher,
  kMidpoint,
  kNearest,
  kMedian,
  kCount
};

OFFLOOP_INLINE double Floor(double x) {
  const hn::CappedTag<double, 1> d;
  return hn::GetLane(hn::Floor(hn::Set(d, x)));
}

// Between which ranks a quantile lies, and how far towards the second; or exactly at the first.
struct Place {
  int64_t from, to;
  double gamma;
  bool exact;
};

HWY_NOINLINE Place PlaceOf(Method method, int64_t size, double q) {
  const auto n = static_cast<double>(size);
  const auto at = [&](double rank) {  // clipped, also against what is not a number
    const int64_t i = rank > 0 ? rank < n ? static_cast<int64_t>(rank) : size - 1 : 0;
    return Place{i, i, 0, true};
  };
  const auto fitted = [&](double alpha, double beta) { return n * q + (alpha + q * (1 - alpha - beta)) - 1; };
  double where;
  switch (method) {
    case Method::kInvertedCdf:
    case Method::kClosestObservation: {
      const bool closest = method == Method::kClosestObservation;
      const double index = closest ? n * q - 1 - 0.5 : n * q - 1, floor = Floor(index);
      const bool stay = index == floor && (!closest || Floor(floor / 2) * 2 != floor);
      return at(stay ? floor : floor + 1);
    }
    case Method::kLower:
      return at(Floor((n - 1) * q));
    case Method::kHigher:
      return at(-Floor(-((n - 1) * q)));
    case Method::kNearest: {
      const double index = (n - 1) * q, floor = Floor(index), over = index - floor;
      return at(over > 0.5 || (over == 0.5 && Floor(floor / 2) * 2 != floor) ? floor + 1 : floor);
    }
    case Method::kMedian:
      return {(size - 1) / 2, size / 2, 0.5, size % 2 != 0};
    case Method::kAveragedInvertedCdf:
      where = n * q - 1;
      break;
    case Method::kInterpolatedInvertedCdf:
      where = fitted(0, 1);
      break;
    case Method::kHazen:
      where = fitted(0.5, 0.5);
      break;
    case Method::kWeibull:
      where = fitted(0, 0);
      break;
    case Method::kMedianUnbiased:
      where = fitted(1 / 3.0, 1 / 3.0);
      break;
    case Method::kNormalUnbiased:
      where = fitted(3 / 8.0, 3 / 8.0);
      break;
    case Method::kMidpoint: {
      const double index = (n - 1) * q;
      where = 0.5 * (Floor(index) - Floor(-index));
      break;
    }
    default:
      where = (n - 1) * q;
  }
  // At the ends NumPy measures gamma from rank 0 or -1; both ranks are the same there, and only the
  // sign of a zero can tell.
  const double floor = Floor(where);
  Place place{static_cast<int64_t>(floor < 0 ? 0 : floor < n ? floor : n - 1), 0, where - floor, false};
  place.to = place.from + 1;
  if (!(where < n - 1)) place = {size - 1, size - 1, where + 1, false};
  if (where < 0) place = {0, 0, where, false};
  if (method == Method::kAveragedInvertedCdf) place.gamma = place.gamma == 0 ? 0.5 : 1;
  if (method == Method::kMidpoint) place.gamma = where == floor ? 0 : 0.5;
  return place;
}

OFFLOOP_INLINE double Between(Method method, double a, double b, double gamma) {
  if (method == Method::kMedian) return (a + b) / 2;
  const double step = b - a;
  return gamma >= 0.5 ? b - step * (1 - gamma) : a + step * gamma;
}

// The places of all quantiles among `size` numbers: their ranks, ascending and without repetition.
HWY_NOINLINE int64_t Ranks(Method method, int64_t size, const double* q, int64_t count, int64_t* ranks) {
  int64_t made = 0;
  const auto add = [&](int64_t rank) {
    int64_t at = made;  // quantiles ascend, so nearly always at the end
    while (at > 0 && ranks[at - 1] > rank) --at;
    if (at > 0 && ranks[at - 1] == rank) return;
    for (int64_t i = made++; i > at; --i) ranks[i] = ranks[i - 1];
    ranks[at] = rank;
  };
  for (int64_t i = 0; i < count; ++i) {
    const Place place = PlaceOf(method, size, q[i]);
    add(place.from);
    add(place.to);
  }
  return made;
}

OFFLOOP_INLINE int64_t Find(const int64_t* ranks, int64_t count, int64_t rank) {
  int64_t from = 0;
  while (count > 1) {
    const int64_t half = count / 2;
    from += ranks[from + half] <= rank ? half : 0;
    count -= half;
  }
  return from;
}

template <class L>
struct Numbers {
  Source<L> x;
  double (*value)(L key);
};

template <class L>
HWY_NOINLINE Status RunQuantile(Job& job, const Numbers<L>& numbers, In<double> q, Out<double> out, Method method,
                                bool omit) {
  const Source<L>& x = numbers.x;
  const double nan = __builtin_nan("");
  for (int64_t i = 0; i < q.size; ++i) out.data[i] = nan;
  if (x.size == 0 || q.size == 0) return job.status();
  job.Total((x.size + kBlock - 1) / kBlock);
  int64_t few_ranks[kFewRanks];
  L few_values[kFewRanks];
  int64_t* ranks = few_ranks;
  L* values = few_values;
  if (q.size > kFewRanks / 2) {
    ranks = job.Scratch<int64_t>(2 * q.size);
    values = job.Scratch<L>(2 * q.size);
    if (ranks == nullptr || values == nullptr) return Status::kNoMemory;
  }
  // NaNs come last, so that leaving them out changes the ranks and nothing else. That there are none is
  // what the first attempt supposes, and finds out.
  int64_t size = x.size, nans = 0;
  int64_t count = Ranks(method, size, q.data, q.size, ranks);
  Status status = Select(job, x, ranks, count, values, true, &nans);
  if (status != Status::kOk) return status;
  if (nans > 0) {
    size -= nans;
    if (!omit || size <= 0) return job.status();
    count = Ranks(method, size, q.data, q.size, ranks);
    status = Select(job, x, ranks, count, values, false, &nans);
    if (status != Status::kOk) return status;
  }
  for (int64_t i = 0; i < q.size; ++i) {
    const Place place = PlaceOf(method, size, q.data[i]);
    const double a = numbers.value(values[Find(ranks, count, place.from)]);
    const double b = numbers.value(values[Find(ranks, count, place.to)]);
    out.data[i] = place.exact ? a : Between(method, a, b, place.gamma);
  }
  return job.status();
}

template <class T>
double ValueOf(LaneOf<T> key) {
  return static_cast<double>(ElementOf<T>(key));
}

template <class T>
Status Quantile(Job& job, In<T> x, In<double> q, Out<double> out, Enum<Method> method, bool omit) {
  return RunQuantile<LaneOf<T>>(job, {SourceOf(x), &ValueOf<T>}, q, out, method.value, omit);
}

// ---- partition ----

// A block's share of the counts is kept for every bucket: with many of them the blocks are longer.
constexpr int64_t kFewCuts = 16, kLongBlock = 65536, kAhead = 4 * kChunk;

// Keys against ascending cuts: bucket 2c holds those between cut c - 1 and cut c, bucket 2c + 1 those equal to cut c.
template <class L>
struct Buckets {
  Source<L> x;
  const L* cuts;
  int64_t count;

  OFFLOOP_INLINE int64_t Of(L key) const {
    int64_t from = 0;
    for (int64_t left = count; left > 0;) {
      const int64_t half = (left + 1) / 2;
      from += cuts[from + half - 1] < key ? half : 0;
      left -= half;
    }
    return 2 * from + (from < count && cuts[from] == key);
  }

  HWY_NOINLINE void Count(int64_t begin, int64_t end, int64_t* counts) const {
    L keys[kChunk];
    for (int64_t at = begin; at < end; at += kChunk) {
      const int64_t n = end - at < kChunk ? end - at : kChunk;
      if (end - at >= kAhead + kChunk) x.Prefetch(at + kAhead);
      x.load(x.data, at, n, keys);
      if (count == 1 && n == kChunk) {
        const L cut = *cuts;
        L less = 0, equal = 0;
        for (int64_t i = 0; i < kChunk; ++i) {
          less += keys[i] < cut;
          equal += keys[i] == cut;
        }
        counts[0] += less;
        counts[1] += equal;
        counts[2] += kChunk - less - equal;
      } else {
        for (int64_t i = 0; i < n; ++i) ++counts[Of(keys[i])];
      }
    }
  }

  // An item is an element's bits (L) or its number (uint32_t). `to` is where each bucket goes on. It comes from
  // counts that elements which change meanwhile no longer agree with: hence the look at the end.
  template <class Item>
  HWY_NOINLINE void Write(int64_t begin, int64_t end, int64_t* to, Item* out) const {
    constexpr bool kNumbers = std::is_same_v<Item, uint32_t>;
    HWY_ALIGN L keys[kChunk];
    for (int64_t at = begin; at < end; at += kChunk) {
      const int64_t n = end - at < kChunk ? end - at : kChunk;
      if (end - at >= kAhead + kChunk) x.Prefetch(at + kAhead);
      x.load(x.data, at, n, keys);
      if (count == 1 && n == kChunk) {
        WriteChunk(keys, at, to, out);
        continue;
      }
      for (int64_t i = 0; i < n; ++i) {
        const int64_t place = to[Of(keys[i])]++;
        if (place >= x.size) continue;
        if constexpr (kNumbers) {
          out[place] = static_cast<uint32_t>(at + i);
        } else {
          out[place] = static_cast<const L*>(x.data)[at + i];
        }
      }
    }
  }

  // A whole chunk against one cut.
  template <class Item>
  OFFLOOP_INLINE void WriteChunk(const L* keys, int64_t at, int64_t* to, Item* out) const {
    const hn::ScalableTag<L> d;
    constexpr int64_t kN = HWY_LANES(L);
    L staged[3][kChunk + kN];
    int64_t made[3] = {};
    const auto cut = hn::Set(d, *cuts);
    for (int64_t i = 0; i < kChunk; i += kN) {
      const auto key = hn::Load(d, keys + i);
      hn::Vec<decltype(d)> item;
      if constexpr (std::is_same_v<Item, uint32_t>) {
        item = hn::Iota(d, static_cast<L>(at + i));
      } else {
        item = hn::LoadU(d, static_cast<const L*>(x.data) + at + i);
      }
      const auto less = hn::Lt(key, cut), greater = hn::Gt(key, cut), equal = hn::Eq(key, cut);
      made[0] += static_cast<int64_t>(hn::CompressStore(item, less, d, staged[0] + made[0]));
      made[2] += static_cast<int64_t>(hn::CompressStore(item, greater, d, staged[2] + made[2]));
      if (HWY_UNLIKELY(!hn::AllFalse(d, equal)))
        made[1] += static_cast<int64_t>(hn::CompressStore(item, equal, d, staged[1] + made[1]));
    }
    for (int b = 0; b < 3; ++b) {
      const int64_t fit = x.size - to[b] < made[b] ? x.size - to[b] : made[b];
      Item* const items = out + to[b];
      for (int64_t i = 0; i < fit; ++i) items[i] = static_cast<Item>(staged[b][i]);
      to[b] += made[b];
    }
  }
};

// Into `elements` or, where that is null, into `numbers`.
template <class L>
HWY_NOINLINE Status Run(Job& job, const Source<L>& x, In<double> kth, L* elements, uint32_t* numbers) {
  if (x.size == 0 || kth.size == 0) return job.status();
  int64_t few_ranks[kFewRanks], few_counts[2 * kFewRanks + 1];
  L few_cuts[kFewRanks];
  const bool few = kth.size <= kFewRanks;
  int64_t* ranks = few ? few_ranks : job.Scratch<int64_t>(kth.size);
  L* cuts = few ? few_cuts : job.Scratch<L>(kth.size);
  if (ranks == nullptr || cuts == nullptr) return Status::kNoMemory;
  for (int64_t i = 0; i < kth.size; ++i) {
    const double k = kth.data[i];
    ranks[i] = k > 0 ? k < static_cast<double>(x.size) ? static_cast<int64_t>(k) : x.size - 1 : 0;
  }
  const int64_t block = kth.size <= kFewCuts ? kBlock : kLongBlock, blocks = (x.size + block - 1) / block;
  job.Total((x.size + kBlock - 1) / kBlock + 2 * blocks);
  int64_t nans;
  const Status status = Select(job, x, ranks, kth.size, cuts, false, &nans);
  if (status != Status::kOk) return status;
  int64_t distinct = 1;
  for (int64_t i = 1; i < kth.size; ++i)
    if (cuts[i] > cuts[distinct - 1]) cuts[distinct++] = cuts[i];

  const int64_t buckets = 2 * distinct + 1;
  int64_t* counts = few && blocks == 1 ? few_counts : job.Scratch<int64_t>(blocks * buckets);
  const bool in_place = elements == x.data;
  L* const to = in_place ? job.Scratch<L>(x.size) : elements;
  if (counts == nullptr || (to == nullptr && numbers == nullptr)) return Status::kNoMemory;
  const Buckets<L> all{x, cuts, distinct};
  for (int pass = 0; pass < 2; ++pass) {
    if (!job.Blocks(x.size, block, [&](int64_t begin, int64_t end) {
          for (; begin < end; begin += block) {
            int64_t* mine = counts + begin / block * buckets;
            const int64_t stop = end - begin < block ? end : begin + block;
            if (pass == 0) {
              for (int64_t b = 0; b < buckets; ++b) mine[b] = 0;
              all.Count(begin, stop, mine);
            } else if (numbers != nullptr) {
              all.Write(begin, stop, mine, numbers);
            } else {
              all.Write(begin, stop, mine, to);
            }
          }
        }))
      return job.status();
    // From sizes to places, bucket by bucket.
    int64_t place = 0;
    for (int64_t b = 0; pass == 0 && b < buckets; ++b) {
      for (int64_t i = b; i < blocks * buckets; i += buckets) {
        const int64_t size = counts[i];
        counts[i] = place;
        place += size;
      }
    }
  }
  if (in_place)
    job.Blocks(x.size, kBlock, [&](int64_t begin, int64_t end) {
      memcpy(elements + begin, to + begin, static_cast<size_t>(end - begin) * sizeof(L));
    });
  return job.status();
}

template <class T>
Status Elements(Job& job, In<T> x, In<double> kth, Out<T> out) {
  return Run<LaneOf<T>>(job, SourceOf(x), kth, reinterpret_cast<LaneOf<T>*>(out.data), nullptr);
}

template <class T>
Status Numbered(Job& job, In<T> x, In<double> kth, Out<uint32_t> out) {
  return Run<LaneOf<T>>(job, SourceOf(x), kth, nullptr, out.data);
}

}  // namespace partition_kernel
}  // namespace

OFFLOOP_KERNEL(partition, OFFLOOP_INSTANCE("f64", partition_kernel::Elements<double>),
               OFFLOOP_INSTANCE("f32", partition_kernel::Elements<float>),
               OFFLOOP_INSTANCE("i32", partition_kernel::Elements<int32_t>),
               OFFLOOP_INSTANCE("u32", partition_kernel::Elements<uint32_t>),
               OFFLOOP_INSTANCE("f64,u32", partition_kernel::Numbered<double>),
               OFFLOOP_INSTANCE("f32,u32", partition_kernel::Numbered<float>),
               OFFLOOP_INSTANCE("i32,u32", partition_kernel::Numbered<int32_t>),
               OFFLOOP_INSTANCE("u32,u32", partition_kernel::Numbered<uint32_t>),
               OFFLOOP_INSTANCE("f64,f64", partition_kernel::Quantile<double>),
               OFFLOOP_INSTANCE("f32,f64", partition_kernel::Quantile<float>),
               OFFLOOP_INSTANCE("i32,f64", partition_kernel::Quantile<int32_t>),
               OFFLOOP_INSTANCE("u32,f64", partition_kernel::Quantile<uint32_t>),
               OFFLOOP_INSTANCE("i16,f64", partition_kernel::Quantile<int16_t>),
               OFFLOOP_INSTANCE("u16,f64", partition_kernel::Quantile<uint16_t>),
               OFFLOOP_INSTANCE("i8,f64", partition_kernel::Quantile<int8_t>),
               OFFLOOP_INSTANCE("u8,f64", partition_kernel::Quantile<uint8_t>))

}  // namespace offloop::OFFLOOP_ISA
