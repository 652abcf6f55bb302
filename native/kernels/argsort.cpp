// argsort, and with it rank and unique: all of them stable orders of keys (order-inl.h).
//
// argsort and most ranks are written leaf by leaf. `dense` ranks and the inverse of unique need to know how many
// distinct values come before: the leaves leave sorted keys for them, which two passes over blocks then number.
// Without the inverse, leaves of unique leave distinct keys only, found by hashing where keys repeat.

#include "kernels/order-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace argsort_kernel {

using namespace ordering;

enum class Task { kAscending, kDescending, kAverage, kMin, kMax, kOrdinal, kDense, kUnique, kCount };

constexpr int64_t kBlock = 16384, kBuffer = 512, kTiny = 256;

// Collects the distinct ones of n keys in lane.packed, and how often each occurs in `counts`, if given. -1 if hashing
// does not pay: too few repeat, or too many collide (the keys may be chosen so).
HWY_NOINLINE int64_t Dedupe(const Lane& lane, int64_t n, uint32_t* counts) {
  constexpr int64_t kTrial = 1024, kTrialMost = 768;
  if (n < kTrial) return -1;
  int bits = 11;
  while (int64_t{1} << bits < 2 * n) ++bits;
  const uint64_t mask = (uint64_t{1} << bits) - 1;
  memset(lane.ids, 0, static_cast<size_t>(mask + 1) * sizeof *lane.ids);
  int64_t found = 0, collisions = 4 * n;
  for (int64_t i = 0; i < n; ++i) {
    if (i == kTrial && found > kTrialMost) return -1;
    const uint64_t key = lane.keys[i];
    uint64_t at = key * 0x9E3779B97F4A7C15u >> (64 - bits);
    uint16_t id;
    while ((id = lane.ids[at]) != 0 && lane.packed[id - 1] != key) {
      at = (at + 1) & mask;
      if (--collisions < 0) return -1;
    }
    if (id == 0) {
      lane.packed[found] = key;
      if (counts != nullptr) counts[found] = 1;
      lane.ids[at] = static_cast<uint16_t>(++found);
    } else if (counts != nullptr) {
      ++counts[id - 1];
    }
  }
  return found;
}

// The distinct keys of a leaf: `count` from `base` on.
struct Found {
  int64_t base, count;
};

struct Finish {
  Task task;
  bool real;  // there are NaNs, with this key
  uint64_t nan;
  uint32_t* order;         // the positions in order
  double* ranks;           // by position
  uint64_t* sorted;        // keys in order, and their positions (or null) …
  uint32_t* sorted_index;  // … for those who number them
  bool distinct;           // each key once only, and how often it occurs instead of its position
  char minus = 0;          // a -0 was seen
  Found* found = nullptr;
  int64_t found_count = 0, found_room = 0;

  void SawMinusZero() { __atomic_store_n(&minus, 1, __ATOMIC_RELAXED); }

  // Called by the body, in the order of `base`.
  bool Done(Job& job, int64_t base, int64_t count) {
    if (!distinct || count == 0) return true;
    if (found_count == found_room) {
      const int64_t room = found_room < kBucketsMost ? kBucketsMost : 2 * found_room;
      auto* more = job.Scratch<Found>(room);
      if (more == nullptr) return false;
      memcpy(more, found, static_cast<size_t>(found_count) * sizeof(Found));
      found = more;
      found_room = room;
    }
    found[found_count++] = {base, count};
    return true;
  }

  OFFLOOP_INLINE double RankOf(uint64_t key, int64_t begin, int64_t end) const {
    if (real && key == nan) return __builtin_nan("");
    const auto first = static_cast<double>(begin + 1), last = static_cast<double>(end);
    return task == Task::kAverage ? (first + last) / 2 : task == Task::kMin ? first : last;
  }

