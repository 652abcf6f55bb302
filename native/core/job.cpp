#include "core/job.h"

#include <chrono>
#include <cstdlib>

#include "core/control.h"
#include "core/pool.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace offloop {

int CurrentLane();

namespace {
constexpr auto kHugePage = static_cast<uintptr_t>(kHugePageBytes);
constexpr int64_t kProgressNs = 16'666'667;  // 60 a second

std::atomic<int64_t> cancelled_jobs{0};
}  // namespace

#if defined(__x86_64__) || defined(_M_X64)
namespace {
constexpr unsigned kMxcsr = 0x1F80;     // the default of the ABI
constexpr unsigned kMxcsrFlags = 0x3F;  // what happened, as opposed to what is asked for
}  // namespace

FloatingPointMode::FloatingPointMode() : saved_(_mm_getcsr()) {
  if ((saved_ & ~kMxcsrFlags) != kMxcsr) _mm_setcsr(kMxcsr);
}
FloatingPointMode::~FloatingPointMode() {
  if ((saved_ & ~kMxcsrFlags) != kMxcsr) _mm_setcsr(static_cast<unsigned>(saved_));
}
#elif defined(__aarch64__)
FloatingPointMode::FloatingPointMode() {
  asm volatile("mrs %0, fpcr" : "=r"(saved_));
  if (saved_ != 0) asm volatile("msr fpcr, %0" ::"r"(uint64_t{0}));
}
FloatingPointMode::~FloatingPointMode() {
  if (saved_ != 0) asm volatile("msr fpcr, %0" ::"r"(saved_));
}
#else
FloatingPointMode::FloatingPointMode() : saved_(0) {}
FloatingPointMode::~FloatingPointMode() {}
#endif

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void AdviseHuge(void* data, int64_t bytes) {
#if defined(__linux__)
  const auto address = reinterpret_cast<uintptr_t>(data);
  const uintptr_t begin = (address + kHugePage - 1) & ~(kHugePage - 1);
  const uintptr_t end = (address + static_cast<uintptr_t>(bytes)) & ~(kHugePage - 1);
  if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
  (void)data;
  (void)bytes;
#endif
}

Job::Job(Private* memory) : private_(memory) { private_->control = static_cast<JobControl*>(this); }

Job::~Job() { private_->FreeScratch(); }

bool Job::Private::StopRequested() {
  if (stop.load(std::memory_order_relaxed) != 0) return true;
  const double deadline = control->plan.deadline_ns;
  if (deadline > 0 && static_cast<double>(NowNs()) >= deadline) {
    int32_t none = 0;
    stop.compare_exchange_strong(none, static_cast<int32_t>(Status::kTimeout), std::memory_order_relaxed);
    return true;
  }
  return false;
}

bool Job::stopped() { return private_->StopRequested(); }

Status Job::status() {
  private_->StopRequested();
  return static_cast<Status>(private_->stop.load(std::memory_order_relaxed));
}

int Job::threads() const { return private_->threads; }

int Job::lane() const { return CurrentLane(); }

Forks Job::ForksOf(Batch* batch) { return Forks(batch); }

void Forks::Push(const Task& task) { Pool::Get().Push(*batch_, task); }

void Job::Total(int64_t items) { private_->total = items; }

void Job::Advance(int64_t items) {
  Private& p = *private_;
  p.done.fetch_add(items, std::memory_order_relaxed);
  JobControl* control = p.control;
  if (control->progress == nullptr || p.total <= 0) return;
  const int64_t now = NowNs();
  int64_t last = p.reported_ns.load(std::memory_order_relaxed);
  if (now - last < kProgressNs || !p.reported_ns.compare_exchange_strong(last, now, std::memory_order_relaxed)) return;
  control->progress(control, control->fraction());
}

