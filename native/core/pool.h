// The crew: threads of our own (libuv's would starve fs and dns), shared by every
// environment of the process, never destroyed.
//
// Contract.
// - Lead() runs a job's body on a leader thread; grains of all running jobs are taken in
//   turn by whoever holds a permit. There are threads() permits (more while a job that asked for
//   more runs: it must not lock the others out; fewer while JavaScript and blocking callers hold cores,
//   budget.h); a thread that waits holds none.
// - Of the jobs with work the most urgent goes first, those alike in turn; every kYield-th grain goes to the
//   priority that has waited longest, so that none starves. Whatever runs yields within a grain.
// - A waiting leader may run grains, of any job, as long as its own job still has some to give
//   away; it never starts another body.
// - A caller that blocks (`.sync`) runs grains of its own job and needs no permit: it has a core
//   already, which the budget counts, and if it held one, blocking callers could keep the asynchronous jobs out.
// - With nothing to do all threads sleep, after a spin of some microseconds; where job has followed job, one of them
//   after some hundred.
// - Whoever stops taking grains first wakes as many threads as there are grains and permits for.
//   Owners asleep count, so all batches end even if the system gives no further thread.
//
// One mutex guards all of it. A grain is 50 to 1000 us, so at 16 threads the lock is taken some
// 10^5 times a second for about 100 ns each; lock-free queues would buy nothing and could not
// give the strict turn-taking that keeps small jobs quick.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "core/budget.h"
#include "core/control.h"
#include "core/thread.h"
#include "core/trace.h"

namespace offloop {

constexpr int kMaxThreads = 256;

// How long a thread that ran out of work looks for more before it sleeps: a wake-up costs 10 to
// 50 us, and the next region of a body, or the end of its last grains, is often nearer than that.
constexpr int64_t kSpinNs = 20'000;
// The same for the next job, where JavaScript awaits one and starts another: its loop has to wake up in between. Only
// after some such jobs in a row, more each time that it was in vain, so that who calls now and then burns nothing.
constexpr int64_t kNextJobNs = 200'000;
constexpr int kLeastInARow = 4, kMostInARow = 256;

// A thread that waits, and the bell that wakes it.
struct Sleeper {
  std::condition_variable bell;
  std::atomic<bool> rung{false};  // set under the mutex; a thread that still spins reads it without
  bool waits = false;
  bool awake = false;        // still spins
  Steering steering;         // for threads of the crew
  Sleeper* below = nullptr;  // the stack of idle threads: the last to sleep has the warmest cache
};

struct Batch {
  Batch* prev = nullptr;
  Batch* next = nullptr;
  Job::Private* job = nullptr;
  void (*run_for)(void*, int64_t, int64_t) = nullptr;
  void (*run_fork)(void*, const Task&, Forks&) = nullptr;
  void* context = nullptr;
  int64_t items = 0, grain = 1, next_item = 0;
  int priority = 1;
  Task* tasks = nullptr;
  int64_t task_count = 0, task_capacity = 0;
  bool out_of_memory = false;
  int active = 0, max_active = 1;
  uint64_t lanes[kMaxThreads / 64] = {};  // a set bit: that lane is taken
  bool on_caller = false;                 // the owner is a thread that called .sync
  bool inlined = false;                   // never in the ring: one thread, no lock
  Sleeper* owner = nullptr;
  int owner_core = -1;   // where the owner was last seen, and the last thread that
  int helper_core = -1;  // helped it: waiting for each other by spinning takes two cores

