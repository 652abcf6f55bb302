// One budget of cores for everything that keeps one busy: JavaScript on worker threads and in processes (a seat
// each), callers that block, and grains.
//
// Contract.
// - A seat is claimed before a task starts and left when it has ended. Claims are granted by priority, in the order in
//   which they came, while fewer cores are held than there are. Work on a seat is never interrupted.
// - A seat whose event loop waits (for I/O, a kernel, another task) holds no core. This is read off the loop's own
//   clock when somebody wants to know, not told: a loop that wakes up takes its core back without asking, so for
//   the length of a task more cores may be held than there are.
// - Grains get what is left and a third of the cores more, so that JavaScript that runs for minutes never stops them,
//   and no core is idle while a loop's wait goes unnoticed. They are what yields: within a grain.
// - A claim from inside a task is granted however many seats wait for their loops: that task may be waiting for it.
//
// Not thread-safe: the pool calls it under its mutex.
#pragma once

#include <cstdint>

namespace offloop {

constexpr int kPriorities = 3;  // 0 goes first

// Tells that a claim is granted; called without the pool's mutex, from any thread that freed a core.
// Who claims. kBlindTask: a task, where nobody can tell that its loop waits: it might keep out what it waits for.
enum class Claimant { kOutside, kTask, kBlindTask };

using Granted = void (*)(void* context, int64_t seat);
// Nanoseconds that a loop has spent waiting, up to now.
using IdleClock = int64_t (*)(void* loop);

struct Grant {
  Granted granted;
  void* context;
  int64_t seat;
};

class Budget {
 public:
  // The seat's number; *now: it may start at once, and `granted` will not be called. 0 if there is no memory.
  int64_t Claim(int priority, Claimant claimant, Granted granted, void* context, bool* now);
  // Gives a seat back, or withdraws the claim: true if it was still waiting.
  bool Leave(int64_t seat);
  // The loop whose waiting frees the seat's core, until Unseat (before the loop is gone).
  void Sit(int64_t seat, IdleClock clock, void* loop);
  void Unseat(void* loop);
  void CallerBegins() { ++callers_; }
  void CallerEnds() { --callers_; }

  void SetCores(int count) { cores_ = count; }
  int cores() const { return cores_; }
  // Cores that JavaScript and blocking callers hold now.
  int Held();
  // Threads that grains may have, of `most`.
  int Left(int most);
  bool empty() const { return first_ == nullptr && callers_ == 0; }
  int waiting() const { return waiting_; }
  // Grants what can be granted: writes up to `room` of them.
  int GrantNext(Grant* grants, int room);

 private:
  struct Seat;

  Seat* Find(int64_t seat);
  bool MayStart(const Seat& seat, int held) const;
  Seat* NextToStart(int held);
  void Start(Seat& seat);

  Seat* first_ = nullptr;  // in the order of claims
  Seat* last_ = nullptr;
  int64_t numbers_ = 0;
  int cores_ = 1;
  int callers_ = 0;
  int granted_ = 0;  // seats that are not waiting
  int waiting_ = 0;
};

}  // namespace offloop
