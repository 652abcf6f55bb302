#include "core/chain.h"

#include <atomic>
#include <cstring>
#include <new>

namespace offloop {
namespace {

struct Block {
  std::atomic<uint64_t> total;
  std::atomic<bool> known;   // the total is there
  std::atomic<bool> parked;  // totalled, and left by its thread: whoever turns this off has the block
  uint64_t before;           // there once `front` has come up to the block
};

struct Chain {
  const ChainSteps& steps;
  const void* context;
  Block* block;  // one more than there are
  int64_t blocks;
  int64_t lead;                // how far a thread goes ahead before it helps
  std::atomic<int64_t> front;  // what is before this block is known, and its total has not been joined
  std::atomic<bool> busy;      // a thread is joining

  bool More() const {
    const int64_t at = front.load();
    return at < blocks && block[at].known.load();
  }

  // Block `at` has its total, from whichever thread: the same bits from all.
  void Publish(int64_t at, uint64_t total, Forks& forks) {
    block[at].total.store(total, std::memory_order_relaxed);
    block[at].known.store(true);
    // Who finds it busy leaves: the one inside looks once more after it is done.
    while (More() && !busy.exchange(true)) {
      while (More()) {
        Block& first = block[front.load()];
        (&first)[1].before = steps.join(first.before, first.total.load(std::memory_order_relaxed));
        const int64_t next = front.fetch_add(1);
        if (first.parked.exchange(false)) forks.Push(Task{next, 1, 0, 0});
      }
      busy.store(false);
    }
  }

  // True once the block is written.
  bool Run(int64_t at, bool known, Forks& forks) {
    Block& own = block[at];
    if (!known) {
      const int64_t late = front.load();
      if (!steps.in_place && at - late > lead && !block[late].known.load())
        Publish(late, steps.total(context, late), forks);
      if (front.load() >= at) {
        Publish(at, steps.write(context, at, own.before), forks);
        return true;
      }
      Publish(at, steps.total(context, at), forks);
      // What is before the block is known once the front has reached it, and it is joined at once then.
      if (front.load() <= at) {
        own.parked.store(true);
        if (front.load() <= at || !own.parked.exchange(false)) return false;
      }
    }
    steps.write(context, at, own.before);
    return true;
  }
};

}  // namespace

Status RunChain(Job& job, int64_t blocks, const ChainSteps& steps, const void* context) {
  job.Total(blocks);
  if (blocks <= 1) {
    job.For(blocks, 1, [&](int64_t, int64_t) { steps.write(context, 0, steps.none); });
    return job.status();
  }
  auto* block = job.Scratch<Block>(blocks + 1);
  auto* tasks = job.Scratch<Task>(blocks);
  if (block == nullptr || tasks == nullptr) return Status::kNoMemory;
  for (int64_t k = 0; k <= blocks; ++k) new (block + k) Block{{0}, {false}, {false}, steps.none};
  for (int64_t k = 0; k < blocks; ++k) tasks[k] = Task{k, 0, 0, 0};
  Chain chain{steps, context, block, blocks, 2 * int64_t{job.threads()} + 6, {0}, {false}};
  job.Fork(tasks, blocks, [&](const Task& task, Forks& forks) {
    if (chain.Run(task.a, task.b != 0, forks)) job.Advance(1);
  });
  return job.status();
}

}  // namespace offloop
