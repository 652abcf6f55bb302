#include "core/budget.h"

#include <cstdlib>

#include "core/control.h"

namespace offloop {
namespace {

// Shorter spans say little about what a loop does, and cost as much to read.
constexpr int64_t kLookNs = 50'000;
// Seats that wait for their loops take threads and memory, if no core: no more than this many for each core.
constexpr int kSeatsPerCore = 4;

}  // namespace

struct Budget::Seat {
  Seat* prev;
  Seat* next;
  int64_t number;
  int priority;
  bool nested;
  bool waiting = true;
  bool idle = false;
  Granted granted;
  void* context;
  IdleClock clock = nullptr;
  void* loop = nullptr;
  int64_t seen_ns = 0, seen_idle_ns = 0;

  // True while its loop waits: it did for most of the time since the last look.
  bool Idle(int64_t now) {
    if (clock == nullptr || now - seen_ns < kLookNs) return idle;
    const int64_t waited = clock(loop);
    idle = 2 * (waited - seen_idle_ns) > now - seen_ns;
    seen_ns = now, seen_idle_ns = waited;
    return idle;
  }
};

int64_t Budget::Claim(int priority, Claimant claimant, Granted granted, void* context, bool* now) {
  auto* seat = static_cast<Seat*>(std::malloc(sizeof(Seat)));
  if (seat == nullptr) return 0;
  *seat = Seat{last_, nullptr, ++numbers_, priority, claimant != Claimant::kOutside, true, false, granted, context};
  (last_ != nullptr ? last_->next : first_) = seat;
  last_ = seat;
  ++waiting_;
  *now = claimant == Claimant::kBlindTask || NextToStart(Held()) == seat;
  if (*now) Start(*seat);
  return seat->number;
}

void Budget::Start(Seat& seat) {
  seat.waiting = false;
  --waiting_, ++granted_;
}

// Of the claims that may start the most urgent, of these the oldest; or null.
Budget::Seat* Budget::NextToStart(int held) {
  Seat* best = nullptr;
  for (Seat* seat = first_; seat != nullptr; seat = seat->next)
    if (seat->waiting && MayStart(*seat, held) && (best == nullptr || seat->priority < best->priority)) best = seat;
  return best;
}

bool Budget::MayStart(const Seat& seat, int held) const {
  return held < cores_ && (seat.nested || granted_ < kSeatsPerCore * cores_);
}

Budget::Seat* Budget::Find(int64_t number) {
  for (Seat* seat = first_; seat != nullptr; seat = seat->next)
    if (seat->number == number) return seat;
  return nullptr;
}

bool Budget::Leave(int64_t number) {
  Seat* seat = Find(number);
  if (seat == nullptr) return false;
  (seat->prev != nullptr ? seat->prev->next : first_) = seat->next;
  (seat->next != nullptr ? seat->next->prev : last_) = seat->prev;
  const bool waiting = seat->waiting;
  --(waiting ? waiting_ : granted_);
  std::free(seat);
  return waiting;
}

void Budget::Sit(int64_t number, IdleClock clock, void* loop) {
  Seat* seat = Find(number);
  if (seat == nullptr) return;
  seat->clock = clock, seat->loop = loop;
  seat->seen_ns = NowNs(), seat->seen_idle_ns = clock(loop);
}

void Budget::Unseat(void* loop) {
  for (Seat* seat = first_; seat != nullptr; seat = seat->next)
    if (seat->loop == loop) seat->clock = nullptr, seat->loop = nullptr, seat->idle = false;
}

int Budget::Held() {
  int held = callers_;
  const int64_t now = first_ != nullptr ? NowNs() : 0;
  for (Seat* seat = first_; seat != nullptr; seat = seat->next)
    if (!seat->waiting && !seat->Idle(now)) ++held;
  return held;
}

int Budget::Left(int most) {
  if (empty()) return most < cores_ ? most : cores_;
  // Without the third more, a core is idle for a grain, and until a thread is awake, whenever a loop begins to wait.
  const int least = (cores_ + 2) / 3;
  int left = cores_ + least - Held();
  if (left < least) left = least;
  return left < most ? left : most;
}

int Budget::GrantNext(Grant* grants, int room) {
  int count = 0;
  if (waiting_ == 0) return 0;
  int held = Held();
  while (count < room && waiting_ > 0) {
    Seat* best = NextToStart(held);
    if (best == nullptr) break;
    Start(*best);
    ++held;
    grants[count++] = {best->granted, best->context, best->number};
  }
  return count;
}

}  // namespace offloop
