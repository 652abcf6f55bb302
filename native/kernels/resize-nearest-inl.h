// resize, nearest: pixels of any element type, as bytes.
#pragma once

#include "kernels/resize-weights-inl.h"
#include "kernels/simd-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace resizing {

namespace hn = hwy::HWY_NAMESPACE;
using namespace image;

// The pixel that holds the centre of pixel i of the result.
OFFLOOP_INLINE int64_t Nearest(int64_t i, int64_t from, int64_t to) { return (2 * i + 1) * from / (2 * to); }

// Pixels of kBytes each, those of [from, to) of a row, all but the last copied with what follows them.
template <int64_t kBytes, int64_t kCopy = kBytes>
void Pick(const char* in, const int64_t* columns, int64_t from, int64_t to, char* out) {
  for (int64_t x = from; x < to - 1; ++x, out += kBytes) __builtin_memcpy(out, in + columns[x], kCopy);
  __builtin_memcpy(out, in + columns[to - 1], kBytes);
}

// Bytes of 16 at once, where no pixel is skipped: what they need lies within 16 bytes of the source.
constexpr int64_t kBytes = 16;
HWY_INLINE void Shuffle(const char* in, const int64_t* begins, const uint8_t* lanes, int64_t count, char* out) {
  const hn::FixedTag<uint8_t, kBytes> d;
  for (int64_t i = 0; i < count; ++i) {
    const auto source = hn::LoadU(d, reinterpret_cast<const uint8_t*>(in + begins[i]));
    hn::StoreU(hn::TableLookupBytes(source, hn::LoadU(d, lanes + i * kBytes)), d,
               reinterpret_cast<uint8_t*>(out + i * kBytes));
  }
}

// `size`: bytes of a pixel.
Status Pixels(Job& job, const char* in, int64_t size, const Axis& down, const Axis& across, char* out) {
  constexpr int64_t kItem = 4096, kRoom = 8192;
  const int64_t stride = across.from * size, length = across.to * size;
  const bool apart = across.to < across.from, dense = !apart && stride >= kBytes;
  // Where a row's pixels, or every 16 bytes of it, begin.
  const int64_t units = dense ? (length + kBytes - 1) / kBytes : across.to;
  const int64_t unit = dense ? kBytes : size, cols = Least(units, kRoom / unit);
  int64_t* begins = job.Scratch<int64_t>(units);
  uint8_t* lanes = dense ? job.Scratch<uint8_t>(units * kBytes) : nullptr;
  if (begins == nullptr || (dense && lanes == nullptr)) return Status::kNoMemory;
  const int64_t items = (units + kItem - 1) / kItem, tile_columns = (units + cols - 1) / cols;
  const int64_t rows = Most(1, 4 * kRoom / (cols * unit)), tiles = tile_columns * ((down.to + rows - 1) / rows);
  const int64_t pages = PagesOf(length * down.to);
  job.Total(items + pages + tiles);
  const bool ready = job.For(items, 1, [&](int64_t begin, int64_t end) {
    const int64_t last = Least(end * kItem, units);
    for (int64_t i = begin * kItem; i < last; ++i) {
      if (!dense) {
        begins[i] = Nearest(i, across.from, across.to) * size;
        continue;
      }
      int64_t at[kBytes], least = stride - kBytes;
      for (int64_t k = 0; k < kBytes; ++k) {
        const int64_t byte = Least(i * kBytes + k, length - 1);
        at[k] = Nearest(byte / size, across.from, across.to) * size + byte % size;
        least = Least(least, at[k]);
      }
      begins[i] = least;
      for (int64_t k = 0; k < kBytes; ++k) lanes[i * kBytes + k] = static_cast<uint8_t>(at[k] - least);
    }
  });
  if (!ready || !TouchPages(job, out, pages)) return job.status();
  const bool past = length * down.to >= kStreamBytes;
  job.For(tiles, job.GrainBlocks(tiles), [&](int64_t begin, int64_t end) {
    alignas(64) char line[kRoom + kBytes];
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t top = tile / tile_columns * rows, bottom = Least(top + rows, down.to);
      const int64_t left = tile % tile_columns * cols, right = Least(left + cols, units);
      const int64_t bytes = Least(right * unit, length) - left * unit;
      int64_t held = -1;
      for (int64_t y = top; y < bottom; ++y) {
        const int64_t row = Nearest(y, down.from, down.to);
        const char* from = in + row * stride;
        if (row == held) {
        } else if (dense) {
          Shuffle(from, begins + left, lanes + left * kBytes, right - left, line);
        } else if (size == 1) {
          Pick<1>(from, begins, left, right, line);
        } else if (size == 2) {
          Pick<2>(from, begins, left, right, line);
        } else if (size == 3 && apart) {
          Pick<3, 4>(from, begins, left, right, line);
        } else if (size == 3) {
          Pick<3>(from, begins, left, right, line);
        } else if (size == 4) {
          Pick<4>(from, begins, left, right, line);
        } else if (size == 8) {
          Pick<8>(from, begins, left, right, line);
        } else if (size == 12 && apart) {
          Pick<12, 16>(from, begins, left, right, line);
        } else if (size == 12) {
          Pick<12>(from, begins, left, right, line);
        } else {
          Pick<16>(from, begins, left, right, line);
        }
        held = row;
        StreamPut(out + y * length + left * unit, line, bytes, past);
      }
    }
    if (past) StreamFence();
  });
  return job.status();
}

}  // namespace resizing
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
