// x modulo pi/2 for doubles so large that x * 2/pi needs hundreds of bits of 2/pi (M. H. Payne and R. N. Hanek,
// "Radian reduction for trigonometric functions", SIGNUM Newsletter 18, 1983). One copy for every instruction set.
#pragma once

#include <cstdint>

namespace offloop {

// x[i] = (quadrant[i] + 4k) * pi/2 + high[i] + low[i], |high| <= pi/4 and a little, low a tail of it; for the elements
// that are at least `from` (>= 2^20) or not finite (NaN). src/kernels/sin.twin.ts takes the same steps.
void ReduceHuge(const double* x, int64_t count, double from, double* high, double* low, uint64_t* quadrant);

}  // namespace offloop