// About plan.grain_ns per grain, but never so few grains that a late thread finds nothing
// to do, nor so many that taking them shows (under 20 us each).
int64_t Job::GrainBlocks(int64_t blocks) const {
  const Plan& plan = private_->control->plan;
  if (blocks <= 1 || plan.work_ns <= 0) return 1;
  const double block_ns = plan.work_ns / static_cast<double>(blocks);
  const double aim = plan.grain_ns / block_ns;
  const double share = static_cast<double>(blocks) / (4.0 * threads());
  const double least = 20e3 / block_ns;
  double grain = aim < share ? aim : share;
  if (grain < least) grain = least < aim ? least : aim;
  if (grain < 1) return 1;
  return grain < static_cast<double>(blocks) ? static_cast<int64_t>(grain) : blocks;
}

bool Job::RunFor(int64_t items, int64_t grain, ForRun run, void* context) {
  if (items <= 0) return !stopped();
  Batch batch;
  batch.job = private_;
  batch.run_for = run;
  batch.context = context;
  batch.items = items;
  batch.grain = grain < 1 ? 1 : grain < items ? grain : items;
  RunBatch(batch);
  return !stopped();
}

bool Job::RunFork(const Task* tasks, int64_t count, ForkRun run, void* context) {
  if (count <= 0) return !stopped();
  Batch batch;
  batch.job = private_;
  batch.run_fork = run;
  batch.context = context;
  batch.tasks = static_cast<Task*>(std::malloc(static_cast<size_t>(count) * sizeof(Task)));
  if (batch.tasks == nullptr) {
    private_->control->Stop(Status::kNoMemory);
    return false;
  }
  batch.task_capacity = count;
  // Reversed: the newest goes first, and that is to be tasks[0].
  for (int64_t i = count; i-- > 0;) batch.tasks[batch.task_count++] = tasks[i];
  RunBatch(batch);
  std::free(batch.tasks);
  if (batch.out_of_memory) private_->control->Stop(Status::kNoMemory);
  return !stopped();
}

void Job::RunBatch(Batch& batch) {
  batch.max_active = threads();
  batch.inlined = private_->control->plan.inline_only;
  if (batch.inlined)
    Pool::Get().RunInline(batch);
  else
    Pool::Get().Run(batch);
}

// ---- JobControl ----

Status JobControl::RunHere() {
  Private& p = *private_;
  const auto counted = [](Status status) {
    if (status == Status::kStopped || status == Status::kTimeout)
      cancelled_jobs.fetch_add(1, std::memory_order_relaxed);
    return status;
  };
  if (stopped()) return counted(status());
  if (plan.report) {
    started_ns = NowNs();
    if (started != nullptr) started(this);
  }
  p.on_caller = finished == nullptr;
  const int asked = plan.inline_only ? 1 : plan.threads > 0 ? plan.threads : Pool::Get().threads();
  p.threads = asked < kMaxThreads ? asked : kMaxThreads;
  FloatingPointMode mode;  // the body joins partial results: its mode matters as much as the grains'
  const Context context{this, grower, results};
  const Status status = call(context, slots);
  p.FreeScratch();  // here and now: small ones lie in memory of this thread's own
  if (plan.report) ended_ns = NowNs();
  // A body that forgot to look must not pass off half a result as a whole one.
  return counted(status == Status::kOk ? static_cast<Status>(p.stop.load(std::memory_order_relaxed)) : status);
}

void JobControl::Stop(Status why) {
  int32_t none = 0;
  private_->stop.compare_exchange_strong(none, static_cast<int32_t>(why), std::memory_order_relaxed);
  Pool::Get().DropWorkOf(private_);
}

double JobControl::fraction() const {
  if (private_->total <= 0) return 0;
  const double f =
      static_cast<double>(private_->done.load(std::memory_order_relaxed)) / static_cast<double>(private_->total);
  return f < 1 ? f : 1;
}

int64_t JobControl::cancelled() { return cancelled_jobs.load(std::memory_order_relaxed); }
int64_t JobControl::grains() const { return private_->grains.load(std::memory_order_relaxed); }
int JobControl::peak_threads() const { return private_->peak.load(std::memory_order_relaxed); }

}  // namespace offloop