  bool HasWork() const { return run_for != nullptr ? next_item < items : task_count > 0; }
  // A caller that was rung gets its place: it would find it taken by a faster thread otherwise,
  // and be rung again, once per grain.
  int Room() const { return max_active - active - (on_caller && owner->waits && owner->rung ? 1 : 0); }
  int64_t Grains() const { return run_for != nullptr ? (items - next_item + grain - 1) / grain : task_count; }
  void DropWork() { next_item = items, task_count = 0; }
};

struct PoolStats {
  int cores;          // of the budget
  int threads;        // permits, at most
  int started;        // threads that exist
  int busy;           // permits in use
  int held;           // cores that JavaScript and blocking callers hold
  int claims;         // tasks that wait for a core
  int running;        // jobs whose body runs
  int queued;         // jobs that wait for a thread to lead them
  int64_t grains;     // these since the process started
  int64_t bodies;     // jobs led
  int64_t cancelled;  // jobs that were stopped, or ran out of time
  int64_t scratch;    // bytes
  int64_t lost;       // records of grains that there was no room for
};

class Pool {
 public:
  static Pool& Get();

  int threads();
  // Cores for all, and how many of them grains may have.
  void SetThreads(int count) { Configure(count, count); }
  void Configure(int cores, int threads);
  PoolStats Stats();

  // Seats of the budget.
  int64_t Claim(int priority, Claimant claimant, Granted granted, void* context, bool* now);
  bool Leave(int64_t seat);
  void Sit(int64_t seat, IdleClock clock, void* loop);
  void Unseat(void* loop);
  // Grants what loops that wait have freed: for whoever has claims waiting, every few milliseconds.
  void Look();

  // Records of the grains that ran since the last call, if tracing was on. Returns how many it wrote.
  void SetTracing(bool on);
  int64_t Drain(GrainRecord* records, int64_t room);
  int64_t Recorded();

  // Queues the body; false if not a single thread could be had to lead it.
  bool Lead(JobControl* job);

  // For Job: runs the batch to its end on the calling thread and the crew.
  void Run(Batch& batch);
  void Push(Batch& batch, const Task& task);
  // The same for a batch that belongs to one thread alone.
  void RunInline(Batch& batch);
  // For JobControl::Stop: drops what the job has not started.
  void DropWorkOf(Job::Private* job);

 private:
  Pool();
  static void ThreadMain(void* pool);
  void Loop();
  bool StartThread();
  bool RingCrew();
  void RingOwner(Batch& batch);
  void WakeForWork();
  Batch* Pick();
  int PriorityToServe();
  void GrantSeats(std::unique_lock<std::mutex>& lock);
  void RunGrain(Batch& batch, const Sleeper& self, std::unique_lock<std::mutex>& lock);
  bool Await(Sleeper& self, int64_t spin_ns, int64_t until_ns, std::unique_lock<std::mutex>& lock);
  int64_t AwaitNextJob();
  void NoteNextJob();
  void SpinLess();
  void Insert(Batch& batch);
  void Remove(Batch& batch);
  void SetLimit();

  std::mutex mutex_;
  Batch ring_;     // sentinel of the circular list
  Batch* cursor_;  // whose turn it is
  JobControl* first_body_ = nullptr;
  JobControl* last_body_ = nullptr;
  int waiting_bodies_ = 0;
  Sleeper* idle_ = nullptr;
  int started_ = 0;
  int busy_ = 0;
  int limit_;       // permits: threads_, or what the most demanding batch asks for
  int waking_ = 0;  // rung for, but not there yet
  int callers_waiting_ = 0;
  int threads_;
  Budget budget_;
  int present_[kPriorities] = {};     // batches in the ring
  int64_t served_[kPriorities] = {};  // when each priority last had a grain, counted in picks
  int64_t picks_ = 0;
  int running_ = 0;
  std::atomic<bool> tracing_{false};
  Trace trace_;
  int64_t idle_since_ns_ = 0;  // when the last body ended; 0 while one runs
  int in_a_row_ = 0;           // jobs that came soon after the one before
  int spin_after_ = kLeastInARow;
  bool spun_ = false;              // for the next job
  uint8_t taken_[kMaxCores] = {};  // threads in grains, by the core each was on when it began
  int cores_ = 0;                  // no higher core was seen
  bool spin_;                      // false where another thread can only go on if this one gives up its core
  int64_t grains_ = 0;
  int64_t bodies_ = 0;
};

}  // namespace offloop
