#include "core/pool.h"

#include <chrono>
#include <cstdlib>

#include "core/thread.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace offloop {
namespace {

// How long a thread that ran out of work looks for more before it sleeps: a wake-up costs 10 to
// 50 us, and the next region of a body, or the end of its last grains, is often nearer than that.
constexpr int64_t kSpinNs = 20'000;
// The same for the next job, where JavaScript awaits one and starts another: its loop has to wake up in between. Only
// after some such jobs in a row, more each time that it was in vain, so that who calls now and then burns nothing.
constexpr int64_t kNextJobNs = 200'000;
constexpr int kMostInARow = 256;
// One thread wakes this many, each of those as many again: each costs some microseconds under the mutex.
constexpr int kFanOut = 2;
constexpr int kYield = 16;
constexpr int64_t kTickNs = 16'666'667;                      // 60 a second
constexpr int64_t kSurplusNs = int64_t{10} * 1'000'000'000;  // leaders of a past burst stay this long

thread_local int t_lane = 0;
thread_local bool t_seated = false;  // this thread's core is counted by its seat

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

void Relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

// The mutex is held.
void Ring(Sleeper& sleeper) {
  sleeper.rung.store(true, std::memory_order_relaxed);
  sleeper.bell.notify_one();  // no system call while the sleeper still spins
}

}  // namespace

int CurrentLane() { return t_lane; }

Pool& Pool::Get() {
  static Pool* const pool = new Pool();  // never destroyed: its threads outlive main()
  return *pool;
}

Pool::Pool() : threads_(CountCores().count), spin_(MeasureCores().count > 1) {
  ring_.prev = ring_.next = &ring_;
  cursor_ = &ring_;
  limit_ = threads_;
  budget_.SetCores(threads_);
}

int Pool::threads() {
  std::lock_guard<std::mutex> lock(mutex_);
  return threads_;
}

void Pool::Configure(int cores, int threads) {
  std::unique_lock<std::mutex> lock(mutex_);
  threads_ = threads < 1 ? 1 : threads > kMaxThreads ? kMaxThreads : threads;
  budget_.SetCores(cores < 1 ? 1 : cores > kMaxThreads ? kMaxThreads : cores);
  SetLimit();
  WakeForWork();
  GrantSeats(lock);
}

PoolStats Pool::Stats() {
  std::lock_guard<std::mutex> lock(mutex_);
  PoolStats stats{};
  stats.cores = budget_.cores();
  stats.threads = threads_;
  stats.started = started_;
  stats.busy = busy_;
  stats.held = budget_.Held();
  stats.claims = budget_.waiting();
  stats.running = running_;
  stats.queued = waiting_bodies_;
  stats.grains = grains_;
  stats.bodies = bodies_;
  stats.cancelled = JobControl::cancelled();
  stats.scratch = JobControl::scratch();
  stats.lost = trace_.lost();
  return stats;
}

void Pool::SetLimit() {
  int most = threads_;
  for (Batch* batch = ring_.next; batch != &ring_; batch = batch->next)
    if (batch->max_active > most) most = batch->max_active;
  limit_ = budget_.Left(threads_) + most - threads_;
}

// ---- Seats ----

// Gives the lock up: whoever is told may call the pool.
void Pool::GrantSeats(std::unique_lock<std::mutex>& lock) {
  constexpr int kAtOnce = 16;
  Grant grants[kAtOnce];
  for (int count = kAtOnce; count == kAtOnce;) {
    count = budget_.GrantNext(grants, kAtOnce);
    if (count > 0) SetLimit();
    lock.unlock();
    for (int i = 0; i < count; ++i) grants[i].granted(grants[i].context, grants[i].seat);
    lock.lock();
  }
}

int64_t Pool::Claim(int priority, Claimant claimant, Granted granted, void* context, bool* now) {
  std::lock_guard<std::mutex> lock(mutex_);
  const int64_t seat = budget_.Claim(priority, claimant, granted, context, now);
  SetLimit();
  return seat;
}

