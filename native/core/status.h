// How a kernel ends. The numbers are shared with src/engine/native.ts.
#pragma once

#include <cstdint>

namespace offloop {

enum class Status : int32_t {
  kOk = 0,
  kStopped = 1,   // the caller aborted
  kTimeout = 2,   // the deadline passed
  kNoMemory = 3,  // an allocation that could not be had
};

}  // namespace offloop
