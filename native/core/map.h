// Map: elementwise kernels, as the frame sees them.
//
// out[i] = f(a[i], b[i], …) at memory speed is the same work whatever f is: cut into grains, repeat an operand of
// one element, keep a large result out of the caches. That is here; a kernel brings f for a chunk of elements.
#pragma once

#include "core/job.h"

namespace offloop {

// Elements in a chunk, at most: whatever a chunk function keeps on the stack for each is bounded by it.
constexpr int64_t kMapChunk = 512;
constexpr int kMapOperands = 4;

struct MapOperand {
  const void* data;
  int64_t size;  // as long as the result, or 1: repeated
  int bytes;     // of an element
};

// Computes out[0 .. n) from in[k][0 .. n), n <= kMapChunk. `out` may be one of the inputs.
//
// past: whole lines of a result that is none of the inputs. They are stored past the caches as they are computed, and
// the operands n elements further on are asked for. Only those functions see it that RunMap is told of.
using MapChunk = void (*)(const void* const* in, void* out, int64_t n, bool past);

// How a result is cut into grains: huge pages of it where it is large, so that no fresh one is met by two threads.
struct Cut {
  int64_t unit, grain, units;  // elements in a unit, units in a grain and in all
  int64_t size, before;        // elements; those that the first unit lacks

  OFFLOOP_INLINE int64_t Begin(int64_t u) const { return u > 0 ? u * unit - before : 0; }
  OFFLOOP_INLINE int64_t End(int64_t u) const { return u < units ? u * unit - before : size; }
};
Cut CutResult(const Job& job, const void* out, int out_bytes, int64_t size);

// A fresh result of tiles, which are no such cuts: each of its huge pages is met first by one thread alone, by a byte
// that is written there. PagesOf is how many items that adds to the job; none where the result is small.
int64_t PagesOf(int64_t bytes);
bool TouchPages(Job& job, void* out, int64_t pages);

Status RunMap(Job& job, const MapOperand* operands, int count, void* out, int out_bytes, int64_t size, MapChunk chunk,
              bool can_past);

}  // namespace offloop
