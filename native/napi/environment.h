// Environment: what one JavaScript environment (the main thread, or a worker) shares with
// the crew: its jobs in flight, its event queue, its one threadsafe function.
//
// Contract. All JavaScript happens on the environment's own thread. Threads of the crew only
// Post() events. Jobs in flight keep the process alive, an idle environment does not. The
// cleanup hook stops this environment's jobs and waits for them (a grain, under a
// millisecond), so no thread touches an array after its heap is gone.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "core/control.h"
#include "napi/api.h"

namespace offloop {

// The call frame: one Float64Array per environment, through which all numbers of a call travel.
// Reading a double from it costs nothing; a napi_get_value_double costs 10 ns and a
// property 30. src/engine/native.ts has the same numbers.
namespace frame {
constexpr int kThreads = 0, kWorkNs = 1, kGrainNs = 2, kTimeoutMs = 3, kFlags = 4, kId = 5, kResults = 8, kSlots = 16;
constexpr int kSlotSize = 8;
constexpr int kPresent = 0, kNumber = 1, kRows = 2, kCols = 3, kRowStride = 4, kColStride = 5, kOffset = 6;
// Of the call that has just ended: began, ended (steady clock, ms), grains, most threads at once.
constexpr int kReport = kSlots + kMaxParams * kSlotSize;
constexpr int kLength = kReport + 4;
constexpr int kPriority = 6;
constexpr int kFlagProgress = 1, kFlagInline = 2, kFlagReport = 4;
}  // namespace frame

enum class Event : int { kSettled = 0, kProgress = 1, kGrow = 2, kStarted = 3, kGranted = 4 };

class Environment;

// An asynchronous job: freed by the environment's thread once settled.
struct AsyncJob {
  JobControl control;
  Environment* environment = nullptr;
  double id = 0;
  AsyncJob* prev = nullptr;
  AsyncJob* next = nullptr;
};

class Environment {
 public:
  explicit Environment(Napi::Env env);

  // False if Node could not make what it needs: in a worker that is being terminated.
  bool sound() const { return wake_ != nullptr; }
  double* frame() { return frame_; }
  Napi::Value FrameValue(Napi::Env env) const;
  void Connect(Napi::Env env, Napi::Function on_event);

  // A blocking job on this thread. Returns its status.
  Status RunSync(JobControl& job, bool progress);
  // Takes the job over; it settles through an event.
  void Start(AsyncJob* job, bool progress);
  void Stop(double id, Status why);

  const Grower* grower() const { return &grower_; }
  // Names this environment in traces; never used again.
  int64_t number() const { return number_; }

  // A core for a task: its seat, negative if it is to wait for an event; 0 without memory.
  int64_t Claim(int priority, bool nested);
  void Leave(int64_t seat);
  // The task of this seat runs on this environment's loop; 0: it has ended, and its seat is held until it is left.
  void Sit(int64_t seat);

 private:
  struct Posted {
    Event kind;
    AsyncJob* job;
    double value;
    Status status;
  };
  // A kernel that waits for an array from JavaScript.
  struct Growth {
    JobControl* job;
    int param;
    int64_t count;
    void* data;
    bool answered;
    Growth* next;
  };

  static void OnFinished(JobControl* control, Status status);
  static void OnStarted(JobControl* control);
  static void OnGranted(void* self, int64_t seat);
  static void OnProgress(JobControl* control, double fraction);
  static void OnTick(JobControl* control);
  static void* OnGrow(Job& job, int param, int64_t count);
  static void CallJs(napi_env env, napi_value, void* context, void*);
  static void Cleanup(void* self);

  void Post(const Posted& event);  // the mutex is held
  void Drain(napi_env env);
  void Report(const JobControl& job);
  void* AskForArray(napi_env env, double id, int param, int64_t count);
  napi_value CallEvent(napi_env env, Event kind, double id, double a, double b);
  void Release();

  napi_env env_;
  napi_ref callback_ = nullptr;
  napi_ref frame_ref_ = nullptr;
  double* frame_ = nullptr;
  napi_threadsafe_function wake_ = nullptr;
  Grower grower_{&Environment::OnGrow};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Posted> posted_;
  Growth* growths_ = nullptr;
  AsyncJob* jobs_ = nullptr;
  int in_flight_ = 0;
  bool signalled_ = false;
  bool closing_ = false;
  std::atomic<int> holders_{1};  // the environment itself, and every job in flight
  double sync_id_ = 0;
  const int64_t number_;
  void* loop_ = nullptr;  // once a task sat here
  bool lowered_ = false;
};

}  // namespace offloop
