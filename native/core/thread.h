// The little of the operating system that the crew needs.
#pragma once

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

// The core this thread runs on just now, or -1 where that cannot be asked for some nanoseconds.
int CurrentCore();

}  // namespace offloop
