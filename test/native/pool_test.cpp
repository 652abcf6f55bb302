// The crew: coverage, turns, limits, stopping, waking. From counters; clocks only as watchdogs.
#include <memory>
#include <thread>
#include <vector>

#include "check.h"
#include "jobs.h"

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace offloop {
namespace {

constexpr int kThreadCounts[] = {1, 2, 3, 7};

void CoversEachIndexOnce() {
  const int64_t sizes[] = {1, 2, 3, 7, 63, 64, 65, 1000, 1021};
  const int64_t grains[] = {1, 2, 7, 64, 1020, 5000, INT64_MAX, 0, -3};
  for (const bool here : {true, false})
    for (const int threads : kThreadCounts)
      for (const int64_t size : sizes)
        for (const int64_t grain : grains) {
          if (SANITIZED && size == 1000) continue;
          std::vector<std::atomic<int>> seen(static_cast<size_t>(size));
          std::atomic<int> odd{0};
          TestJob job(
              [&](Job& j) {
                const int64_t step = grain < 1 ? 1 : grain;
                j.For(size, grain, [&](int64_t begin, int64_t end) {
                  if (begin % step != 0 || end <= begin || end - begin > step) ++odd;
                  for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
                });
                return j.status();
              },
              threads);
          bool once = job.Run(here, "coverage") == Status::kOk;
          for (const auto& count : seen) once = once && count == 1;
          const int64_t step = grain < 1 ? 1 : grain < size ? grain : size;
          CHECK(once && odd == 0);
          CHECK(job.control.grains() == (size + step - 1) / step);
        }
  TestJob empty(
      [&](Job& j) { return j.For(0, 1, [](int64_t, int64_t) { std::abort(); }) ? Status::kOk : Status::kStopped; });
  CHECK(empty.Here() == Status::kOk);
}

// At most `threads` at once, and as many as that where nothing stands in the way, even when
// they are more than the pool's permits; each with a lane of its own.
void LimitsAndLanes() {
  for (const bool here : {true, false})
    for (const int threads : kThreadCounts) {
      std::atomic<int> active{0}, most{0}, bad_lanes{0}, limit{0};
      std::atomic<int> taken[kMaxThreads] = {};
      Meeting meeting(threads);
      TestJob job(
          [&](Job& j) {
            limit = j.threads();
            j.For(200, 1, [&](int64_t begin, int64_t) {
              const int now = ++active;
              for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
              }
              const int lane = j.lane();
              if (lane < 0 || lane >= threads || taken[lane].exchange(1) != 0) ++bad_lanes;
              if (begin < threads)
                meeting.Join("threads that a job asked for do not come");
              else
                Burn(5);
              taken[lane] = 0;
              --active;
            });
            return j.status();
          },
          threads);
      CHECK(job.Run(here, "limits") == Status::kOk);
      CHECK(limit == threads);
      CHECK(most == threads);
      CHECK(job.control.peak_threads() == threads);
      CHECK(bad_lanes == 0);
    }
}

void TwoThreadsTakePart() {
  for (const bool here : {true, false}) {
    Permits permits(2);
    Meeting meeting(2);
    std::thread::id ids[2];
    TestJob job([&](Job& j) {
      j.For(2, 1, [&](int64_t begin, int64_t) {
        ids[begin] = std::this_thread::get_id();
        meeting.Join("a second thread does not come");
      });
      return j.status();
    });
    CHECK(job.Run(here, "two threads") == Status::kOk);
    CHECK(ids[0] != ids[1]);
    CHECK(!here || ids[0] == std::this_thread::get_id() || ids[1] == std::this_thread::get_id());
    CHECK(job.control.peak_threads() == 2);
  }
}

// Changing the pool while jobs run changes neither their thread count nor their lanes.
void ResizingMeanwhile() {
  Permits restore(2);
  std::atomic<bool> end{false};
  std::thread resizer([&] {
    for (int i = 0; !end; ++i) {
      Pool::Get().SetThreads(1 + i % 5);
      std::this_thread::yield();
    }
  });
  std::atomic<int> bad{0};
  for (int round = 0; round < 30; ++round) {
    TestJob job([&](Job& j) {
      const int threads = j.threads();
      for (int region = 0; region < 5; ++region)
        j.For(20, 1, [&](int64_t, int64_t) {
          if (j.lane() >= threads || j.threads() != threads) ++bad;
        });
      return j.status();
    });
    CHECK(job.Run(round % 2 == 0, "resizing") == Status::kOk);
    CHECK(job.control.grains() == 100);
  }
  end = true;
  resizer.join();
  CHECK(bad == 0);
}

// ---- Fork ----

void ForkSplits() {
  Random random(1);
  for (const bool here : {true, false})
    for (const int threads : kThreadCounts) {
      const int64_t size = 500 + random.Below(500);
      std::vector<std::atomic<int>> seen(static_cast<size_t>(size));
      std::atomic<int64_t> tasks{0};
      TestJob job(
          [&](Job& j) {
            const Task roots[] = {{0, size / 3, 0, 0}, {size / 3, size / 2, 0, 0}, {size / 2, size, 0, 0}};
            j.Fork(roots, 3, [&](const Task& task, Forks& forks) {
              ++tasks;
              if (task.b - task.a > 3) {
                const int64_t cut = task.a + 1 + (task.a * 7 + task.b) % (task.b - task.a - 1);
                forks.Push({task.a, cut, 0, 0});
                forks.Push({cut, task.b, 0, 0});
              } else {
                for (int64_t i = task.a; i < task.b; ++i) ++seen[static_cast<size_t>(i)];
              }
            });
            return j.status();
          },
          threads);
      bool once = job.Run(here, "fork") == Status::kOk;
      for (const auto& count : seen) once = once && count == 1;
      CHECK(once);
      CHECK(job.control.grains() == tasks);
      CHECK(job.control.peak_threads() <= threads);
    }
}

// The pushing task on the crew, the owner asleep: where no second thread can be had, only the
// owner can help.
bool OwnerHelps() {
  Permits permits(1);
  Meeting meeting(2);
  Gate pushed;
  TestJob job(
      [&](Job& j) {
        const Task roots[] = {{0, 0, 0, 0}, {1, 0, 0, 0}};
        const auto owner = std::this_thread::get_id();
        std::atomic<bool> split{false};
        j.Fork(roots, 2, [&](const Task& task, Forks& forks) {
          if (task.a == 2)
            meeting.Join("the owner sleeps on");
          else if (std::this_thread::get_id() == owner || split.exchange(true))
            pushed.Pass("no push");
          else {
            pushed.Open();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            forks.Push({2, 0, 0, 0});
            meeting.Join("the owner sleeps on");
          }
        });
        return j.status();
      },
      2);
  return job.Here() == Status::kOk && job.control.grains() == 3;
}

// A task that waits for those it pushed: they need other threads, which sleep since the queue
// was empty, the owner among them.
void ForkWakes() {
  for (const bool here : {true, false})
    for (const int threads : {2, 3})
      for (int round = 0; round < (SANITIZED ? 10 : 50); ++round) {
        Meeting meeting(threads);
        TestJob job(
            [&](Job& j) {
              const Task root{1, 0, 0, 0};
              j.Fork(&root, 1, [&](const Task& task, Forks& forks) {
                if (task.a == 1) {
                  if (round % 2 == 0) Burn(60);  // long enough for everybody to fall asleep
                  for (int i = 1; i < threads; ++i) forks.Push({0, 0, 0, 0});
                }
                meeting.Join("pushed tasks find no thread");
              });
              return j.status();
            },
            threads);
        CHECK(job.Run(here, "fork wakes") == Status::kOk);
        CHECK(job.control.peak_threads() == threads);
      }
  CHECK(OwnerHelps());
}

void ForkOrder() {
  for (const bool inlined : {true, false}) {
    std::vector<int64_t> order;
    TestJob job(
        [&](Job& j) {
          const Task roots[] = {{0, 0, 0, 0}, {1, 0, 0, 0}, {2, 0, 0, 0}};
          j.Fork(roots, 3, [&](const Task& task, Forks& forks) {
            order.push_back(task.a);
            if (task.a == 0) forks.Push({10, 0, 0, 0}), forks.Push({11, 0, 0, 0});
          });
          return j.status();
        },
        1);
    job.control.plan.inline_only = inlined;
    CHECK(job.Here() == Status::kOk);
    CHECK((order == std::vector<int64_t>{0, 11, 10, 1, 2}));  // newest first
  }
}

// ---- Stopping ----

void StopsWithinAGrain() {
  for (const bool here : {true, false})
    for (const bool fork : {false, true})
      for (const int threads : kThreadCounts) {
        constexpr int64_t kGrains = 5000;
        std::atomic<int64_t> started{0}, after{0};
        std::atomic<bool> stopped{false};
        TestJob* self = nullptr;
        const auto grain = [&] {
          if (stopped) ++after;
          if (++started == 20) {
            self->control.Stop(Status::kStopped);
            stopped = true;
          }
          Burn(2);
        };
        TestJob job(
            [&](Job& j) {
              bool ran;
              if (fork) {
                std::vector<Task> tasks(kGrains);
                ran = j.Fork(tasks.data(), kGrains, [&](const Task&, Forks& forks) {
                  grain();
                  forks.Push({});  // must not keep a stopped job alive
                });
              } else {
                ran = j.For(kGrains, 1, [&](int64_t, int64_t) { grain(); });
              }
              return ran ? Status::kOk : j.status();
            },
            threads);
        self = &job;
        CHECK(job.Run(here, "stop") == Status::kStopped);
        CHECK(after <= threads - 1);  // those that had claimed a grain, but not begun it
        CHECK(started >= 20 && started <= 20 + 2 * threads);
        CHECK(job.control.grains() == started && started < kGrains);
      }
}

void StopBeforeStart() {
  for (const bool here : {true, false})
    for (const bool late : {true, false}) {
      bool ran = false;
      TestJob job([&](Job&) {
        ran = true;
        return Status::kOk;
      });
      if (late)
        job.control.plan.deadline_ns = 1;
      else
        job.control.Stop(Status::kStopped);
      CHECK(job.Run(here, "stop before start") == (late ? Status::kTimeout : Status::kStopped));
      CHECK(!ran && job.control.grains() == 0);
    }
}

void Deadline() {
  for (const bool here : {true, false})
    for (const bool inlined : {true, false}) {
      constexpr int64_t kGrains = int64_t{1} << 40;
      TestJob job(
          [&](Job& j) { return j.For(kGrains, 1, [](int64_t, int64_t) { Burn(20); }) ? Status::kOk : j.status(); });
      job.control.plan.inline_only = inlined;
      job.control.plan.deadline_ns = static_cast<double>(NowNs() + 20'000'000);
      CHECK(job.Run(here, "deadline") == Status::kTimeout);
      CHECK(job.control.grains() < kGrains);
    }
  // The first reason stands.
  TestJob job([](Job& j) { return j.status(); });
  job.control.Stop(Status::kTimeout);
  job.control.Stop(Status::kStopped);
  CHECK(job.Here() == Status::kTimeout);
}

// One permit, held by a grain that does not end: the leader of a second job sleeps before its
// first grain, and a stop or a deadline still reaches it.
void StopsASleepingLeader() {
  for (const bool deadline : {true, false}) {
    Permits permits(1);
    Gate held, release;
    TestJob holder([&](Job& j) {
      j.For(1, 1, [&](int64_t, int64_t) {
        held.Open();
        release.Pass("release");
      });
      return j.status();
    });
    CHECK(holder.Start());
    held.Pass("holder");
    Gate body;
    TestJob job([&](Job& j) {
      body.Open();
      return j.For(100, 1, [](int64_t, int64_t) {}) ? Status::kOk : j.status();
    });
    if (deadline) job.control.plan.deadline_ns = static_cast<double>(NowNs() + 10'000'000);
    CHECK(job.Start());
    if (!deadline) {
      body.Pass("body");
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // likely asleep by now; right in any case
      job.control.Stop(Status::kStopped);
    }
    const Status status = job.Wait("a sleeping leader is not reached");
    CHECK(status == (deadline ? Status::kTimeout : Status::kStopped));
    CHECK(job.control.grains() == 0);
    CHECK(!holder.settled());
    release.Open();
    CHECK(holder.Wait("holder") == Status::kOk);
  }
  // Asleep until the last grain ends: the body must not return before it.
  for (const bool here : {true, false}) {
    Gate release;
    std::atomic<int> inside{0}, ended{0}, seen{0};
    TestJob job(
        [&](Job& j) {
          const bool ran = j.For(2, 1, [&](int64_t, int64_t) {
            ++inside;
            release.Pass("release");
            ++ended;
          });
          seen = ended.load();
          return ran ? Status::kOk : j.status();
        },
        2);
    std::thread stopper([&] {
      Until([&] { return inside == 2; }, "two grains");
      job.control.Stop(Status::kStopped);
      release.Open();
    });
    CHECK(job.Run(here, "stop during the last grains") == Status::kStopped);
    CHECK(seen == 2);
    stopper.join();
  }
}

// One permit: a leader that left its region and waits for something else in its body has given
// it back, and the leader that sleeps for want of it is woken.
void WaitingBodyHoldsNoPermit() {
  Permits permits(1);
  Gate inside, asleep, other;
  TestJob waits([&](Job& j) {
    j.Serial([&] {
      inside.Open();
      asleep.Pass("second body");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    });
    other.Pass("a waiting body keeps its permit");
    return j.status();
  });
  CHECK(waits.Start());
  inside.Pass("first body");
  TestJob job([&](Job& j) {
    asleep.Open();
    const bool ran = j.For(3, 1, [](int64_t, int64_t) {});
    other.Open();
    return ran ? Status::kOk : j.status();
  });
  CHECK(job.Start());
  CHECK(job.Wait("second job") == Status::kOk);
  CHECK(waits.Wait("first job") == Status::kOk);
}

// ---- Turns ----

struct Longs {
  explicit Longs(int count, int threads = 0) {
    for (int i = 0; i < count; ++i) {
      jobs.push_back(std::make_unique<TestJob>(
          [](Job& j) { return j.For(kGrains, 1, [](int64_t, int64_t) { Burn(20); }) ? Status::kOk : j.status(); },
          threads));
      CHECK(jobs.back()->Start());
    }
    Until(
        [&] {
          bool all = true;
          for (const auto& job : jobs) all = all && job->control.grains() > 0;
          return all;
        },
        "long jobs do not all get turns");
  }
  int64_t grains() const {
    int64_t sum = 0;
    for (const auto& job : jobs) sum += job->control.grains();
    return sum;
  }
  // All of them still had grains to run when they were stopped.
  void End() {
    for (const auto& job : jobs) CHECK(!job->settled());
    for (const auto& job : jobs) job->control.Stop(Status::kStopped);
    for (const auto& job : jobs) {
      CHECK(job->Wait("long job") == Status::kStopped);
      CHECK(job->control.grains() < kGrains);
    }
  }
  static constexpr int64_t kGrains = int64_t{1} << 40;
  std::vector<std::unique_ptr<TestJob>> jobs;
};

void SmallBesideLong() {
  for (const int permits : {1, 2}) {
    Permits scope(permits);
    Longs longs(4);
    for (int round = 0; round < 10; ++round) {
      TestJob small([&](Job& j) {
        for (int i = 0; i < 8; ++i)
          if (!j.Serial([] {})) return j.status();
        return Status::kOk;
      });
      CHECK(small.Start());
      CHECK(small.Wait("a small job beside long ones") == Status::kOk);
      CHECK(small.control.grains() == 8);
    }
    longs.End();
  }
  // Within a region the turns are strict: between two of its grains each of the others gets one.
  Permits scope(1);
  Longs longs(4);
  for (int round = 0; round < 10; ++round) {
    std::atomic<int64_t> first{0}, last{0};
    TestJob small([&](Job& j) {
      j.For(8, 1, [&](int64_t begin, int64_t) {
        if (begin == 0) first = longs.grains();
        if (begin == 7) last = longs.grains();
      });
      return j.status();
    });
    CHECK(small.Start());
    CHECK(small.Wait("strict turns") == Status::kOk);
    CHECK(last - first <= 7 * 4);
  }
  longs.End();
}

// A job with more threads than the pool has permits, or callers that block, do not lock others out.
void NobodyIsLockedOut() {
  Permits scope(2);
  const auto small = [] {
    TestJob job([](Job& j) { return j.For(10, 1, [](int64_t, int64_t) {}) ? Status::kOk : j.status(); });
    CHECK(job.Start());
    CHECK(job.Wait("a small job is locked out") == Status::kOk);
  };
  {
    Longs wide(1, 7);
    Until([&] { return wide.jobs[0]->control.peak_threads() == 7; }, "seven threads");
    for (int i = 0; i < 5; ++i) small();
    wide.End();
  }
  std::vector<std::unique_ptr<TestJob>> blocking;
  std::vector<std::thread> callers;
  std::atomic<int> stopped{0};
  for (int i = 0; i < 3; ++i)
    blocking.push_back(std::make_unique<TestJob>([](Job& j) {
      return j.For(Longs::kGrains, 1, [](int64_t, int64_t) { Burn(20); }) ? Status::kOk : j.status();
    }));
  for (auto& job : blocking) callers.emplace_back([&stopped, &job] { stopped += job->Here() == Status::kStopped; });
  for (auto& job : blocking) Until([&] { return job->control.grains() > 0; }, "blocking callers");
  for (int i = 0; i < 5; ++i) small();
  CHECK(stopped == 0);
  for (auto& job : blocking) job->control.Stop(Status::kStopped);
  for (auto& caller : callers) caller.join();
  CHECK(stopped == 3);
}

// ---- Crowds ----

// A For, a Fork and a Reduce, each of whose outcomes is known.
Status Mixed(Job& j, int64_t n, std::atomic<int>& wrong) {
  std::atomic<int64_t> sum{0}, leaves{0};
  if (!j.For(n, 3, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) sum += i;
      }))
    return j.status();
  const Task root{0, n, 0, 0};
  if (!j.Fork(&root, 1, [&](const Task& task, Forks& forks) {
        if (task.b - task.a < 4) {
          leaves += task.b - task.a;
          return;
        }
        forks.Push({task.a, (task.a + task.b) / 2, 0, 0});
        forks.Push({(task.a + task.b) / 2, task.b, 0, 0});
      }))
    return j.status();
  int64_t total = 0;
  const Status status = j.Reduce(
      n, 2, total, [](int64_t begin, int64_t end) { return (begin + end - 1) * (end - begin) / 2; },
      [](int64_t a, int64_t b) { return a + b; });
  if (sum != n * (n - 1) / 2 || leaves != n || total != sum) ++wrong;
  return status;
}

