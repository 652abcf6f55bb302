// Who is woken, and how a thread waits. The mutex is held in all of this.
#include <chrono>

#include "core/pool.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace offloop {
namespace {

// One thread wakes this many, each of those as many again: each costs some microseconds under the mutex.
constexpr int kFanOut = 2;

void Relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

void Ring(Sleeper& sleeper) {
  sleeper.rung.store(true, std::memory_order_relaxed);
  sleeper.bell.notify_one();  // no system call while the sleeper still spins
}

}  // namespace

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

// ---- The next job ----

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

}  // namespace offloop
