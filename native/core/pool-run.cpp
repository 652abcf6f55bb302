// Bodies and grains: what a thread of the crew does, and a thread whose job needs one.
#include <cstdlib>

#include "core/pool.h"
#include "core/thread.h"

namespace offloop {
namespace {

constexpr int64_t kTickNs = 16'666'667;                      // 60 a second
constexpr int64_t kSurplusNs = int64_t{10} * 1'000'000'000;  // leaders of a past burst stay this long

thread_local int t_lane = 0;

int TakeLane(Batch& batch) {
  for (int word = 0; word < kMaxThreads / 64; ++word) {
    if (~batch.lanes[word] == 0) continue;
    const int bit = __builtin_ctzll(~batch.lanes[word]);
    batch.lanes[word] |= uint64_t{1} << bit;
    return word * 64 + bit;
  }
  return kMaxThreads - 1;  // not reached: max_active <= kMaxThreads
}

void Raise(std::atomic<int>& peak, int value) {
  int seen = peak.load(std::memory_order_relaxed);
  while (seen < value && !peak.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

// Two threads on one core do not wait for each other by spinning: that only delays what they wait for.
bool Apart(int core, int other) { return core < 0 || core != other; }

}  // namespace

int CurrentLane() { return t_lane; }

// Claims one grain, runs it without the lock, and accounts for it.
void Pool::RunGrain(Batch& batch, const Sleeper& self, std::unique_lock<std::mutex>& lock) {
  const bool own = batch.owner == &self;
  const bool permit = !own || !batch.on_caller;
  int64_t begin = 0, end = 0;
  Task task{};
  if (batch.run_for != nullptr) {
    begin = batch.next_item;
    end = batch.items - begin > batch.grain ? begin + batch.grain : batch.items;
    batch.next_item = end;
  } else {
    task = batch.tasks[--batch.task_count];
  }
  Job::Private* job = batch.job;
  ++batch.active;
  if (permit) ++busy_;
  ++grains_;
  const int lane = TakeLane(batch);
  Raise(job->peak, batch.active);
  const int core = CurrentCore();
  if (!own) batch.helper_core = core;
  const bool placed = core >= 0 && core < kMaxCores && taken_[core] < 255;
  if (placed) {
    ++taken_[core];
    if (core >= cores_) cores_ = core + 1;
  }
  WakeForWork();
  const bool tracing = tracing_.load(std::memory_order_relaxed);
  lock.unlock();
  const int64_t begun = tracing ? NowNs() : 0;
  {
    FloatingPointMode mode;
    const int outer = t_lane;
    t_lane = lane;
    job->grains.fetch_add(1, std::memory_order_relaxed);
    if (batch.run_for != nullptr) {
      batch.run_for(batch.context, begin, end);
      job->control->Advance(end - begin);
    } else {
      Forks forks = Job::ForksOf(&batch);
      batch.run_fork(batch.context, task, forks);
    }
    t_lane = outer;
  }
  const int64_t ended = tracing ? NowNs() : 0;
  lock.lock();
  if (tracing) trace_.Add({CurrentThread(), job->control->trace, begun, ended, end - begin, lane});
  if (!budget_.empty()) SetLimit();
  batch.lanes[lane / 64] &= ~(uint64_t{1} << (lane % 64));
  if (placed) --taken_[core];
  --batch.active;
  if (permit) --busy_;
  if (batch.HasWork() && job->StopRequested()) batch.DropWork();
  if (batch.active == 0 && !batch.HasWork()) RingOwner(batch);
}

// ---- The crew ----

void Pool::Loop() {
  Sleeper self;
  self.steering.Enter();
  std::unique_lock<std::mutex> lock(mutex_);
  --waking_;
  int64_t spin_ns = 0;  // how near more work may be
  for (;;) {
    if (JobControl* job = first_body_) {
      first_body_ = job->next_body;
      if (first_body_ == nullptr) last_body_ = nullptr;
      --waiting_bodies_;
      ++bodies_;
      ++running_;
      WakeForWork();  // this thread may have been rung for grains
      lock.unlock();
      void (*finished)(JobControl*, Status) = job->finished;
      finished(job, job->RunHere());
      lock.lock();
      --running_;
      spin_ns = AwaitNextJob();
      continue;
    }
    if (Batch* batch = Pick()) {
      const int owner_core = batch->owner_core;
      RunGrain(*batch, self, lock);
      // After grains the body's next region may be near.
      spin_ns = Apart(owner_core, CurrentCore()) ? kSpinNs : 0;
      continue;
    }
    self.rung = false;
    self.below = idle_;
    idle_ = &self;
    while (!Await(self, spin_ns, started_ > threads_ ? NowNs() + kSurplusNs : 0, lock)) {
      spin_ns = 0;
      if (started_ <= threads_) continue;  // others went; the crew stays
      for (Sleeper** at = &idle_; *at != nullptr; at = &(*at)->below)
        if (*at == &self) {
          *at = self.below;
          break;
        }
      --started_;
      return;
    }
    --waking_;
    spin_ns = 0;
    self.steering.Settle();
  }
}

bool Pool::Lead(JobControl* job) {
  std::lock_guard<std::mutex> lock(mutex_);
  job->next_body = nullptr;
  NoteNextJob();
  // A body must never wait for another body: every one gets a thread of its own, as long as the
  // system gives any. When it does not, it waits for the first thread that comes free.
  if (!RingCrew() && started_ == 0) return false;
  if (last_body_ != nullptr)
    last_body_->next_body = job;
  else
    first_body_ = job;
  last_body_ = job;
  ++waiting_bodies_;
  return true;
}

// ---- For jobs ----

void Pool::Push(Batch& batch, const Task& task) {
  std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
  if (!batch.inlined) lock.lock();
  if (batch.job->StopRequested()) return;
  if (batch.task_count == batch.task_capacity) {
    const int64_t capacity = batch.task_capacity * 2 + 64;
    auto* tasks = static_cast<Task*>(std::realloc(batch.tasks, static_cast<size_t>(capacity) * sizeof(Task)));
    if (tasks == nullptr) {
      batch.out_of_memory = true;
      return;
    }
    batch.tasks = tasks;
    batch.task_capacity = capacity;
  }
  batch.tasks[batch.task_count++] = task;
  if (!batch.inlined) WakeForWork();
}

void Pool::DropWorkOf(Job::Private* job) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (Batch* batch = ring_.next; batch != &ring_; batch = batch->next) {
    if (batch->job != job) continue;
    batch->DropWork();
    if (batch->active == 0) RingOwner(*batch);
  }
}

void Pool::Run(Batch& batch) {
  Sleeper self;
  Job::Private* job = batch.job;
  JobControl* control = job->control;
  const bool on_caller = job->on_caller;
  const bool ticks = on_caller && control->tick != nullptr;
  batch.on_caller = on_caller;
  batch.owner = &self;
  batch.owner_core = CurrentCore();
  batch.priority = control->plan.priority;
  std::unique_lock<std::mutex> lock(mutex_);
  Insert(batch);
  while (batch.HasWork() || batch.active > 0) {
    Batch* mine = nullptr;
    if (batch.HasWork()) {
      if (job->StopRequested()) {
        batch.DropWork();
        continue;
      }
      if (!on_caller)
        mine = Pick();
      else if (batch.active < batch.max_active)
        mine = &batch;
    }
    if (mine != nullptr) {
      RunGrain(*mine, self, lock);
    } else {
      // Grains that run end by themselves; for those that wait, nobody else may look at the clock.
      int64_t until = ticks ? job->ticked_ns + kTickNs : 0;
      const double deadline = control->plan.deadline_ns;
      if (batch.HasWork() && deadline > 0 && deadline < 9e18 && (until == 0 || deadline < static_cast<double>(until)))
        until = static_cast<int64_t>(deadline);
      self.rung = false;
      self.waits = true;
      if (on_caller) ++callers_waiting_;
      WakeForWork();  // this thread's permit is free now
      batch.owner_core = CurrentCore();
      const bool spin = !batch.HasWork() && Apart(batch.owner_core, batch.helper_core);
      if (!Await(self, spin ? kSpinNs : 0, until, lock) && on_caller) --callers_waiting_;
      self.waits = false;
    }
    if (ticks) {
      const int64_t now = NowNs();
      if (now - job->ticked_ns >= kTickNs) {
        job->ticked_ns = now;
        WakeForWork();  // JavaScript may take its time
        lock.unlock();
        control->tick(control);
        lock.lock();
      }
    }
  }
  Remove(batch);
  WakeForWork();
}

void Pool::RunInline(Batch& batch) {
  Job::Private* job = batch.job;
  Raise(job->peak, 1);
  const bool tracing = tracing_.load(std::memory_order_relaxed);
  const int64_t begun = tracing ? NowNs() : 0;
  while (batch.HasWork() && !job->StopRequested()) {
    job->grains.fetch_add(1, std::memory_order_relaxed);
    if (batch.run_for != nullptr) {
      const int64_t begin = batch.next_item;
      batch.next_item = batch.items - begin > batch.grain ? begin + batch.grain : batch.items;
      batch.run_for(batch.context, begin, batch.next_item);
      job->control->Advance(batch.next_item - begin);
    } else {
      const Task task = batch.tasks[--batch.task_count];
      Forks forks = Job::ForksOf(&batch);
      batch.run_fork(batch.context, task, forks);
    }
  }
  if (!tracing) return;
  std::lock_guard<std::mutex> lock(mutex_);
  trace_.Add({CurrentThread(), job->control->trace, begun, NowNs(), batch.next_item, 0});
}

}  // namespace offloop
