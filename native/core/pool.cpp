#include "core/pool.h"

#include "core/thread.h"

namespace offloop {
namespace {

constexpr int kYield = 16;

thread_local bool t_seated = false;  // this thread's core is counted by its seat

}  // namespace

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

}  // namespace offloop
