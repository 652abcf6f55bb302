#include "core/chain.h"

#include <atomic>
#include <cstring>
#include <new>

namespace offloop {
namespace {

enum State : uint8_t { kUnknown, kTotalled, kWritten };

struct Chain {
  const ChainSteps& steps;
  const void* context;
  uint64_t* value;               // of a block: its total, then what is before it
  std::atomic<uint8_t>* states;  // State of each block
  int64_t blocks;
  uint64_t before;             // the join of all blocks before `front`
  std::atomic<int64_t> front;  // the first block whose total has not been joined
  std::atomic<bool> busy;      // a thread is joining

  bool More() const {
    const int64_t at = front.load();
    return at < blocks && states[at].load() != kUnknown;
  }

  // `block` has its total. True if the caller may write it now; other blocks that may be written are pushed.
  bool Publish(int64_t block, State state, Forks& forks) {
    states[block].store(state);
    bool mine = false;
    // Who finds it busy leaves: the one inside looks once more after it is done.
    while (More() && !busy.exchange(true)) {
      while (More()) {
        const int64_t at = front.load();
        const uint64_t total = value[at];
        if (states[at].load() == kTotalled) {
          value[at] = before;
          if (at == block)
            mine = true;
          else
            forks.Push(Task{at, 1, 0, 0});
        }
        before = steps.join(before, total);
        front.store(at + 1);
      }
      busy.store(false);
    }
    return mine;
  }

  // True once the block is written.
  bool Run(int64_t block, bool known, Forks& forks) {
    if (!known) {
      if (front.load() == block) {  // and stays so until this block has its total
        value[block] = steps.write(context, block, before);
        Publish(block, kWritten, forks);
        return true;
      }
      value[block] = steps.total(context, block);
      if (!Publish(block, kTotalled, forks)) return false;
    }
    steps.write(context, block, value[block]);
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
  auto* value = job.Scratch<uint64_t>(blocks);
  auto* states = job.Scratch<std::atomic<uint8_t>>(blocks);
  auto* tasks = job.Scratch<Task>(blocks);
  if (value == nullptr || states == nullptr || tasks == nullptr) return Status::kNoMemory;
  for (int64_t k = 0; k < blocks; ++k) {
    new (states + k) std::atomic<uint8_t>(kUnknown);
    tasks[k] = Task{k, 0, 0, 0};
  }
  Chain chain{steps, context, value, states, blocks, steps.none, {0}, {false}};
  job.Fork(tasks, blocks, [&](const Task& task, Forks& forks) {
    if (chain.Run(task.a, task.b != 0, forks)) job.Advance(1);
  });
  return job.status();
}

}  // namespace offloop