  // n equal keys, part of [begin, end) of the order.
  int64_t Equal(uint64_t key, const uint32_t* index, int64_t n, int64_t base, int64_t begin, int64_t end) const {
    if (distinct) {
      if (base != begin) return 0;  // the first part stands for all
      sorted[base] = key;
      if (sorted_index != nullptr) sorted_index[base] = static_cast<uint32_t>(end - begin);
    } else if (sorted != nullptr) {
      for (int64_t i = 0; i < n; ++i) sorted[base + i] = key;
      if (sorted_index != nullptr) memcpy(sorted_index + base, index, static_cast<size_t>(n) * sizeof *index);
    } else if (order != nullptr) {
      memcpy(order + base, index, static_cast<size_t>(n) * sizeof *index);
    } else {
      const double rank = RankOf(key, begin, end);
      const bool ordinal = task == Task::kOrdinal && rank == rank;
      for (int64_t i = 0; i < n; ++i) ranks[index[i]] = ordinal ? static_cast<double>(base + i + 1) : rank;
    }
    return 1;
  }

  // A leaf of any keys, whose n places in the order begin at `base`.
  int64_t Sort(const Lane& lane, int64_t n, int64_t base) const {
    if (distinct) return SortDistinct(lane, n, base);
    SortAll(lane, n, base);
    return n;
  }

  int64_t SortDistinct(const Lane& lane, int64_t n, int64_t base) const {
    uint64_t* keys = lane.keys;
    uint32_t* counts = sorted_index != nullptr ? lane.index : nullptr;
    const int64_t hashed = Dedupe(lane, n, counts);
    const bool once = hashed >= 0;
    if (once) {
      n = hashed;
      memcpy(keys, lane.packed, static_cast<size_t>(n) * sizeof *keys);
    }
    const bool moved = SortPlaces(keys, n, lane.packed);
    int64_t found = 0;
    for (int64_t i = 0; i < n; ++i) {
      const int64_t place = moved ? static_cast<int64_t>(lane.packed[i] & kPlaceMask) : i;
      if (!once && found > 0 && keys[place] == sorted[base + found - 1]) {
        if (counts != nullptr) ++sorted_index[base + found - 1];
        continue;
      }
      sorted[base + found] = keys[place];
      if (counts != nullptr) sorted_index[base + found] = once ? counts[place] : 1;
      ++found;
    }
    return found;
  }

  void SortAll(const Lane& lane, int64_t n, int64_t base) const {
    const uint64_t* keys = lane.keys;
    const uint32_t* index = lane.index;
    if (!SortPlaces(keys, n, lane.packed)) {
      if (sorted != nullptr || order != nullptr) {
        if (sorted != nullptr) memcpy(sorted + base, keys, static_cast<size_t>(n) * sizeof *keys);
        uint32_t* to = sorted != nullptr ? sorted_index : order;
        if (to != nullptr) memcpy(to + base, index, static_cast<size_t>(n) * sizeof *index);
        return;
      }
      for (int64_t i = 0; i < n; ++i) lane.packed[i] = static_cast<uint64_t>(i);
    }
    const auto place = [&](int64_t i) { return static_cast<int64_t>(lane.packed[i] & kPlaceMask); };
    if (sorted != nullptr) {
      for (int64_t i = 0; i < n; ++i) sorted[base + i] = keys[place(i)];
      if (sorted_index == nullptr) return;
      for (int64_t i = 0; i < n; ++i) sorted_index[base + i] = index[place(i)];
    } else if (order != nullptr) {
      for (int64_t i = 0; i < n; ++i) order[base + i] = index[place(i)];
    } else {
      for (int64_t begin = 0, end = 0; begin < n; begin = end) {
        const uint64_t key = keys[place(begin)];
        for (end = begin + 1; end < n && keys[place(end)] == key;) ++end;
        const double rank = RankOf(key, base + begin, base + end);
        const bool ordinal = task == Task::kOrdinal && rank == rank;
        for (int64_t i = begin; i < end; ++i)
          ranks[index[place(i)]] = ordinal ? static_cast<double>(base + i + 1) : rank;
      }
    }
  }
};

// Result arrays of a length known late: values of any type, and counts.
struct Growing {
  Job* job;
  int param;
  const Grower* grower;

  void* Allocate(int64_t count) const { return grower->allocate(*job, param, count); }
};

