#include "core/isa.h"

#include <cstdlib>
#include <cstring>

#include "core/cpu.h"

namespace offloop {

const IsaLevel* ChooseIsa() {
  const char* asked = std::getenv("OFFLOOP_ISA");
  const IsaLevel* best = nullptr;
  for (int i = 0; i < kIsaLevelCount; ++i) {
    if (!CpuHas(kIsaLevels[i].name)) continue;
    if (best == nullptr) best = &kIsaLevels[i];
    if (asked != nullptr && std::strcmp(asked, kIsaLevels[i].name) == 0) return &kIsaLevels[i];
  }
  return best;
}

}  // namespace offloop
