// What this CPU can do. Kernels may ask; which copy of a kernel runs is decided in core/isa.h.
#pragma once

namespace offloop {

// True if this CPU (and its operating system) can run the level.
bool CpuHas(const char* level);

// True if this CPU, besides AVX-512, multiplies and adds whole numbers in one instruction (VNNI): no level of its own,
// since few kernels ask.
bool CpuHasVnni();

}  // namespace offloop
