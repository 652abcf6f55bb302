// The budget of cores: claims, seats whose loops wait, what grains get; priorities; records of grains. From counters.
#include "core/budget.h"

#include <cstring>
#include <memory>
#include <vector>

#include "check.h"
#include "core/trace.h"
#include "jobs.h"

namespace offloop {
namespace {

// Loops that wait, or do not, as the test says.
struct Loop {
  std::atomic<bool> waits{false};
  std::atomic<int64_t> waited{0}, since{0};

  void Wait() { since = NowNs(), waits = true; }
  void Wake() { waited += NowNs() - since, waits = false; }
  static int64_t Clock(void* raw) {
    auto* loop = static_cast<Loop*>(raw);
    return loop->waited + (loop->waits ? NowNs() - loop->since : 0);
  }
};

// The process's lives for ever, and its seats are left one by one.
struct OwnBudget : Budget {
  ~OwnBudget() {
    for (int64_t seat = 1; seat <= 200; ++seat) Leave(seat);
  }
};

void Pause() {
  const int64_t end = NowNs() + 200'000;
  while (NowNs() < end) {
  }
}

struct Grants {
  std::vector<int64_t> seats;
  static void Note(void* raw, int64_t seat) { static_cast<Grants*>(raw)->seats.push_back(seat); }
};

void ClaimsByPriorityThenOrder() {
  OwnBudget budget;
  budget.SetCores(2);
  bool now = false;
  Grants grants;
  const auto claim = [&](int priority) {
    return budget.Claim(priority, Claimant::kOutside, &Grants::Note, &grants, &now);
  };
  const int64_t first = claim(1);
  CHECK(now);
  const int64_t second = claim(2);
  CHECK(now && budget.Held() == 2);
  const int64_t low = claim(2), normal = claim(1), later = claim(1), high = claim(0);
  CHECK(!now && budget.waiting() == 4 && budget.Held() == 2);
  Grant granted[8];
  CHECK(budget.GrantNext(granted, 8) == 0);
  CHECK(!budget.Leave(first) && !budget.Leave(first));
  CHECK(budget.GrantNext(granted, 8) == 1 && granted[0].seat == high);
  CHECK(budget.Leave(normal));  // withdrawn
  CHECK(!budget.Leave(second) && !budget.Leave(high));
  CHECK(budget.GrantNext(granted, 8) == 2 && granted[0].seat == later && granted[1].seat == low);
  // A claim that comes while others wait does not overtake them, unless it is more urgent.
  const int64_t queued = claim(1);
  CHECK(!budget.Leave(low));
  claim(1);
  CHECK(!now);
  const int64_t urgent = claim(0);
  CHECK(now && budget.Held() == 2);
  CHECK(!budget.Leave(urgent));
  CHECK(budget.GrantNext(granted, 1) == 1 && granted[0].seat == queued);
}

void LoopsThatWaitHoldNoCore() {
  OwnBudget budget;
  budget.SetCores(1);
  bool now = false;
  Loop loop;
  const int64_t seat = budget.Claim(1, Claimant::kOutside, nullptr, nullptr, &now);
  budget.Sit(seat, &Loop::Clock, &loop);
  Pause();
  CHECK(budget.Held() == 1 && budget.Left(1) == 1);  // grains get a third of the cores, so at least one
  loop.Wait();
  Pause();
  CHECK(budget.Held() == 0);
  // What it waits for may start; back from its wait it has its core again, whoever has one.
  const int64_t inner = budget.Claim(1, Claimant::kTask, nullptr, nullptr, &now);
  CHECK(now);
  loop.Wake();
  Pause();
  CHECK(budget.Held() == 2);
  budget.Claim(1, Claimant::kTask, nullptr, nullptr, &now);
  CHECK(!now);
  CHECK(!budget.Leave(inner));
  loop.Wait();
  Pause();
  CHECK(budget.Held() == 0);
  budget.Unseat(&loop);  // its thread has ended: nobody knows any more
  CHECK(budget.Held() == 1);
}

void SeatsThatWaitAreBounded() {
  OwnBudget budget;
  budget.SetCores(2);
  bool now = true;
  std::vector<std::unique_ptr<Loop>> loops;
  int seats = 0;
  for (; now && seats < 100; ++seats) {
    loops.push_back(std::make_unique<Loop>());
    loops.back()->Wait();
    const int64_t seat = budget.Claim(1, Claimant::kOutside, nullptr, nullptr, &now);
    budget.Sit(seat, &Loop::Clock, loops.back().get());
    Pause();
  }
  CHECK(seats == 9 && budget.Held() == 0 && budget.waiting() == 1);
  // They may all be waiting for this one.
  budget.Claim(1, Claimant::kTask, nullptr, nullptr, &now);
  CHECK(now);
  budget.Claim(1, Claimant::kTask, nullptr, nullptr, &now);
  CHECK(now);
  budget.Claim(1, Claimant::kTask, nullptr, nullptr, &now);
  CHECK(!now);
  budget.Claim(1, Claimant::kBlindTask, nullptr, nullptr, &now);
  CHECK(now);
}

void GrainsTakeWhatIsLeft() {
  OwnBudget budget;
  for (const int cores : {1, 2, 3, 4, 8, 16}) {
    budget.SetCores(cores);
    CHECK(budget.Left(cores) == cores);
    for (int callers = 1; callers <= cores + 2; ++callers) {
      budget.CallerBegins();
      const int least = (cores + 2) / 3, rest = cores + least - callers;
      CHECK(budget.Left(cores) == (rest < least ? least : rest < cores ? rest : cores));
      CHECK(budget.Left(1) == 1);
    }
    for (int callers = 1; callers <= cores + 2; ++callers) budget.CallerEnds();
  }
}

// In the pool: seats leave grains their third; once they are left, or wait, grains have all.
void SeatsLimitGrains() {
  Permits permits(6);
  Pool& pool = Pool::Get();
  Grants grants;
  Loop loop;
  bool now = false;
  std::vector<int64_t> seats;
  for (int i = 0; i < 6; ++i) {
    seats.push_back(pool.Claim(1, Claimant::kOutside, &Grants::Note, &grants, &now));
    CHECK(now);
    pool.Sit(seats.back(), &Loop::Clock, &loop);
  }
  const int64_t waiting = pool.Claim(1, Claimant::kOutside, &Grants::Note, &grants, &now);
  CHECK(!now);
  CHECK(pool.Stats().held == 6 && pool.Stats().claims == 1);
  const auto most = [] {
    std::atomic<int> active{0}, peak{0};
    TestJob job([&](Job& j) {
      j.For(200, 1, [&](int64_t, int64_t) {
        const int here = ++active;
        int seen = peak;
        while (seen < here && !peak.compare_exchange_weak(seen, here)) {
        }
        Burn(200);
        --active;
      });
      return j.status();
    });
    CHECK(job.Start());
    CHECK(job.Wait("grains beside seats") == Status::kOk);
    return peak.load();
  };
  CHECK(most() <= 2);
  loop.Wait();
  Until(
      [&] {
        pool.Look();
        return !grants.seats.empty();
      },
      "a claim is granted when loops wait");
  CHECK(grants.seats == std::vector<int64_t>{waiting});
  Meeting meeting(5);
  TestJob wide([&](Job& j) {
    j.For(5, 1, [&](int64_t, int64_t) { meeting.Join("grains have the cores of seats that wait"); });
    return j.status();
  });
  CHECK(wide.Start());
  CHECK(wide.Wait("five at once") == Status::kOk);
  for (const int64_t seat : seats) pool.Leave(seat);
  pool.Leave(waiting);
  pool.Unseat(&loop);
  CHECK(pool.Stats().held == 0);
}

// A task's thread that blocks in a call counts once; any other caller holds a core while it does.
void CallersCount() {
  Permits permits(4);
  std::atomic<int> held{-1};
  TestJob job([&](Job& j) {
    j.For(1, 1, [&](int64_t, int64_t) { held = Pool::Get().Stats().held; });
    return j.status();
  });
  CHECK(job.Here() == Status::kOk && held == 1);
  std::thread([&] {
    bool now = false;
    Loop loop;
    const int64_t seat = Pool::Get().Claim(1, Claimant::kOutside, nullptr, nullptr, &now);
    Pool::Get().Sit(seat, &Loop::Clock, &loop);
    TestJob seated([&](Job& j) {
      j.For(1, 1, [&](int64_t, int64_t) { held = Pool::Get().Stats().held; });
      return j.status();
    });
    CHECK(seated.Here() == Status::kOk && held == 1);
    Pool::Get().Unseat(&loop);
    Pool::Get().Leave(seat);
  }).join();
  CHECK(Pool::Get().Stats().held == 0);
}

// ---- Priorities ----

struct Endless {
  explicit Endless(int priority) {
    job.control.plan.priority = priority;
    CHECK(job.Start());
  }
  ~Endless() {
    job.control.Stop(Status::kStopped);
    CHECK(job.Wait("endless") == Status::kStopped);
  }
  int64_t grains() const { return job.control.grains(); }
  TestJob job{
      [](Job& j) { return j.For(int64_t{1} << 40, 1, [](int64_t, int64_t) { Burn(20); }) ? Status::kOk : j.status(); }};
};

void UrgentGoesFirst() {
  for (const int permits : {1, 2}) {
    Permits scope(permits);
    Endless low(2), normal(1);
    Until([&] { return low.grains() > 0 && normal.grains() > 0; }, "both run");
    for (int round = 0; round < 5; ++round) {
      // Within a region that is urgent, others get no more than the grains that ran when it began, and one in 16.
      std::atomic<int64_t> before{0}, after{0};
      TestJob high([&](Job& j) {
        j.For(160, 1, [&](int64_t begin, int64_t) {
          if (begin == 0) before = low.grains() + normal.grains();
          Burn(20);
          if (begin == 159) after = low.grains() + normal.grains();
        });
        return j.status();
      });
      high.control.plan.priority = 0;
      CHECK(high.Start());
      CHECK(high.Wait("an urgent job") == Status::kOk);
      CHECK(after - before <= 2 + 2 * 160 / 15);
    }
  }
}

void NoneStarves() {
  Permits scope(1);
  Endless high(0), normal(1), low(2);
  const int64_t before = low.grains(), between = normal.grains();
  Until([&] { return low.grains() > before + 20 && normal.grains() > between + 20; }, "what is not urgent starves");
  CHECK(high.grains() > low.grains());
}

void AlikeInTurn() {
  Permits scope(1);
  Endless a(2), b(2), c(2);
  Until([&] { return a.grains() > 0 && b.grains() > 0 && c.grains() > 0; }, "all three");
  const int64_t begin[] = {a.grains(), b.grains(), c.grains()};
  Until([&] { return a.grains() >= begin[0] + 100; }, "a hundred turns");
  const int64_t turns = a.grains() - begin[0];
  // Between the reads of the three others go on for some turns.
  for (const int64_t other : {b.grains() - begin[1], c.grains() - begin[2]})
    CHECK(other > turns / 2 && other < turns * 2 + 50);
}

// ---- Records ----

void RecordsGrains() {
  Pool& pool = Pool::Get();
  pool.SetTracing(true);
  for (const bool here : {true, false})
    for (const bool inlined : {true, false}) {
      TestJob job([](Job& j) {
        j.For(10, 3, [](int64_t, int64_t) { Burn(5); });
        return j.status();
      });
      job.control.trace = {7, 42, 3};
      job.control.plan.inline_only = inlined;
      job.control.plan.report = true;
      const int64_t begun = NowNs();
      CHECK(job.Run(here, "traced") == Status::kOk);
      GrainRecord records[16];
      const int64_t count = pool.Drain(records, 16);
      CHECK(count == (inlined ? 1 : 4) && pool.Recorded() == 0);
      int64_t items = 0;
      for (int64_t i = 0; i < count; ++i) {
        const GrainRecord& r = records[i];
        CHECK(r.name.environment == 7 && r.name.job == 42 && r.name.instance == 3 && r.thread > 0);
        CHECK(r.begin_ns >= begun && r.end_ns > r.begin_ns && r.end_ns <= NowNs());
        CHECK(r.begin_ns >= job.control.started_ns && r.end_ns <= job.control.ended_ns);
        items += r.items;
      }
      CHECK(items == 10);
    }
  pool.SetTracing(false);
  TestJob job([](Job& j) { return j.For(10, 3, [](int64_t, int64_t) {}) ? Status::kOk : j.status(); });
  CHECK(job.Run(false, "not traced") == Status::kOk && pool.Recorded() == 0);
}

void KeepsTheNewest() {
  Trace trace;
  const int64_t most = int64_t{1} << 20;
  std::vector<GrainRecord> records(1000);
  const auto add = [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) trace.Add({1, {}, i, i + 1, 1, 0});
  };
  add(0, 1500);
  CHECK(trace.Drain(records.data(), 1000) == 1000 && records[999].begin_ns == 999);
  add(1500, 5000);  // grows with some left
  CHECK(trace.Drain(records.data(), 1000) == 1000 && records[0].begin_ns == 1000 && records[999].begin_ns == 1999);
  add(5000, 2000 + most + 10);
  CHECK(trace.count() == most && trace.lost() == 10);
  int64_t next = 2010;
  bool in_order = true;
  while (const int64_t count = trace.Drain(records.data(), 1000))
    for (int64_t i = 0; i < count; ++i) in_order = in_order && records[static_cast<size_t>(i)].begin_ns == next++;
  CHECK(in_order && next == 2010 + most);
  trace.Clear();
  CHECK(trace.count() == 0 && trace.lost() == 0);
}

}  // namespace
}  // namespace offloop

int BudgetTests() {
  using namespace offloop;
  const int failed = g_failed;
  ClaimsByPriorityThenOrder();
  LoopsThatWaitHoldNoCore();
  SeatsThatWaitAreBounded();
  GrainsTakeWhatIsLeft();
  SeatsLimitGrains();
  CallersCount();
  UrgentGoesFirst();
  NoneStarves();
  AlikeInTurn();
  RecordsGrains();
  KeepsTheNewest();
  return g_failed - failed;
}