void TwoHundredAtOnce() {
  for (const int permits : {1, 2, 3}) {
    Permits scope(permits);
    std::atomic<int> wrong{0}, ok{0};
    std::vector<std::unique_ptr<TestJob>> jobs(200);
    for (size_t i = 0; i < jobs.size(); ++i)
      jobs[i] =
          std::make_unique<TestJob>([&wrong, i](Job& j) { return Mixed(j, 20 + static_cast<int64_t>(i) % 37, wrong); });
    std::vector<std::thread> starters;
    for (size_t t = 0; t < 4; ++t)
      starters.emplace_back([&, t] {
        for (size_t i = t; i < jobs.size(); i += 4)
          if (!jobs[i]->Start()) ++wrong;
      });
    for (auto& starter : starters) starter.join();
    for (auto& job : jobs) ok += job->Wait("200 jobs") == Status::kOk;
    CHECK(ok == 200);
    CHECK(wrong == 0);
    Until([] { return Pool::Get().Stats().busy == 0; }, "permits that nobody gives back");
  }
}

void CallersAtOnce() {
  Permits scope(2);
  std::atomic<int> wrong{0}, bad_status{0}, elsewhere{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 5; ++t)
    callers.emplace_back([&, t] {
      for (int i = 0; i < (SANITIZED ? 10 : 40); ++i) {
        const auto id = std::this_thread::get_id();
        TestJob job(
            [&](Job& j) {
              if (std::this_thread::get_id() != id) ++elsewhere;
              return Mixed(j, 30 + t + i, wrong);
            },
            t);
        if (job.Run(i % 4 != 3 || t % 2 == 0, "callers at once") != Status::kOk) ++bad_status;
        if (i % 4 == 3 && t % 2 != 0) --elsewhere;  // was led: elsewhere indeed
      }
    });
  for (auto& caller : callers) caller.join();
  CHECK(wrong == 0);
  CHECK(bad_status == 0);
  CHECK(elsewhere == 0);
}

