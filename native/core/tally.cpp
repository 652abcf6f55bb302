#include "core/tally.h"

#include <cstring>

namespace offloop {
namespace {

constexpr int64_t kSmallTable = 1024;  // up to here four tables take turns: equal neighbours do not wait

int64_t Least(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t Pitch(int64_t bins) { return (bins + 16) / 16 * 16; }  // with room for what is in no bin

void Bump(const uint32_t* k, int64_t n, uint32_t* table, int64_t apart) {
  uint32_t* const t1 = table + apart;
  uint32_t* const t2 = t1 + apart;
  uint32_t* const t3 = t2 + apart;
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    ++table[k[i]];
    ++t1[k[i + 1]];
    ++t2[k[i + 2]];
    ++t3[k[i + 3]];
  }
  for (; i < n; ++i) ++table[k[i]];
}

template <class T>
T* Table(Job& job, int64_t cells) {
  T* const table = job.Scratch<T>(cells);
  if (table == nullptr) return nullptr;
  job.Blocks(cells, 16384, [&](int64_t begin, int64_t end) {
    std::memset(table + begin, 0, static_cast<size_t>(end - begin) * sizeof(T));
  });
  return table;
}

// counts[k] = table[k] + table[pitch + k] + …, in this order.
template <class T>
Status Merge(Job& job, const T* table, int64_t tables, int64_t bins, double* counts) {
  const int64_t pitch = Pitch(bins);
  job.Blocks(bins, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) counts[k] = static_cast<double>(table[k]);
    for (int64_t t = 1; t < tables; ++t)
      for (int64_t k = begin; k < end; ++k) counts[k] += static_cast<double>(table[t * pitch + k]);
  });
  return job.status();
}

// A table for each of up to kMaxSlices slices of the elements, all slices a piece further in turn: what is
// added to a table is added in the order of the elements, and sums depend on nothing else.
// src/kernels/bins.twin.ts cuts the same slices.
template <class T, class Add>
Status Sliced(Job& job, int64_t size, int64_t bins, double* counts, Add&& add) {
  int64_t slices = Least(size / (bins > 4096 ? 8 * bins : 32768), kMaxSlices);
  if (slices < 1) slices = 1;
  const int64_t per = ((size + slices - 1) / slices + kTallyChunk - 1) / kTallyChunk * kTallyChunk;
  const int64_t piece = bins <= 65536 ? 65536 : 8192;  // a bin beyond the caches takes 100 ns
  const int64_t rounds = (per + piece - 1) / piece, pitch = Pitch(bins);
  T* const table = Table<T>(job, slices * pitch);
  if (table == nullptr) return Status::kNoMemory;
  job.Total(rounds * slices);
  for (int64_t round = 0; round < rounds; ++round) {
    job.For(slices, 1, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        int64_t at = s * per + round * piece;
        const int64_t to = Least(at + piece, Least((s + 1) * per, size));
        for (; at < to; at += kTallyChunk) add(at, Least(kTallyChunk, to - at), table + s * pitch);
      }
    });
    if (job.stopped()) return job.status();
  }
  return Merge(job, table, slices, bins, counts);
}

}  // namespace

Status RunTally(Job& job, int64_t size, int64_t bins, const Any* weights, double* counts, FindBins find,
                const void* context) {
  if (weights != nullptr) {
    const Elements by{weights->data, weights->dtype, weights->size};
    return Sliced<double>(job, size, bins, counts, [&](int64_t at, int64_t n, double* table) {
      uint32_t k[kTallyChunk];
      double buffer[kTallyChunk];
      find(context, at, n, k);
      const double* const w = AsDoubles(by, at, n, buffer);
      for (int64_t i = 0; i < n; ++i) table[k[i]] += w[i];
    });
  }
  const int64_t threads = job.threads();
  if (bins > kSmallTable && threads * bins > size) {
    return Sliced<uint32_t>(job, size, bins, counts, [&](int64_t at, int64_t n, uint32_t* table) {
      uint32_t k[kTallyChunk];
      find(context, at, n, k);
      Bump(k, n, table, 0);
    });
  }
  // Whole numbers, whose sums are the same in any order: tables for each thread.
  const int64_t tables = bins <= kSmallTable ? 4 : 1, pitch = Pitch(bins), apart = tables == 4 ? pitch : 0;
  uint32_t* const table = Table<uint32_t>(job, threads * tables * pitch);
  if (table == nullptr) return Status::kNoMemory;
  constexpr int64_t kBlock = 4096;
  job.Total((size + kBlock - 1) / kBlock);
  job.Blocks(size, kBlock, [&](int64_t begin, int64_t end) {
    uint32_t k[kTallyChunk];
    uint32_t* const mine = table + job.lane() * tables * pitch;
    for (int64_t at = begin; at < end; at += kTallyChunk) {
      const int64_t n = Least(kTallyChunk, end - at);
      find(context, at, n, k);
      Bump(k, n, mine, apart);
    }
  });
  if (job.stopped()) return job.status();
  return Merge(job, table, threads * tables, bins, counts);
}

namespace {

constexpr int64_t kLanes = 8;
typedef double Lanes __attribute__((vector_size(kLanes * sizeof(double))));

Extent ExtentOf(const Elements& x, int64_t begin, int64_t end) {
  Lanes lo = Lanes{} + __builtin_inf(), hi = -lo, odd = {}, row;
  double buffer[kTallyChunk];
  for (int64_t at = begin; at < end; at += kTallyChunk) {
    const int64_t n = Least(kTallyChunk, end - at);
    const double* const v = AsDoubles(x, at, n, buffer);
    for (int64_t i = 0; i < n; i += kLanes) {
      if (i + kLanes <= n)
        std::memcpy(&row, v + i, sizeof row);
      else
        for (int64_t l = 0; l < kLanes; ++l) row[l] = v[i + l < n ? i + l : i];  // copies of the first fill it up
      lo = row < lo ? row : lo;
      hi = row > hi ? row : hi;
      odd += row - row;  // NaN for NaN and infinities, else 0
    }
  }
  Extent all{lo[0], hi[0], true};
  for (int64_t l = 0; l < kLanes; ++l) {
    all.lo = lo[l] < all.lo ? lo[l] : all.lo;
    all.hi = hi[l] > all.hi ? hi[l] : all.hi;
    all.finite = all.finite && odd[l] == 0;
  }
  return all;
}

}  // namespace

Status RunExtent(Job& job, const Any& x, Extent& extent) {
  const Elements elements{x.data, x.dtype, x.size};
  return job.Reduce(
      x.size, kReduceBlock, extent, [&](int64_t begin, int64_t end) { return ExtentOf(elements, begin, end); },
      [](Extent a, Extent b) {
        return Extent{b.lo < a.lo ? b.lo : a.lo, b.hi > a.hi ? b.hi : a.hi, a.finite && b.finite};
      });
}

}  // namespace offloop