bool Pool::Leave(int64_t seat) {
  std::unique_lock<std::mutex> lock(mutex_);
  const bool waiting = budget_.Leave(seat);
  SetLimit();
  WakeForWork();
  GrantSeats(lock);
  return waiting;
}

void Pool::Sit(int64_t seat, IdleClock clock, void* loop) {
  std::lock_guard<std::mutex> lock(mutex_);
  budget_.Sit(seat, clock, loop);
  t_seated = true;
}

void Pool::Unseat(void* loop) {
  std::lock_guard<std::mutex> lock(mutex_);
  budget_.Unseat(loop);
  t_seated = false;
}

void Pool::Look() {
  std::unique_lock<std::mutex> lock(mutex_);
  SetLimit();
  WakeForWork();
  GrantSeats(lock);
}

// ---- Tracing ----

void Pool::SetTracing(bool on) {
  std::lock_guard<std::mutex> lock(mutex_);
  tracing_ = on;
  if (!on) trace_.Clear();
}

int64_t Pool::Recorded() {
  std::lock_guard<std::mutex> lock(mutex_);
  return trace_.count();
}

int64_t Pool::Drain(GrainRecord* records, int64_t room) {
  std::lock_guard<std::mutex> lock(mutex_);
  return trace_.Drain(records, room);
}

// ---- Waking and waiting (the mutex is held in all of these) ----

void Pool::ThreadMain(void* pool) { static_cast<Pool*>(pool)->Loop(); }

bool Pool::StartThread() {
  if (started_ >= 2 * kMaxThreads || !StartDetachedThread(&Pool::ThreadMain, this)) return false;
  ++started_;
  return true;
}

// Wakes an idle thread, or starts one.
bool Pool::RingCrew() {
  if (Sleeper* sleeper = idle_) {
    idle_ = sleeper->below;
    if (spin_ && !sleeper->awake) sleeper->steering.SteerAway(taken_, cores_, CurrentCore());
    Ring(*sleeper);
  } else if (!StartThread()) {
    return false;
  }
  ++waking_;
  return true;
}

void Pool::RingOwner(Batch& batch) {
  if (!batch.owner->waits || batch.owner->rung) return;
  if (batch.on_caller) --callers_waiting_;
  Ring(*batch.owner);
}

// Wakes threads for the grains and permits that nobody has. Called by each thread that claims a
// grain, and by each that stops claiming.
void Pool::WakeForWork() {
  int64_t permits = limit_ - busy_;
  if (permits <= 0 && callers_waiting_ == 0) return;
  // Threads rung before this one, unless a body is what they will find.
  int64_t coming = waking_ > waiting_bodies_ ? waking_ - waiting_bodies_ : 0;
  int rings = 0;
  for (Batch* batch = ring_.next; batch != &ring_; batch = batch->next) {
    int64_t wanted = batch->Grains();
    if (wanted > batch->Room()) wanted = batch->Room();
    if (wanted <= 0) continue;
    // Its owner first, if that waits: it needs no further thread, and a caller not even a permit.
    // (A caller already rung has its place: Room.)
    if (batch->owner->waits && (batch->on_caller ? !batch->owner->rung : permits > 0)) {
      RingOwner(*batch);
      --wanted;
      if (!batch->on_caller) --permits;
    }
    if (wanted > permits) wanted = permits;
    permits -= wanted;
    for (; wanted > 0; --wanted) {
      if (coming > 0)
        --coming;
      else if (rings < kFanOut && RingCrew())
        ++rings;
      else
        break;
    }
  }
}

