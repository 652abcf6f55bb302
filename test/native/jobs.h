// Jobs whose body is a lambda, and the two things that tests wait with. Both give up after
// a generous while and end the process: a hang is a failure with a name.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "core/control.h"
#include "core/pool.h"

namespace offloop {

constexpr auto kWatchdog = std::chrono::seconds(60);

[[noreturn]] inline void Hangs(const char* what) {
  std::printf("hangs: %s\n", what);
  std::_Exit(1);
}

// Opens once, for everybody.
class Gate {
 public:
  void Open() {
    std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void Pass(const char* what) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!opened_.wait_for(lock, kWatchdog, [&] { return open_; })) Hangs(what);
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

// Opens when `count` threads stand before it at once.
class Meeting {
 public:
  explicit Meeting(int count) : missing_(count) {}
  void Join(const char* what) {
    if (missing_.fetch_sub(1) == 1) gate_.Open();
    gate_.Pass(what);
  }

 private:
  std::atomic<int> missing_;
  Gate gate_;
};

inline void Until(const std::function<bool()>& condition, const char* what) {
  const auto end = std::chrono::steady_clock::now() + kWatchdog;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) Hangs(what);
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

class TestJob {
 public:
  explicit TestJob(std::function<Status(Job&)> body, int threads = 0) : body_(std::move(body)) {
    control.plan.threads = threads;
    control.owner = this;
    control.call = [](const Context& context, const Slot*) {
      return static_cast<TestJob*>(static_cast<JobControl*>(context.job)->owner)->body_(*context.job);
    };
  }
  Status Here() { return control.RunHere(); }
  bool Start() {
    control.finished = [](JobControl* job, Status status) {
      auto* self = static_cast<TestJob*>(job->owner);
      self->status_ = status;
      self->settled_ = true;
      self->ended_.Open();
    };
    return Pool::Get().Lead(&control);
  }
  Status Wait(const char* what) {
    ended_.Pass(what);
    return status_;
  }
  bool settled() const { return settled_; }
  // On the calling thread, or led.
  Status Run(bool here, const char* what) {
    if (here) return Here();
    if (!Start()) return Status::kNoMemory;
    return Wait(what);
  }

  JobControl control;

 private:
  std::function<Status(Job&)> body_;
  Status status_ = Status::kOk;
  std::atomic<bool> settled_{false};
  Gate ended_;
};

// Sets the number of permits for a scope.
class Permits {
 public:
  explicit Permits(int count) : before_(Pool::Get().threads()) { Pool::Get().SetThreads(count); }
  ~Permits() { Pool::Get().SetThreads(before_); }

 private:
  int before_;
};

// Arithmetic that takes about `us` microseconds (more under a sanitizer); no promise.
inline void Burn(int us) {
  volatile double x = 1;
  for (int i = 0; i < us * 250; ++i) x = x * 1.0000001;
}

}  // namespace offloop
