// order: what argsort, rank and unique share, all of them stable orders of keys (order-inl.h).
//
// argsort and most ranks are written leaf by leaf. `dense` ranks and unique need to know how many distinct values
// come before: the leaves leave sorted keys for them, which two passes over blocks then number.

#include "kernels/order-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace order_kernel {

enum class Task { kAscending, kDescending, kAverage, kMin, kMax, kOrdinal, kDense, kUnique, kCount };

constexpr int64_t kBlock = 16384, kBuffer = 512;

struct Finish {
  Task task;
  bool real;  // there are NaNs, with this key
  uint64_t nan;
  uint32_t* order;         // the positions in order
  double* ranks;           // by position
  uint64_t* sorted;        // keys in order, and their positions (or null) …
  uint32_t* sorted_index;  // … for those who number them
  char minus = 0;          // a -0 was seen

  void SawMinusZero() { __atomic_store_n(&minus, 1, __ATOMIC_RELAXED); }

  OFFLOOP_INLINE double RankOf(uint64_t key, int64_t begin, int64_t end) const {
    if (real && key == nan) return __builtin_nan("");
    const auto first = static_cast<double>(begin + 1), last = static_cast<double>(end);
    return task == Task::kAverage ? (first + last) / 2 : task == Task::kMin ? first : last;
  }

  // n equal keys, part of [begin, end) of the order.
  void Equal(uint64_t key, const uint32_t* index, int64_t n, int64_t base, int64_t begin, int64_t end) const {
    if (sorted != nullptr) {
      for (int64_t i = 0; i < n; ++i) sorted[base + i] = key;
      if (sorted_index != nullptr) memcpy(sorted_index + base, index, static_cast<size_t>(n) * sizeof *index);
    } else if (order != nullptr) {
      memcpy(order + base, index, static_cast<size_t>(n) * sizeof *index);
    } else {
      const double rank = RankOf(key, begin, end);
      const bool ordinal = task == Task::kOrdinal && rank == rank;
      for (int64_t i = 0; i < n; ++i) ranks[index[i]] = ordinal ? static_cast<double>(base + i + 1) : rank;
    }
  }

  // A leaf of any keys, whose n places in the order begin at `base`.
  void Sort(const Lane& lane, int64_t n, int64_t base) const {
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

Status Run(Job& job, const Elements& elements, int64_t n, Task task, uint32_t* order, double* ranks,
           const Growing* values, const Growing* counts) {
  const bool numbers = task == Task::kDense || task == Task::kUnique;
  Finish finish{task, elements.real(), elements.nan(), order, ranks, nullptr, nullptr};
  if (n > 0) {
    const bool indexed = task != Task::kUnique || order != nullptr;
    if (numbers) {
      finish.sorted = job.Scratch<uint64_t>(n);
      finish.sorted_index = indexed ? job.Scratch<uint32_t>(n) : nullptr;
      if (finish.sorted == nullptr || (indexed && finish.sorted_index == nullptr)) return Status::kNoMemory;
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
      const Lane lane{job.Scratch<uint64_t>(n), job.Scratch<uint64_t>(n), job.Scratch<uint32_t>(n), nullptr};
      if (lane.keys == nullptr || lane.packed == nullptr || lane.index == nullptr) return Status::kNoMemory;
      if (!job.Serial([&] {
            if (elements.LoadKeys(0, n, lane.keys)) finish.minus = 1;
            for (int64_t i = 0; indexed && i < n; ++i) lane.index[i] = static_cast<uint32_t>(i);
            finish.Sort(lane, n, 0);
          }))
        return job.status();
    }
  }
  if (!numbers) return job.status();
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

}  // namespace order_kernel
}  // namespace

OFFLOOP_KERNEL(order, OFFLOOP_INSTANCE("f64", order_kernel::Order<double>),
               OFFLOOP_INSTANCE("f32", order_kernel::Order<float>),
               OFFLOOP_INSTANCE("i32", order_kernel::Order<int32_t>),
               OFFLOOP_INSTANCE("u32", order_kernel::Order<uint32_t>),
               OFFLOOP_INSTANCE("i64", order_kernel::Order<int64_t>),
               OFFLOOP_INSTANCE("u64", order_kernel::Order<uint64_t>))

}  // namespace offloop::OFFLOOP_ISA