// Waits to be rung, or for the clock (0: never). The lock is given up meanwhile.
bool Pool::Await(Sleeper& self, int64_t spin_ns, int64_t until_ns, std::unique_lock<std::mutex>& lock) {
  if (spin_ns > 0 && spin_) {
    self.awake = true;
    lock.unlock();
    const int64_t begin = NowNs();
    int64_t now = begin, last = begin;
    do {
      for (int i = 0; i < 8 && !self.rung.load(std::memory_order_relaxed); ++i) Relax();
      last = now;
      now = NowNs();
    } while (!self.rung.load(std::memory_order_relaxed) && now - begin < spin_ns && now - last < kSpinNs);
    lock.lock();
    self.awake = false;
    if (now - last >= kSpinNs) SpinLess();  // it was put off its core: others want that
  }
  while (!self.rung) {
    if (until_ns == 0) {
      self.bell.wait(lock);
    } else {
      const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(until_ns)};
      if (self.bell.wait_until(lock, until) == std::cv_status::timeout) return self.rung;
    }
  }
  return true;
}

// ---- The ring of batches (the mutex is held) ----

void Pool::Insert(Batch& batch) {
  // A job's first region goes first, so that a small job waits for one grain rather than for one of
  // each job. Only the first: a job of many small regions would be ahead of the others for ever.
  Batch* const before = batch.job->fresh ? cursor_ : &ring_;
  batch.next = before;
  batch.prev = before->prev;
  batch.prev->next = &batch;
  batch.next->prev = &batch;
  if (batch.job->fresh) cursor_ = &batch;
  batch.job->fresh = false;
  ++present_[batch.priority];
  if (batch.on_caller && !t_seated) budget_.CallerBegins();
  if (batch.max_active > threads_ || !budget_.empty()) SetLimit();
}

void Pool::Remove(Batch& batch) {
  if (cursor_ == &batch) cursor_ = batch.next;
  batch.prev->next = batch.next;
  batch.next->prev = batch.prev;
  --present_[batch.priority];
  const bool counted = !budget_.empty();
  if (batch.on_caller && !t_seated) budget_.CallerEnds();
  if (batch.max_active > threads_ || counted) SetLimit();
}

// The priority that the next grain is kept for, or -1: the most urgent.
int Pool::PriorityToServe() {
  if (++picks_ % kYield != 0) return -1;
  int longest = -1;
  for (int priority = 0; priority < kPriorities; ++priority)
    if (present_[priority] > 0 && (longest < 0 || served_[priority] < served_[longest])) longest = priority;
  return longest;
}

// The batch whose turn it is, or null.
Batch* Pool::Pick() {
  if (busy_ >= limit_) return nullptr;
  const bool alike = (present_[0] > 0) + (present_[1] > 0) + (present_[2] > 0) <= 1;
  const int kept = alike ? -1 : PriorityToServe();
  Batch* best = nullptr;
  Batch* batch = cursor_;
  do {
    if (batch != &ring_ && batch->HasWork()) {
      if (batch->job->StopRequested()) {
        batch->DropWork();
        if (batch->active == 0) RingOwner(*batch);
      } else if (batch->Room() > 0) {
        if (best == nullptr || batch->priority == kept || (best->priority != kept && batch->priority < best->priority))
          best = batch;
        if (alike || best->priority == (kept < 0 ? 0 : kept)) break;
      }
    }
    batch = batch->next;
  } while (batch != cursor_);
  if (best == nullptr) return nullptr;
  cursor_ = best->next;
  served_[best->priority] = picks_;
  return best;
}

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

// A body has ended: how long its leader looks for the next one.
int64_t Pool::AwaitNextJob() {
  if (running_ > 0 || first_body_ != nullptr || busy_ > 0 || !budget_.empty()) return 0;
  idle_since_ns_ = NowNs();
  spun_ = in_a_row_ >= spin_after_;
  return spun_ ? kNextJobNs : 0;
}

// A job comes: was it near?
void Pool::NoteNextJob() {
  if (idle_since_ns_ == 0) return;
  const bool near = NowNs() - idle_since_ns_ < kNextJobNs;
  idle_since_ns_ = 0;
  if (!near && spun_) SpinLess();
  in_a_row_ = near ? in_a_row_ + 1 : 0;
  if (near && spun_ && spin_after_ > kLeastInARow) --spin_after_;
}

void Pool::SpinLess() {
  in_a_row_ = 0;
  if (spin_after_ < kMostInARow) spin_after_ *= 2;
}

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
