#include "core/widen.h"

namespace offloop {
namespace {
constexpr int64_t kAtOnce = 256;
}

// Here once instead of once for each function and instruction set: the conversions are a small part of the work.
void Widened(const void* const* in, int count, void* out, int64_t n, MapChunk chunk) {
  alignas(64) double x[2][kAtOnce];
  const void* const wide[2] = {x[0], x[1]};
  for (int64_t at = 0; at < n; at += kAtOnce) {
    const int64_t now = n - at < kAtOnce ? n - at : kAtOnce;
    for (int k = 0; k < count; ++k) {
      const float* from = static_cast<const float*>(in[k]) + at;
      for (int64_t i = 0; i < now; ++i) x[k][i] = static_cast<double>(from[i]);
    }
    chunk(wide, x[0], now, false);
    float* to = static_cast<float*>(out) + at;
    for (int64_t i = 0; i < now; ++i) to[i] = static_cast<float>(x[0][i]);
  }
}

}  // namespace offloop
