// 2^(j/32) in two parts each, for exponentials to more than a double: one copy for every instruction set.
#pragma once

namespace offloop {

// 2^(j/32) is kPowers[j] + kPowers[32 + j], j in [0, 32).
extern const double kPowers[64];

}  // namespace offloop