// Many jobs, stopped at any moment by other threads: each ends, and none runs on.
void StopStorm() {
  Permits scope(2);
  Random random(2);
  std::atomic<int> running_on{0};
  for (int round = 0; round < (SANITIZED ? 3 : 10); ++round) {
    std::vector<std::unique_ptr<TestJob>> jobs;
    auto ended = std::make_unique<std::atomic<bool>[]>(40);
    for (size_t i = 0; i < 40; ++i) {
      jobs.push_back(std::make_unique<TestJob>([&, i](Job& j) {
        while (j.For(50, 1, [&](int64_t, int64_t) {
          if (ended[i]) ++running_on;
          Burn(1);
        })) {
        }
        ended[i] = true;
        return j.status();
      }));
      CHECK(jobs.back()->Start());
    }
    std::vector<std::thread> stoppers;
    for (size_t t = 0; t < 4; ++t) {
      const int64_t wait = random.Below(3000);
      stoppers.emplace_back([&, t, wait] {
        std::this_thread::sleep_for(std::chrono::microseconds(wait));
        for (size_t i = t; i < jobs.size(); i += 4) jobs[i]->control.Stop(Status::kStopped);
      });
    }
    for (auto& stopper : stoppers) stopper.join();
    int stopped = 0;
    for (auto& job : jobs) stopped += job->Wait("stop storm") == Status::kStopped;
    CHECK(stopped == 40);
  }
  CHECK(running_on == 0);
}

