// Job: what a kernel's body may ask of the frame.
//
// A kernel is a serial body that calls For, Reduce and Fork. The body runs on a
// leader thread (or on the caller's, for `.sync`); the functions it hands over
// run as grains on the crew. Leaf code never mentions threads or stopping: the
// frame looks between grains. A grain must stay under a millisecond.
//
// Blocks and grains. Blocks decide numbers: a kernel cuts [0, n) into blocks of
// a constant size and joins their results pairwise by block index, so the bits
// depend on the shape alone. Grains decide scheduling: runs of blocks, as long as
// the plan says, and never visible in a result.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/kernel.h"

namespace offloop {

class Pool;

// One parallel region. Lives on the stack of the body that runs it.
struct Batch;

// A unit of forked work; the four numbers mean what the kernel wants.
struct Task {
  int64_t a, b, c, d;
};

class Job;

// Where forked work goes: a task may push further ones from inside a grain.
class Forks {
 public:
  void Push(const Task& task);

 private:
  friend class Job;
  explicit Forks(Batch* batch) : batch_(batch) {}
  Batch* batch_;
};

// How the plan (src/core/plan.ts) wants a job run.
struct Plan {
  int threads = 0;           // at most this many at once; 0 = all the pool has
  bool inline_only = false;  // run every grain on the calling thread
  double work_ns = 0;        // the whole job's estimate on one thread
  double grain_ns = 250e3;   // aim of one grain
  double deadline_ns = 0;    // absolute, steady clock; 0 = none
  int priority = 1;          // 0 goes first, 2 last
  bool report = false;       // note when it begins and ends
};

class Job {
 public:
  // Runs fn(begin, end) over [0, items) in grains of `grain` items, on all threads
  // that the plan allows. False if the job stopped on the way.
  template <class F>
  OFFLOOP_INLINE bool For(int64_t items, int64_t grain, F&& fn) {
    using Fn = std::remove_reference_t<F>;
    struct Local {
      static void Run(void* context, int64_t begin, int64_t end) { (*static_cast<Fn*>(context))(begin, end); }
    };
    return RunFor(items, grain, &Local::Run, const_cast<void*>(static_cast<const void*>(&fn)));
  }

  // Cuts [0, items) into blocks of `block` items and calls fn(begin, end) on runs of
  // whole blocks, sized by the plan. For elementwise kernels.
  template <class F>
  OFFLOOP_INLINE bool Blocks(int64_t items, int64_t block, F&& fn) {
    const int64_t grain = GrainBlocks((items + block - 1) / block);
    return For((items + block - 1) / block, grain, [&](int64_t b, int64_t e) {
      const int64_t end = e * block < items ? e * block : items;
      fn(b * block, end);
    });
  }

  // state = leaf(begin, end) of each block, joined pairwise by block index, like a
  // binary counter: ((0+1)+(2+3))+… . join(left, right) returns the joined state.
  // S is trivially copyable. With no items, `state` is left as it is.
  template <class S, class Leaf, class Join>
  OFFLOOP_INLINE Status Reduce(int64_t items, int64_t block, S& state, Leaf&& leaf, Join&& join) {
    return ReduceRuns(
        items, block, state,
        [&](int64_t begin, int64_t end, S* partial) {
          for (int64_t at = begin; at < end; at += block) *partial++ = leaf(at, at + block < end ? at + block : end);
        },
        join);
  }

