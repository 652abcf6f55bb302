// Floats through a function of doubles: the exact forms of the elementary functions.
#pragma once

#include "core/map.h"

namespace offloop {

// Computes floats out[0 .. n) by `chunk`, which computes doubles, from floats in[k][0 .. n), k < count <= 2.
void Widened(const void* const* in, int count, void* out, int64_t n, MapChunk chunk);

}  // namespace offloop
