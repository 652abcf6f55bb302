// Chain: blocks that need what is before them, taken by any number of threads.
//
// To write a block of a scan a thread must know the join of all blocks before it, which takes a pass over them. So that
// memory is read once, a block is small enough for a core's own cache: its total is taken, by then those before it are
// mostly known, and it is written from the cache. If one is not yet known, whoever completes what is missing hands the
// block on as a task. A block whose past is known at once is written in one go. Nothing ever waits: a thread that has
// come far ahead of a block whose thread was taken off its core totals that block as well, to the same bits.
//
// The joins run in the order of the blocks, whoever does them: numbers do not depend on threads.
#pragma once

#include "core/job.h"

namespace offloop {

// Values of any 8-byte type, as bits.
struct ChainSteps {
  uint64_t none;  // what is before block 0
  uint64_t (*total)(const void* context, int64_t block);
  uint64_t (*write)(const void* context, int64_t block, uint64_t before);  // and its total
  uint64_t (*join)(uint64_t before, uint64_t total);
  bool in_place;  // writing a block changes what its total is taken from
};

// Counts blocks as progress.
Status RunChain(Job& job, int64_t blocks, const ChainSteps& steps, const void* context);

}  // namespace offloop
