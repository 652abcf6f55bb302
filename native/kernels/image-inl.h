// What image kernels share: what lies beyond the border, tiles, rows on their way in and out.
//
// An image is rows of pixels of `channels` interleaved elements. A kernel works on tiles: rows of the source are
// copied with what lies beyond them into a buffer in the second cache, converted to what is computed with, so that
// the arithmetic knows neither borders nor element types.
#pragma once

#include "core/job.h"
#include "core/map.h"
#include "core/stream.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace image {

enum class Border : uint8_t { kReflect, kMirror, kReplicate, kWrap, kConstant, kCount };

struct Shape {
  int64_t height, width, channels;
  Border border;
  double value;  // of kConstant
};

OFFLOOP_INLINE int64_t Least(int64_t a, int64_t b) { return a < b ? a : b; }
OFFLOOP_INLINE int64_t Most(int64_t a, int64_t b) { return a < b ? b : a; }
OFFLOOP_INLINE int64_t RoundUp(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// Which of n pixels lies at i, however far outside; -1: the constant.
[[maybe_unused]] __attribute__((noinline)) int64_t Inside(int64_t i, int64_t n, Border border) {
  if (i >= 0 && i < n) return i;
  if (border == Border::kConstant) return -1;
  if (border == Border::kReplicate) return i < 0 ? 0 : n - 1;
  const int64_t period = border == Border::kWrap ? n : border == Border::kReflect ? 2 * n : n > 1 ? 2 * n - 2 : 1;
  int64_t at = i % period;
  if (at < 0) at += period;
  return at < n ? at : border == Border::kReflect ? period - 1 - at : period - at;
}

// The elements of pixels [from, to) of row y, wherever they lie, converted.
template <class K, class T, class Convert>
OFFLOOP_INLINE void LoadRow(const T* data, const Shape& s, int64_t y, int64_t from, int64_t to, K* row,
                            Convert convert) {
  const int64_t c = s.channels, line = Inside(y, s.height, s.border);
  const K fill = convert(static_cast<T>(s.value));
  if (line < 0) {
    for (int64_t i = 0; i < (to - from) * c; ++i) row[i] = fill;
    return;
  }
  const T* source = data + line * s.width * c;
  const int64_t left = Least(Most(from, 0), to), right = Most(Least(to, s.width), left);
  for (int64_t part = 0; part < 2; ++part) {
    const int64_t end = part == 0 ? left : to;
    for (int64_t x = part == 0 ? from : right; x < end; ++x) {
      const int64_t at = Inside(x, s.width, s.border);
      for (int64_t k = 0; k < c; ++k) row[(x - from) * c + k] = at < 0 ? fill : convert(source[at * c + k]);
    }
  }
  K* to_row = row + (left - from) * c;
  source += left * c;
  const int64_t count = (right - left) * c;
  for (int64_t i = 0; i < count; ++i) to_row[i] = convert(source[i]);
}

// Asks for pixels [from, to) of row y: tiles are too narrow for the processor to see by itself what comes next.
template <class T>
OFFLOOP_INLINE void Ahead(const T* data, const Shape& s, int64_t y, int64_t from, int64_t to) {
  if (y < 0 || y >= s.height) return;
  const T* row = data + (y * s.width + from) * s.channels;
  const int64_t count = (to - from) * s.channels;
  for (int64_t i = 0; i < count; i += 64 / static_cast<int64_t>(sizeof(T))) __builtin_prefetch(row + i);
}

// Converts elements to what is computed with.
template <class K>
struct To {
  template <class T>
  OFFLOOP_INLINE K operator()(T value) const {
    return static_cast<K>(value);
  }
};

// Elements from one row of a buffer to the next: at least 8 more than a row has, and whole lines. Long rows that are a
// power of two apart would fall into the same sets of a cache; short ones share pages, each of which costs a fault.
OFFLOOP_INLINE int64_t Pitch(int64_t elements) {
  return elements < 512 ? RoundUp(elements, 16) + 16 : RoundUp(elements, 512) + 64;
}

// fn(y, end, x, right) for each tile of at most `rows` x `cols` pixels of a result.
template <class T, class F>
OFFLOOP_INLINE Status ForTiles(Job& job, const Shape& s, int64_t rows, int64_t cols, T* out, F&& fn) {
  const int64_t across = (s.width + cols - 1) / cols, count = (s.height + rows - 1) / rows * across;
  const int64_t pages = PagesOf(s.height * s.width * s.channels * static_cast<int64_t>(sizeof(T)));
  job.Total(pages + count);
  if (!TouchPages(job, out, pages)) return job.status();
  job.For(count, job.GrainBlocks(count), [&](int64_t begin, int64_t end) {
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t y = tile / across * rows, x = tile % across * cols;
      fn(y, Least(y + rows, s.height), x, Least(x + cols, s.width));
    }
  });
  return job.status();
}

}  // namespace image
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
