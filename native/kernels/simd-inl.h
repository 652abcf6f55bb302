// Highway, for the one instruction set that this object is compiled for.
#pragma once

#include <hwy/highway.h>

// With -mavx2 -mfma alone Highway silently falls back to SSSE3: make that an error.
#ifdef OFFLOOP_HWY_TARGET
static_assert(HWY_STATIC_TARGET == OFFLOOP_HWY_TARGET, "the flags of this object do not select its instruction set");
#endif