// Numbers the distinct values: dense ranks, or what unique gives.
Status Number(Job& job, const Finish& finish, const Elements& elements, int64_t n, double* ranks, uint32_t* inverse,
              const Growing* values, const Growing* counts) {
  const int64_t blocks = (n + kBlock - 1) / kBlock;
  const uint64_t* keys = finish.sorted;
  const uint32_t* index = finish.sorted_index;
  auto* before = job.Scratch<int64_t>(2 * blocks + 1);  // block -> distinct values that begin in it, then before it
  if (before == nullptr) return Status::kNoMemory;
  int64_t* last = before + blocks;  // block -> where its last value begins, then the last one before it
  const auto begins = [&](int64_t i) { return i == 0 || keys[i] != keys[i - 1]; };
  if (!job.For(blocks, 1, [&](int64_t b, int64_t) {
        const int64_t end = (b + 1) * kBlock < n ? (b + 1) * kBlock : n;
        int64_t count = 0, at = b * kBlock;
        if (at == 0) count = 1, at = 1;
        for (; at < end; ++at) count += keys[at] != keys[at - 1] ? 1 : 0;
        before[b] = count;
        for (at = end - 1; at > b * kBlock && !begins(at);) --at;
        last[b] = begins(at) ? at : -1;
      }))
    return job.status();
  int64_t total = 0, latest = -1;
  for (int64_t b = 0; b < blocks; ++b) {
    const int64_t count = before[b], at = last[b];
    before[b] = total;
    last[b] = latest;
    total += count;
    latest = at >= 0 ? at : latest;
  }
  void* value = nullptr;
  uint32_t* count = nullptr;
  if (values != nullptr) {
    value = values->Allocate(total);
    if (value == nullptr) return job.stopped() ? job.status() : Status::kNoMemory;
  }
  if (counts != nullptr) {
    count = static_cast<uint32_t*>(counts->Allocate(total));
    if (count == nullptr) return job.stopped() ? job.status() : Status::kNoMemory;
    if (total > 0) count[total - 1] = static_cast<uint32_t>(n - latest);
  }
  job.For(blocks, 1, [&](int64_t b, int64_t) {
    const int64_t end = (b + 1) * kBlock < n ? (b + 1) * kBlock : n;
    int64_t number = before[b] - 1, begun = last[b];
    alignas(64) uint64_t buffer[kBuffer];
    for (int64_t at = b * kBlock; at < end; at += kBuffer) {
      const int64_t to = at + kBuffer < end ? at + kBuffer : end;
      if (value != nullptr) {
        int64_t found = 0;
        for (int64_t i = at; i < to; ++i) {
          buffer[found] = keys[i];
          found += begins(i) ? 1 : 0;
        }
        StoreValues(elements.dtype, buffer, found, finish.minus != 0, value, number + 1);
        if (count == nullptr && inverse == nullptr) {
          number += found;
          continue;
        }
      }
      for (int64_t i = at; i < to; ++i) {
        if (begins(i)) {
          if (count != nullptr && number >= 0) count[number] = static_cast<uint32_t>(i - begun);
          begun = i;
          ++number;
        }
        if (inverse != nullptr) inverse[index[i]] = static_cast<uint32_t>(number);
        if (ranks != nullptr)
          ranks[index[i]] = finish.real && keys[i] == finish.nan ? __builtin_nan("") : static_cast<double>(number + 1);
      }
    }
  });
  return job.status();
}

// Values and counts from distinct keys.
Status Emit(Job& job, const Finish& finish, const Elements& elements, const Growing& values, const Growing* counts) {
  int64_t total = 0;
  auto* before = job.Scratch<int64_t>(finish.found_count + 1);
  if (before == nullptr) return Status::kNoMemory;
  for (int64_t i = 0; i < finish.found_count; ++i) {
    before[i] = total;
    total += finish.found[i].count;
  }
  void* value = values.Allocate(total);
  uint32_t* count = nullptr;
  if (value != nullptr && counts != nullptr) count = static_cast<uint32_t*>(counts->Allocate(total));
  if (value == nullptr || (counts != nullptr && count == nullptr))
    return job.stopped() ? job.status() : Status::kNoMemory;
  job.For(finish.found_count, 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Found& found = finish.found[i];
      StoreValues(elements.dtype, finish.sorted + found.base, found.count, finish.minus != 0, value, before[i]);
      if (count != nullptr)
        memcpy(count + before[i], finish.sorted_index + found.base, static_cast<size_t>(found.count) * sizeof *count);
    }
  });
  return job.status();
}

