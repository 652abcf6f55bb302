// Instruction-set levels: which copy of each kernel this machine runs.
//
// Every kernel file is compiled once per level. The build writes the list of their tables
// (kIsaLevels, best level first) into a baseline file; nothing else knows how many there are.
#pragma once

#include "core/kernel.h"

namespace offloop {

struct IsaLevel {
  const char* name;  // "avx512", "avx2", "sse4", "neon"
  const KernelTable* const* tables;
  int count;
};

extern const IsaLevel kIsaLevels[];
extern const int kIsaLevelCount;

// The best level that runs here, or the one OFFLOOP_ISA names if that runs; null if none does.
const IsaLevel* ChooseIsa();

}  // namespace offloop