// ---- A system that gives no threads ----

#if defined(__linux__)
// In a child process, before the pool has any thread: as nobody, with room for `threads` more.
int WithThreads(int threads, int (*run)()) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(65531) != 0 || setuid(65531) != 0) _exit(99);
    const auto limit = static_cast<rlim_t>(1 + threads);
    const rlimit limits{limit, limit};
    if (setrlimit(RLIMIT_NPROC, &limits) != 0) _exit(99);
    _exit(run());
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return 99;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void WithoutThreads() {
  if (SANITIZED || geteuid() != 0) return;  // sanitizers start threads of their own
  const int none = WithThreads(0, [] {
    std::atomic<int> wrong{0};
    TestJob led([](Job&) { return Status::kOk; });
    if (led.Start()) return 1;
    TestJob job([&](Job& j) { return Mixed(j, 100, wrong); }, 4);
    return job.Here() == Status::kOk && wrong == 0 && job.control.peak_threads() == 1 ? 0 : 2;
  });
  CHECK(none == 0 || none == 99);
  // One thread for three bodies and a blocking caller: one after the other, but all of them.
  const int one = WithThreads(1, [] {
    Pool::Get().SetThreads(1);
    std::atomic<int> wrong{0};
    TestJob a([&](Job& j) { return Mixed(j, 300, wrong); }), b([&](Job& j) { return Mixed(j, 200, wrong); });
    TestJob c([&](Job& j) { return Mixed(j, 100, wrong); }, 3), here([&](Job& j) { return Mixed(j, 400, wrong); }, 3);
    if (!a.Start() || !b.Start() || !c.Start()) return 1;
    if (here.Here() != Status::kOk) return 2;
    if (a.Wait("a") != Status::kOk || b.Wait("b") != Status::kOk || c.Wait("c") != Status::kOk) return 3;
    return wrong == 0 && Pool::Get().Stats().started == 1 ? 0 : 4;
  });
  CHECK(one == 0 || one == 99);
  const int owner = WithThreads(1, [] { return OwnerHelps() ? 0 : 1; });
  CHECK(owner == 0 || owner == 99);
}
#else
void WithoutThreads() {}
#endif

void Idle() {
  Until([] { return Pool::Get().Stats().busy == 0; }, "busy when idle");
  const PoolStats before = Pool::Get().Stats();
  TestJob job([](Job& j) { return j.For(10, 1, [](int64_t, int64_t) {}) ? Status::kOk : j.status(); });
  CHECK(job.Run(false, "idle") == Status::kOk);
  const PoolStats after = Pool::Get().Stats();
  CHECK(after.bodies == before.bodies + 1);
  CHECK(after.grains == before.grains + 10);
  CHECK(after.started <= 2 * kMaxThreads);
}

}  // namespace
}  // namespace offloop

int PoolTests() {
  using namespace offloop;
  const int failed = g_failed;
  WithoutThreads();
  CoversEachIndexOnce();
  LimitsAndLanes();
  TwoThreadsTakePart();
  ResizingMeanwhile();
  ForkSplits();
  ForkWakes();
  ForkOrder();
  StopsWithinAGrain();
  StopBeforeStart();
  Deadline();
  StopsASleepingLeader();
  WaitingBodyHoldsNoPermit();
  SmallBesideLong();
  NobodyIsLockedOut();
  TwoHundredAtOnce();
  CallersAtOnce();
  StopStorm();
  Idle();
  return g_failed - failed;
}
