// resize, bilinear, of bytes.
//
// Sums down the columns have 23 bits; along the rows they are made of floats as v + (next - v) * weight, rounded twice.
// Where no pixel is skipped, the elements that a vector of the result needs lie within a vector's width: a table says
// where it begins, and its lanes are permuted.
#pragma once

#include "kernels/resize-weights-inl.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace resizing {

namespace hn = hwy::HWY_NAMESPACE;
using namespace image;

using F = hn::ScalableTag<float>;
constexpr int64_t kFloats = HWY_LANES(float);

// For elements of a row of the result: what of the source comes first, and the weight of the next pixel's.
struct Table {
  int32_t* at;
  float* weights;
  int32_t* begins;  // of every kFloats elements: the least `at`
};

// n sums of two rows.
HWY_NOINLINE void BlendRows(const uint8_t* a, const uint8_t* b, float weight, int64_t n, float* out) {
  const F d;
  const hn::Rebind<int32_t, F> di;
  const hn::Rebind<uint8_t, F> db;
  const auto load = [&](const uint8_t* from) { return hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(db, from))); };
  if (n < kFloats) {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(a[i]) + static_cast<float>(b[i] - a[i]) * weight;
    return;
  }
  for (int64_t i = 0; i < n; i += kFloats) {
    const int64_t at = Least(i, n - kFloats);
    const auto first = load(a + at);
    const auto product = hn::Mul(hn::Sub(load(b + at), first), hn::Set(d, weight));
    hn::StoreU(hn::Add(first, product), d, out + at);
  }
}

// Elements [from, to) of a row of the result, and the rest of a vector; `in` holds a row of sums from `first` on.
HWY_NOINLINE void BlendColumns(const float* in, int64_t first, const Table& table, int64_t step, int64_t from,
                               int64_t to, uint8_t* out) {
  const F d;
  const hn::Rebind<int32_t, F> di;
  const hn::Rebind<uint8_t, F> db;
  for (int64_t i = from; i < to; i += kFloats, out += kFloats) {
    const int32_t begin = table.begins[i / kFloats];
    const auto lanes = hn::IndicesFromVec(d, hn::Sub(hn::LoadU(di, table.at + i), hn::Set(di, begin)));
    const float* source = in + (begin - first);
    const auto value = hn::TableLookupLanes(hn::LoadU(d, source), lanes);
    const auto next = hn::TableLookupLanes(hn::LoadU(d, source + step), lanes);
    const auto sum = hn::Add(value, hn::Mul(hn::Sub(next, value), hn::LoadU(d, table.weights + i)));
    hn::StoreU(hn::DemoteTo(db, hn::NearestInt(sum)), db, out);
  }
}

// The same from the two rows of the source, where pixels are skipped.
HWY_NOINLINE void Sample(const uint8_t* a, const uint8_t* b, float weight, const Table& table, int64_t step,
                         int64_t from, int64_t to, uint8_t* out) {
  const hn::CappedTag<float, 1> d;
  for (int64_t i = from; i < to; ++i) {
    const int64_t at = table.at[i];
    const float value = static_cast<float>(a[at]) + static_cast<float>(b[at] - a[at]) * weight;
    const float next = static_cast<float>(a[at + step]) + static_cast<float>(b[at + step] - a[at + step]) * weight;
    const float sum = value + (next - value) * table.weights[i];
    *out++ = static_cast<uint8_t>(hn::GetLane(hn::NearestInt(hn::Set(d, sum))));
  }
}

Status Bilinear(Job& job, const uint8_t* in, const Shape& s, Axis& down, Axis& across, uint8_t* out) {
  constexpr int64_t kCols = 4096, kRows = 32;  // elements, rows of a tile
  Axis* axes[] = {&down, &across};
  for (Axis* axis : axes) {
    axis->scale = static_cast<double>(axis->from) / static_cast<double>(axis->to);
    axis->taps = TapsOf(axis->method, axis->from, axis->scale);
    axis->grid = axis == &down ? 0x1p15 : 0x1p23;
    axis->starts = job.Scratch<int64_t>(axis->to);
    axis->weights = job.Scratch<double>(axis->to * axis->taps);
    if (axis->starts == nullptr || axis->weights == nullptr) return Status::kNoMemory;
  }
  const int64_t c = s.channels, elements = across.to * c, stride = s.width * c;
  const int64_t step = across.taps > 1 ? c : 0, below = down.taps > 1 ? stride : 0;
  const bool dense = across.to >= across.from;
  const Table table{job.Scratch<int32_t>(RoundUp(elements, kFloats)), job.Scratch<float>(RoundUp(elements, kFloats)),
                    job.Scratch<int32_t>(elements / kFloats + 1)};
  const int64_t room = kCols + 2 * c + 2 * kFloats;
  float* lines = job.Scratch<float>(dense ? RoundUp(room, 16) * job.threads() : 16);
  if (table.at == nullptr || table.weights == nullptr || table.begins == nullptr || lines == nullptr)
    return Status::kNoMemory;
  const int64_t items = (elements + kCols - 1) / kCols, tiles = items * ((down.to + kRows - 1) / kRows);
  const int64_t pages = PagesOf(elements * down.to);
  job.Total(WeightsItems(down) + WeightsItems(across) + items + pages + tiles);
  if (!Prepare(job, down) || !Prepare(job, across)) return job.status();
  const bool ready = job.For(items, 1, [&](int64_t begin, int64_t end) {
    const int64_t last = Least(end * kCols, elements);
    for (int64_t i = begin * kCols; i < RoundUp(last, kFloats); ++i) {
      const int64_t x = Least(i, elements - 1) / c;
      const int64_t at = across.starts[x] * c + Least(i, elements - 1) % c;
      table.at[i] = static_cast<int32_t>(at);
      table.weights[i] = step > 0 ? static_cast<float>(across.weights[2 * x + 1]) : 0;
      int32_t& least = table.begins[i / kFloats];
      if (i % kFloats == 0 || at < least) least = static_cast<int32_t>(at);
    }
  });
  if (!ready || !TouchPages(job, out, pages)) return job.status();
  const bool past = elements * down.to >= kStreamBytes;
  job.For(tiles, job.GrainBlocks(tiles), [&](int64_t begin, int64_t end) {
    alignas(64) uint8_t made[kCols + kFloats];
    float* line = lines + (dense ? RoundUp(room, 16) * job.lane() : 0);
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t top = tile / items * kRows, bottom = Least(top + kRows, down.to);
      const int64_t left = tile % items * kCols, right = Least(left + kCols, elements);
      const int64_t first = table.begins[left / kFloats];
      for (int64_t y = top; y < bottom; ++y) {
        const uint8_t* row = in + down.starts[y] * stride;
        const float weight = below > 0 ? static_cast<float>(down.weights[2 * y + 1]) : 0;
        if (dense) {
          const int64_t count = Least(table.at[right - 1] / c * c + c + step - first, kCols + 2 * c);
          BlendRows(row + first, row + below + first, weight, count, line);
          BlendColumns(line, first, table, step, left, right, made);
        } else {
          Sample(row, row + below, weight, table, step, left, right, made);
        }
        StreamPut(out + y * elements + left, made, right - left, past);
      }
    }
    if (past) StreamFence();
  });
  return job.status();
}

}  // namespace resizing
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
