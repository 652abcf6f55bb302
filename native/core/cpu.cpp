#include "core/cpu.h"

#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>
#endif

namespace offloop {

#if defined(__x86_64__) || defined(_M_X64)
namespace {

// The compiler's own __builtin_cpu_supports needs a runtime part that zig does not link.
struct Features {
  bool sse42 = false, avx2 = false, avx512 = false, vnni = false;

  Features() {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    const unsigned leaf1 = c;
    sse42 = (leaf1 >> 20 & 1) && (leaf1 >> 19 & 1) && (leaf1 >> 23 & 1);  // SSE4.2, SSE4.1, POPCNT
    const bool os_saves = leaf1 >> 27 & 1;
    if (!os_saves || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    const unsigned leaf7 = b;
    unsigned xcr0, high;
    __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
    const bool ymm = (xcr0 & 6) == 6;
    const bool zmm = (xcr0 & 0xE6) == 0xE6;
    // AVX, FMA, F16C, MOVBE apart; AVX2, BMI1, BMI2; LZCNT comes with every such CPU.
    avx2 = sse42 && ymm && (leaf1 >> 28 & 1) && (leaf1 >> 12 & 1) && (leaf1 >> 29 & 1) && (leaf7 >> 5 & 1) &&
           (leaf7 >> 3 & 1) && (leaf7 >> 8 & 1) && (leaf1 >> 25 & 1) && (leaf1 >> 1 & 1);
    // F, DQ, CD, BW, VL
    avx512 = avx2 && zmm && (leaf7 >> 16 & 1) && (leaf7 >> 17 & 1) && (leaf7 >> 28 & 1) && (leaf7 >> 30 & 1) &&
             (leaf7 >> 31 & 1);
    vnni = avx512 && (c >> 11 & 1);
  }
};

const Features& Own() {
  static const Features features;
  return features;
}

}  // namespace

bool CpuHas(const char* level) {
  const Features& features = Own();
  if (std::strcmp(level, "avx512") == 0) return features.avx512;
  if (std::strcmp(level, "avx2") == 0) return features.avx2;
  return std::strcmp(level, "sse4") == 0 && features.sse42;
}
bool CpuHasVnni() { return Own().vnni; }
#else
bool CpuHas(const char*) { return true; }
bool CpuHasVnni() { return false; }
#endif

}  // namespace offloop
