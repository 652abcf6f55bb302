// JobControl: a job as the side that starts it sees it (napi/, and the C++ tests).
//
// Contract: fill the fields, then either RunHere() on the calling thread or hand it to
// Pool::Lead(). The owner keeps the arrays behind the slots alive until RunHere returns
// or `finished` has been called. Stop() may be called from any thread while the object lives.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/job.h"
#include "core/trace.h"

namespace offloop {

struct JobControl;

// What Job keeps behind its back.
struct Job::Private {
  JobControl* control = nullptr;
  std::atomic<int32_t> stop{0};
  bool on_caller = false;  // the body runs on the thread that called .sync
  bool fresh = true;       // no region has run yet
  int threads = 0;         // fixed when the body starts: lanes and scratch are sized by it
  int64_t total = 0;
  std::atomic<int64_t> done{0};
  std::atomic<int64_t> reported_ns{0};
  int64_t ticked_ns = 0;
  std::atomic<int64_t> grains{0};
  std::atomic<int> active{0}, peak{0};
  struct Block {
    Block* next;
    void* data;
    int64_t bytes;
    bool mapped;
  };
  Block* scratch = nullptr;
  int64_t kept_from = -1;  // where this job's part of its thread's kept memory begins, if it has one

  bool StopRequested();
  void* KeptScratch(int64_t bytes);
  void* FreshScratch(int64_t bytes);
  void FreeScratch();
};

struct JobMemory {
  Job::Private memory;  // not on the heap: a small call is over in the time that an allocation takes
};

struct JobControl final : private JobMemory, Job {
  Plan plan;
  CallPointer call = nullptr;
  Slot slots[kMaxParams];
  uint64_t results[kMaxResults] = {};
  const Grower* grower = nullptr;
  void* owner = nullptr;

  // Called on the leader thread when the body has returned and no thread is in its
  // grains any more; may delete the job.
  void (*finished)(JobControl* job, Status status) = nullptr;
  // Called on the leader thread when it takes the job over, if the plan asks for a report.
  void (*started)(JobControl* job) = nullptr;
  // Called at most 60 times a second, from any thread that finished a grain.
  void (*progress)(JobControl* job, double fraction) = nullptr;
  // For a caller that blocks: called on the caller's own thread about 60 times a second.
  void (*tick)(JobControl* job) = nullptr;

  JobControl() : Job(&memory) {}
  Status RunHere();
  void Stop(Status why);
  double fraction() const;
  // Grains that have run so far: tests assert from counters, not from clocks.
  int64_t grains() const;
  // The most threads that were seen in grains at once.
  int peak_threads() const;
  // Of all jobs since the process started: those that were stopped or ran out of time; and bytes of scratch now.
  static int64_t cancelled();
  static int64_t scratch();

  TraceName trace;
  int64_t started_ns = 0, ended_ns = 0;  // if the plan asks for a report
  JobControl* next_body = nullptr;       // the pool's queue
};

// Round to nearest, denormals kept, exceptions masked, whatever the host set: results
// must not depend on which thread runs what. Puts the host's mode back at the end.
class FloatingPointMode {
 public:
  FloatingPointMode();
  ~FloatingPointMode();

 private:
  uint64_t saved_;
};

constexpr int64_t kHugePageBytes = int64_t{2} << 20;
// Steady clock, nanoseconds.
int64_t NowNs();
// Asks for huge pages under [data, data + bytes), where the system has them and the range
// has not been touched yet: a fresh 256 MB array then costs 40 ms instead of 150.
void AdviseHuge(void* data, int64_t bytes);

}  // namespace offloop
