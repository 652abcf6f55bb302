// Finished elements on their way out: to where the caller reads them next, or past the caches.
#pragma once

#include <cstdint>

namespace offloop {

// Results larger than this go past the caches: reading a line before it is overwritten would cost a third
// of the bandwidth. Smaller ones stay, since whoever asked will read them.
constexpr int64_t kStreamBytes = int64_t{4} << 20;

// Copies a buffer that lies in the first cache. `past`: whole lines go past the caches, and a grain that wrote such
// lines calls StreamFence before it ends.
void StreamPut(void* out, const void* buffer, int64_t bytes, bool past);
void StreamFence();

}  // namespace offloop
