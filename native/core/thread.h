// The little of the operating system that the crew needs.
#pragma once

#include <cstdint>

#if defined(__linux__)
#include <sched.h>
#endif

namespace offloop {

// Starts a detached thread with a 2 MB stack (musl's default of 128 KB is too small for
// kernels), named "offloop", in a class that lets the event loop go first. False if the system refuses.
bool StartDetachedThread(void (*main)(void*), void* argument);

// Threads this process can really use, and where the number comes from.
struct CoreCount {
  int count;
  const char* source;  // "affinity", "cgroup", "OFFLOOP_THREADS", "configure"
};
CoreCount CountCores();
// The same without OFFLOOP_THREADS: what the system gives, not what the user wants.
CoreCount MeasureCores();

// Lets the event loop of the process go before this thread, for good.
void LowerPriority();

// The system's number of this thread.
int64_t CurrentThread();

// The core this thread runs on just now, or -1 where that cannot be asked for some nanoseconds.
int CurrentCore();

// Where a thread that is about to be woken should not run: on the cores whose threads are in grains, or
// on the waker's own. Left alone, some kernels put a woken thread behind its waker and take
// milliseconds to move it, by when a job of ten is half done on one core.
//
// A hint, not a pin: the waker narrows the sleeper's affinity, the sleeper widens it again to what it was
// as soon as it runs. Threads of the host are never touched. Does nothing where the system has no such call.
class Steering {
 public:
  // Called by the thread itself, once.
  void Enter();
  // Called by the waker just before it wakes this thread. `taken[core]` != 0: a thread is in a grain there.
  void SteerAway(const uint8_t* taken, int cores, int here);
  // Called by the thread when it runs again.
  void Settle();

 private:
  int thread_ = 0;
  bool narrowed_ = false;
#if defined(__linux__)
  cpu_set_t full_;
#endif
};
constexpr int kMaxCores = 1024;  // what a plain cpu_set_t holds

}  // namespace offloop