  // The same for leaves that work on several blocks side by side: leaf(begin, end, partial) is given
  // a run of whole blocks and writes the state of each, in order, to partial[0], partial[1], …
  // Grains are multiples of `abreast` blocks where they are that long.
  template <class S, class Leaf, class Join>
  OFFLOOP_INLINE Status ReduceRuns(int64_t items, int64_t block, S& state, Leaf&& leaf, Join&& join,
                                   int64_t abreast = 1) {
    static_assert(std::is_trivially_copyable_v<S>);
    static_assert(sizeof(S) <= 4096, "large states are cut into slices by the kernel (kMaxSlices)");
    if (items <= 0) return status();
    const int64_t blocks = (items + block - 1) / block;
    if (blocks == 1) {
      if (stopped()) return status();
      leaf(int64_t{0}, items, &state);
      Advance(1);
      return status();
    }
    S* partial = Scratch<S>(blocks);
    if (partial == nullptr) return Status::kNoMemory;
    int64_t grain = GrainBlocks(blocks);
    if (grain > abreast) grain -= grain % abreast;
    const bool ran = For(blocks, grain, [&](int64_t b, int64_t e) {
      leaf(b * block, e * block < items ? e * block : items, partial + b);
    });
    if (!ran) return status();
    // In place: after the pass with step s, partial[i] holds blocks i .. i + 2s - 1.
    for (int64_t step = 1; step < blocks; step *= 2)
      for (int64_t i = 0; i + step < blocks; i += 2 * step) partial[i] = join(partial[i], partial[i + step]);
    state = partial[0];
    return Status::kOk;
  }

  // Runs fn(task, forks) for each of the `count` tasks and for whatever they push,
  // newest first, until none is left. False if the job stopped on the way. Each task
  // is one grain; `fn` must leave the data sound after every task, since any of them
  // may be the last to run.
  template <class F>
  OFFLOOP_INLINE bool Fork(const Task* tasks, int64_t count, F&& fn) {
    using Fn = std::remove_reference_t<F>;
    struct Local {
      static void Run(void* context, const Task& task, Forks& forks) { (*static_cast<Fn*>(context))(task, forks); }
    };
    return RunFork(tasks, count, &Local::Run, const_cast<void*>(static_cast<const void*>(&fn)));
  }

  // A serial stretch of the body that takes longer than some microseconds: it
  // counts as one grain, so that it runs within the thread budget.
  template <class F>
  OFFLOOP_INLINE bool Serial(F&& fn) {
    return For(1, 1, [&](int64_t, int64_t) { fn(); });
  }

  // Uninitialised memory, 64-byte aligned, on huge pages where large; freed with the
  // job. Null if it cannot be had. Only the body may call it.
  template <class T>
  OFFLOOP_INLINE T* Scratch(int64_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(ScratchBytes(count, static_cast<int64_t>(sizeof(T))));
  }

  // How many of `blocks` equal blocks the plan wants in a grain: for callers of For that cut by themselves.
  int64_t GrainBlocks(int64_t blocks) const;

  // Progress: the number of items (blocks, grains, tasks: whatever For and Advance count)
  // that the whole job will run. Every For adds its items as they finish, every forked
  // task adds what fn reports through Advance. Without it no fraction is reported.
  void Total(int64_t items);
  void Advance(int64_t items);

  // True once the job should end. For serial stretches in a body; leaves need not ask.
  bool stopped();
  // kOk, or why the job stopped.
  Status status();
  // The most threads that may run grains of this job at once (never 0). Only for
  // sizing scratch and grains: a result must not depend on it.
  int threads() const;
  // Which of [0, threads()) this thread is within the running For or Fork: for
  // per-thread scratch. Only meaningful inside a grain. A result must not depend on it.
  int lane() const;

 private:
  friend class Pool;
  friend class Forks;
  friend struct JobControl;
  using ForRun = void (*)(void* context, int64_t begin, int64_t end);
  using ForkRun = void (*)(void* context, const Task& task, Forks& forks);

  static Forks ForksOf(Batch* batch);
  bool RunFor(int64_t items, int64_t grain, ForRun run, void* context);
  bool RunFork(const Task* tasks, int64_t count, ForkRun run, void* context);
  void RunBatch(Batch& batch);
  void* ScratchBytes(int64_t count, int64_t size);

 public:
  struct Private;  // core's own business: control.h

 protected:
  explicit Job(Private* memory);
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  Private* private_;
};

constexpr int kMaxSlices = 64;

}  // namespace offloop