Status Run(Job& job, const Elements& elements, int64_t n, Task task, uint32_t* order, double* ranks,
           const Growing* values, const Growing* counts) {
  const bool numbers = task == Task::kDense || task == Task::kUnique;
  const bool distinct = task == Task::kUnique && order == nullptr;
  Finish finish{task, elements.real(), elements.nan(), order, ranks, nullptr, nullptr, distinct};
  Found first;  // all there is of a single leaf
  finish.found = &first;
  finish.found_room = 1;
  if (n > 0) {
    const bool indexed = !distinct;
    if (numbers) {
      const bool both = indexed || counts != nullptr;
      finish.sorted = job.Scratch<uint64_t>(n);
      finish.sorted_index = both ? job.Scratch<uint32_t>(n) : nullptr;
      if (finish.sorted == nullptr || (both && finish.sorted_index == nullptr)) return Status::kNoMemory;
    }
    if (n > kSingle) {
      const Space space{job.Scratch<uint64_t>(n), indexed ? job.Scratch<uint16_t>(n) : nullptr};
      const Lanes lanes{job.Scratch<char>(job.threads() * Lanes::kBytes)};
      if (space.keys == nullptr || (indexed && space.places == nullptr) || lanes.data == nullptr)
        return Status::kNoMemory;
      // Chunks, leaves, and blocks twice: roughly as many of each.
      job.Total((numbers ? 4 : 2) * (n / 16384) + 16);
      const Status status =
          Distribute(job, finish, Source{elements, nullptr, nullptr}, n, 0, 0, 0, ~uint64_t{0}, space, lanes);
      if (status != Status::kOk) return status;
    } else {
      // Small ones on the stack: an allocation costs as much as sorting 16 elements.
      uint64_t small_keys[kTiny], small_packed[kTiny];
      uint32_t small_index[kTiny];
      const bool tiny = n <= kTiny;
      const Lane lane{tiny ? small_keys : job.Scratch<uint64_t>(n), tiny ? small_packed : job.Scratch<uint64_t>(n),
                      tiny ? small_index : job.Scratch<uint32_t>(n),
                      distinct && !tiny ? job.Scratch<uint16_t>(4 * n) : nullptr};
      if (lane.keys == nullptr || lane.packed == nullptr || lane.index == nullptr ||
          (distinct && !tiny && lane.ids == nullptr))
        return Status::kNoMemory;
      int64_t found = 0;
      if (!job.Serial([&] {
            if (elements.LoadKeys(0, n, lane.keys)) finish.minus = 1;
            for (int64_t i = 0; indexed && i < n; ++i) lane.index[i] = static_cast<uint32_t>(i);
            found = finish.Sort(lane, n, 0);
          }))
        return job.status();
      if (!finish.Done(job, 0, found)) return Status::kNoMemory;
    }
  }
  if (!numbers) return job.status();
  if (distinct) return Emit(job, finish, elements, *values, counts);
  return Number(job, finish, elements, n, task == Task::kDense ? ranks : nullptr, order, values, counts);
}

// `order`: the result of argsort, or the inverse of unique. n is below 2^32.
template <class T>
Status Order(Job& job, In<T> x, Enum<Task> task, Opt<Out<uint32_t>> order, Opt<Out<double>> ranks, Opt<Grow<T>> values,
             Opt<Grow<uint32_t>> counts) {
  const Growing value{values.value.job, values.value.param, values.value.grower};
  const Growing count{counts.value.job, counts.value.param, counts.value.grower};
  const Elements elements{x.data, DtypeOf<T>(), task.value == Task::kDescending ? ~uint64_t{0} : 0};
  return Run(job, elements, x.size, task.value, order.present ? order.value.data : nullptr,
             ranks.present ? ranks.value.data : nullptr, values.present ? &value : nullptr,
             counts.present ? &count : nullptr);
}

}  // namespace argsort_kernel
}  // namespace

OFFLOOP_KERNEL(argsort, OFFLOOP_INSTANCE("f64", argsort_kernel::Order<double>),
               OFFLOOP_INSTANCE("f32", argsort_kernel::Order<float>),
               OFFLOOP_INSTANCE("i32", argsort_kernel::Order<int32_t>),
               OFFLOOP_INSTANCE("u32", argsort_kernel::Order<uint32_t>),
               OFFLOOP_INSTANCE("i64", argsort_kernel::Order<int64_t>),
               OFFLOOP_INSTANCE("u64", argsort_kernel::Order<uint64_t>))

}  // namespace offloop::OFFLOOP_ISA
