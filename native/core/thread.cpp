#include "core/thread.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(_WIN32)
#include <process.h>
#include <windows.h>
#else
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#endif
#if defined(__APPLE__)
#include <pthread/qos.h>
#include <sys/sysctl.h>
#endif
#endif

namespace offloop {
namespace {

constexpr size_t kStackBytes = size_t{2} << 20;

struct Start {
  void (*main)(void*);
  void* argument;
};

#if defined(_WIN32)
unsigned __stdcall Main(void* raw) {
#else
void* Main(void* raw) {
#endif
  const Start start = *static_cast<Start*>(raw);
  std::free(raw);
  LowerPriority();
#if defined(__linux__)
  pthread_setname_np(pthread_self(), "offloop");
#elif defined(__APPLE__)
  pthread_setname_np("offloop");
#endif
  start.main(start.argument);
  return 0;
}

#if defined(__linux__)
// The quota of one cgroup directory in cores, or 0 if it sets none.
double QuotaOf(const char* directory) {
  char path[4352];
  double quota = 0, period = 0;
  char word[64];
  std::snprintf(path, sizeof path, "%s/cpu.max", directory);  // v2: "max 100000" or "150000 100000"
  if (FILE* file = std::fopen(path, "re")) {
    const int read = std::fscanf(file, "%63s %lf", word, &period);
    std::fclose(file);
    if (read == 2 && std::strcmp(word, "max") != 0) quota = std::atof(word);
    return period > 0 && quota > 0 ? quota / period : 0;
  }
  std::snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", directory);  // v1
  if (FILE* file = std::fopen(path, "re")) {
    if (std::fscanf(file, "%lf", &quota) != 1) quota = 0;
    std::fclose(file);
  }
  std::snprintf(path, sizeof path, "%s/cpu.cfs_period_us", directory);
  if (FILE* file = std::fopen(path, "re")) {
    if (std::fscanf(file, "%lf", &period) != 1) period = 0;
    std::fclose(file);
  }
  return period > 0 && quota > 0 ? quota / period : 0;
}

// The tightest quota between this process's cgroup and the root, or 0.
double CgroupQuota() {
  FILE* file = std::fopen("/proc/self/cgroup", "re");
  if (file == nullptr) return 0;
  double tightest = 0;
  char line[4096];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    // "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1)
    char* controllers = std::strchr(line, ':');
    char* path = controllers != nullptr ? std::strchr(controllers + 1, ':') : nullptr;
    if (path == nullptr) continue;
    *path++ = '\0';
    ++controllers;
    path[std::strcspn(path, "\n")] = '\0';
    const bool v2 = *controllers == '\0';
    if (!v2 && std::strstr(controllers, "cpu") == nullptr) continue;
    char directory[4224];
    for (;;) {
      std::snprintf(directory, sizeof directory, "%s%s", v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu", path);
      const double quota = QuotaOf(directory);
      if (quota > 0 && (tightest == 0 || quota < tightest)) tightest = quota;
      char* slash = std::strrchr(path, '/');
      if (slash == nullptr) break;
      *slash = '\0';
    }
  }
  std::fclose(file);
  return tightest;
}
#endif

int AffinityCount() {
#if defined(__linux__)
  for (int bits = 1024; bits <= 1 << 16; bits *= 2) {
    cpu_set_t* set = CPU_ALLOC(bits);
    if (set == nullptr) break;
    const size_t bytes = CPU_ALLOC_SIZE(bits);
    const int failed = sched_getaffinity(0, bytes, set);
    const int count = failed == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return 1;
#elif defined(_WIN32)
  DWORD_PTR process = 0, system = 0;
  int count = 0;
  if (GetProcessAffinityMask(GetCurrentProcess(), &process, &system))
    for (; process != 0; process &= process - 1) ++count;
  return count > 0 ? count : 1;
#else
  const long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? static_cast<int>(count) : 1;
#endif
}

}  // namespace

// Nice 5: with two busy threads on two cores the loop's p99 delay is 1.5 ms, at nice 0
// it is 5 ms, and at 19 the pool starves on shared machines.
void LowerPriority() {
#if defined(__linux__)
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 5);
#elif defined(__APPLE__)
  pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0);
#elif defined(_WIN32)
  SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL);
#endif
}

bool StartDetachedThread(void (*main)(void*), void* argument) {
  auto* start = static_cast<Start*>(std::malloc(sizeof(Start)));
  if (start == nullptr) return false;
  *start = {main, argument};
#if defined(_WIN32)
  const uintptr_t thread =
      _beginthreadex(nullptr, kStackBytes, &Main, start, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (thread != 0) CloseHandle(reinterpret_cast<HANDLE>(thread));
  const bool started = thread != 0;
#else
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // The host's signal handlers run on the host's threads; faults stay where they happen.
  const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPROF};
  sigset_t all, before;
  sigfillset(&all);
  for (const int fault : faults) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const bool started = pthread_create(&thread, &attributes, &Main, start) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
#endif
  if (!started) std::free(start);
  return started;
}

int64_t CurrentThread() {
#if defined(__linux__)
  static thread_local const int64_t thread = syscall(SYS_gettid);
  return thread;
#elif defined(__APPLE__)
  uint64_t thread = 0;
  pthread_threadid_np(nullptr, &thread);
  return static_cast<int64_t>(thread);
#elif defined(_WIN32)
  return static_cast<int64_t>(GetCurrentThreadId());
#else
  return 0;
#endif
}

int CurrentCore() {
#if defined(__linux__)
  return sched_getcpu();
#else
  return -1;
#endif
}

CoreCount MeasureCores() {
  CoreCount cores{AffinityCount(), "affinity"};
#if defined(__linux__)
  const double quota = CgroupQuota();
  const double rounded = quota + 0.999;  // 1.5 cores keep two threads useful
  if (rounded >= 1 && rounded < cores.count) cores = {static_cast<int>(rounded), "cgroup"};
#endif
  if (cores.count > 256) cores.count = 256;
  return cores;
}

CoreCount CountCores() {
  if (const char* asked = std::getenv("OFFLOOP_THREADS")) {
    const int count = std::atoi(asked);
    if (count > 0) return {count < 256 ? count : 256, "OFFLOOP_THREADS"};
  }
  return MeasureCores();
}

#if defined(__linux__)
void Steering::Enter() { thread_ = static_cast<int>(syscall(SYS_gettid)); }

void Steering::SteerAway(const uint8_t* taken, int cores, int here) {
  if (thread_ == 0 || sched_getaffinity(thread_, sizeof full_, &full_) != 0) return;
  cpu_set_t free = full_;
  for (int core = 0; core < cores; ++core)
    if (taken[core] != 0) CPU_CLR(static_cast<size_t>(core), &free);
  if (here >= 0 && here < kMaxCores) CPU_CLR(static_cast<size_t>(here), &free);
  if (CPU_COUNT(&free) == 0 || CPU_EQUAL(&free, &full_)) return;
  narrowed_ = sched_setaffinity(thread_, sizeof free, &free) == 0;
}

void Steering::Settle() {
  if (narrowed_) sched_setaffinity(0, sizeof full_, &full_);
  narrowed_ = false;
}
#else
void Steering::Enter() {}
void Steering::SteerAway(const uint8_t*, int, int) {}
void Steering::Settle() {}
#endif

}  // namespace offloop
