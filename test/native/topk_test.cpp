// topK against a reference written here, independently: the direct score in scalar code,
// every row of it sorted. All metrics, both dtypes, every instruction set that this
// machine has, several thread counts, and the data that breaks a filter in f32.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "core/control.h"
#include "core/cpu.h"
#include "core/isa.h"
#include "core/pool.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define OFFLOOP_TEST_TSAN 1
#endif
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define OFFLOOP_TEST_SANITIZED 1
#endif
#endif

namespace {

using namespace offloop;

struct Random {
  uint64_t state;
  uint64_t Next() {  // splitmix64
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int64_t Below(int64_t n) { return static_cast<int64_t>(Next() % static_cast<uint64_t>(n)); }
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53 * 2 - 1; }
};

// A matrix with its own memory and strides.
template <class T>
struct Grid {
  std::vector<T> memory;
  int64_t origin = 0, rows, cols, row_stride, col_stride;
  T& At(int64_t i, int64_t j) { return memory[static_cast<size_t>(origin + i * row_stride + j * col_stride)]; }
};

enum Layout { kPlain, kPadded, kColumns, kBackwards, kEverySecond, kSameRow, kLayouts };

template <class T>
Grid<T> MakeGrid(int64_t rows, int64_t cols, int layout) {
  Grid<T> g;
  g.rows = rows, g.cols = cols;
  g.row_stride = cols, g.col_stride = 1;
  int64_t size = rows * cols;
  if (layout == kPadded) g.row_stride = cols + 5, size = rows * (cols + 5);
  if (layout == kColumns) g.row_stride = 1, g.col_stride = rows;
  if (layout == kBackwards) g.row_stride = -cols, g.col_stride = -1, g.origin = size - 1;
  if (layout == kEverySecond) g.row_stride = -2 * cols, g.col_stride = 2, g.origin = 2 * cols * (rows - 1), size *= 2;
  if (layout == kSameRow) g.row_stride = 0;
  g.memory.assign(static_cast<size_t>(size), T(7));
  return g;
}

enum Data {
  kNormal,
  kIntegers,
  kDuplicates,
  kIdentical,
  kZeros,
  kNaN,
  kInfinite,
  kHuge,
  kDenormal,
  kOffset,
  kScales,
  kNear,
  kData
};
const char* const kDataNames[] = {"normal",   "integers", "duplicates", "identical", "zeros",  "NaN",
                                  "infinite", "huge",     "denormal",   "offset",    "scales", "near"};

template <class T>
void Fill(Grid<T>& g, int data, Random& random) {
  const bool wide = sizeof(T) == 8;
  const T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  for (int64_t i = 0; i < g.rows; ++i) {
    const double scale = data != kScales ? 1 : std::pow(10, (random.Uniform()) * (wide ? 200 : 36));
    for (int64_t j = 0; j < g.cols; ++j) {
      double v = random.Uniform();
      if (data == kIntegers || data == kZeros) v = static_cast<double>(random.Below(5) - 2);
      if (data == kIdentical) v = std::sin(static_cast<double>(j) + 1);
      if (data == kNear) v = 100 + std::sin(static_cast<double>(j)) + v * (wide ? 1e-15 : 1e-6) * 100;
      if (data == kHuge) v *= wide ? 1e300 : 1e30;
      if (data == kDenormal) v *= wide ? 1e-310 : 1e-40;
      if (data == kOffset) v = v * (wide ? 1e-9 : 1e-2) + 1000;
      g.At(i, j) = static_cast<T>(v * scale);
    }
    if (data == kDuplicates && i > 0 && random.Below(2) == 0) {
      const int64_t from = random.Below(i);
      for (int64_t j = 0; j < g.cols; ++j) g.At(i, j) = g.At(from, j);
    }
    if (data == kZeros && random.Below(2) == 0)
      for (int64_t j = 0; j < g.cols; ++j) g.At(i, j) = random.Below(2) == 0 ? T(0) : -T(0);
    if (data == kNaN && random.Below(3) == 0) g.At(i, random.Below(g.cols)) = nan;
    if (data == kInfinite && random.Below(3) == 0)
      g.At(i, random.Below(g.cols)) = random.Below(2) == 0 ? infinity : -infinity;
    if (data == kHuge && random.Below(2) == 0) g.At(i, random.Below(g.cols)) = std::numeric_limits<T>::max();
  }
}

template <class T>
double Lanes(Grid<T>& a, int64_t i, Grid<T>& b, int64_t k, bool difference) {
  double lane[16] = {};
  for (int64_t j = 0; j < a.cols; ++j) {
    const double x = static_cast<double>(a.At(i, j)), y = static_cast<double>(b.At(k, j));
    const double d = x - y;
    lane[j % 16] += difference ? d * d : x * y;
  }
  for (int half = 8; half >= 1; half /= 2)
    for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
  return lane[0];
}

template <class T>
T Score(Grid<T>& q, int64_t i, Grid<T>& c, int64_t k, int metric, double qq, double cc) {
  if (metric == 1) return static_cast<T>(Lanes(q, i, c, k, false));
  if (metric >= 2) {
    const double square = Lanes(q, i, c, k, true);
    return static_cast<T>(metric == 2 ? std::sqrt(square) : square);
  }
  const double dot = Lanes(q, i, c, k, false);
  if (qq == 0 || cc == 0) return static_cast<T>(std::isnan(dot) ? dot : 0.0);
  const double product = qq * cc;
  double score;
  if (product >= 0x1p-960 && product <= 0x1p1000)
    score = dot / std::sqrt(product);
  else if (qq == cc)
    score = dot / qq;
  else
    score = dot / (std::sqrt(qq) * std::sqrt(cc));
  if (score > 1) score = 1;
  if (score < -1) score = -1;
  return static_cast<T>(score);
}

template <class T>
struct Ranked {
  T score;
  uint32_t index;
};

template <class T>
using Answer = std::vector<std::vector<Ranked<T>>>;

template <class T>
Answer<T> Reference(Grid<T>& q, Grid<T>& c, int metric) {
  std::vector<double> cc(static_cast<size_t>(c.rows));
  for (int64_t k = 0; k < c.rows; ++k) cc[static_cast<size_t>(k)] = Lanes(c, k, c, k, false);
  Answer<T> answer(static_cast<size_t>(q.rows));
  for (int64_t i = 0; i < q.rows; ++i) {
    auto& list = answer[static_cast<size_t>(i)];
    const double qq = Lanes(q, i, q, i, false);
    for (int64_t k = 0; k < c.rows; ++k)
      list.push_back({Score(q, i, c, k, metric, qq, cc[static_cast<size_t>(k)]), static_cast<uint32_t>(k)});
    std::sort(list.begin(), list.end(), [&](const Ranked<T>& a, const Ranked<T>& b) {
      const bool a_nan = std::isnan(a.score), b_nan = std::isnan(b.score);
      if (a_nan != b_nan) return b_nan;
      if (!a_nan && a.score != b.score) return metric <= 1 ? a.score > b.score : a.score < b.score;
      return a.index < b.index;
    });
  }
  return answer;
}

CallPointer Find(const IsaLevel& level, const char* dtype) {
  for (int i = 0; i < level.count; ++i) {
    if (std::string(level.tables[i]->name) != "topK") continue;
    for (int j = 0; j < level.tables[i]->count; ++j)
      if (std::string(level.tables[i]->instances[j].dtype) == dtype) return level.tables[i]->instances[j].call;
  }
  return nullptr;
}

template <class T>
Slot SlotOf(Grid<T>& g) {
  Slot s;
  s.data = g.memory.data() + g.origin;
  s.rows = g.rows, s.cols = g.cols, s.row_stride = g.row_stride, s.col_stride = g.col_stride;
  s.dtype = DtypeOf<T>();
  s.present = true;
  return s;
}

template <class T>
void Prepare(JobControl& job, const IsaLevel& level, Grid<T>& q, Grid<T>& c, int64_t k, int metric,
             std::vector<uint32_t>& indices, std::vector<T>& scores) {
  job.call = Find(level, sizeof(T) == 8 ? "f64" : "f32");
  job.slots[0] = SlotOf(q);
  job.slots[1] = SlotOf(c);
  job.slots[2].number = static_cast<double>(k);
  job.slots[3].number = metric;
  job.slots[4].data = indices.data();
  job.slots[4].length = static_cast<int64_t>(indices.size());
  job.slots[5].data = scores.data();
  job.slots[5].length = static_cast<int64_t>(scores.size());
}

template <class T>
void Check(const IsaLevel& level, int threads, Grid<T>& q, Grid<T>& c, int64_t k, int metric, const Answer<T>& answer,
           const char* what) {
  // One element behind the end, which must stay as it is.
  const size_t size = static_cast<size_t>(q.rows * k);
  std::vector<uint32_t> indices(size + 1, 0xdeadbeef);
  std::vector<T> scores(size + 1, T(-5));
  JobControl job;
  Prepare(job, level, q, c, k, metric, indices, scores);
  job.plan.threads = threads;
  job.plan.inline_only = threads == 0;
  const Status status = job.RunHere();
  bool good = status == Status::kOk && indices[size] == 0xdeadbeef && scores[size] == T(-5);
  int64_t at = -1;
  for (int64_t i = 0; good && i < q.rows * k; ++i) {
    const Ranked<T>& want = answer[static_cast<size_t>(i / k)][static_cast<size_t>(i % k)];
    const T got = scores[static_cast<size_t>(i)];
    const bool same = std::isnan(want.score) ? std::isnan(got) : std::memcmp(&want.score, &got, sizeof(T)) == 0;
    if (!same || indices[static_cast<size_t>(i)] != want.index) good = false, at = i;
  }
  if (CHECK(good)) return;
  std::printf("topK %s %s, %s: %lld queries x %lld rows x %lld, k=%lld, metric %d, %d threads: ", level.name,
              sizeof(T) == 8 ? "f64" : "f32", what, static_cast<long long>(q.rows), static_cast<long long>(c.rows),
              static_cast<long long>(c.cols), static_cast<long long>(k), metric, threads);
  if (at < 0)
    std::printf("status %d, or a write past the end\n", static_cast<int>(status));
  else
    std::printf("query %lld place %lld is %u %.17g, not %u %.17g\n", static_cast<long long>(at / k),
                static_cast<long long>(at % k), indices[static_cast<size_t>(at)],
                static_cast<double>(scores[static_cast<size_t>(at)]),
                answer[static_cast<size_t>(at / k)][static_cast<size_t>(at % k)].index,
                static_cast<double>(answer[static_cast<size_t>(at / k)][static_cast<size_t>(at % k)].score));
}

template <class T>
void Random1(const std::vector<const IsaLevel*>& levels, int round) {
  Random random{static_cast<uint64_t>(round) * 2654435761u + sizeof(T)};
  const int64_t query_counts[] = {1, 1, 2, 3, 5, 17, 40, 100, 130, 260};
  const int64_t row_counts[] = {1, 2, 5, 7, 48, 49, 150, 333, 1000, 3000};
  const int64_t dims[] = {1, 2, 3, 7, 15, 16, 17, 33, 64, 100, 257, 384, 513, 1100};
#ifdef OFFLOOP_TEST_SANITIZED
  const int64_t limit = 100000;
#else
  const int64_t limit = 1000000;
#endif
  int64_t n, rows, dim;
  do {
    n = query_counts[random.Below(10)], rows = row_counts[random.Below(10)], dim = dims[random.Below(14)];
  } while (n * rows * dim > limit);
  const int data = round % kData;
  // Every layout in turn for the corpus; the queries plain half the time.
  const int corpus_layout = random.Below(2) == 0 ? kPlain : static_cast<int>(random.Below(kLayouts));
  const int query_layout = random.Below(2) == 0 ? kPlain : static_cast<int>(random.Below(kLayouts));
  Grid<T> q = MakeGrid<T>(n, dim, query_layout), c = MakeGrid<T>(rows, dim, corpus_layout);
  Fill(q, data, random);
  Fill(c, data, random);
  for (int64_t i = 0; i < n; ++i) {  // some queries are rows of the corpus
    if (random.Below(2) == 0) continue;
    const int64_t from = random.Below(rows);
    for (int64_t j = 0; j < dim; ++j) q.At(i, j) = c.At(from, j);
  }
  const int metric = static_cast<int>(random.Below(4));
  const Answer<T> answer = Reference(q, c, metric);
  const int64_t ks[] = {1, rows, 1 + random.Below(rows < 20 ? rows : 20), 1 + random.Below(rows)};
  const int threads[] = {0, 1, 2, 3, 7};
  for (const IsaLevel* level : levels)
    for (int64_t k : ks) Check(*level, threads[random.Below(5)], q, c, k, metric, answer, kDataNames[data]);
}

// Enough tiles that all threads insert into the same lists, all thread counts.
template <class T>
void Threads(const std::vector<const IsaLevel*>& levels, int64_t n, int64_t rows, int64_t dim, int64_t k, int data) {
  Random random{99};
  Grid<T> q = MakeGrid<T>(n, dim, kPlain), c = MakeGrid<T>(rows, dim, kPlain);
  Fill(q, data, random);
  Fill(c, data, random);
  for (int metric = 0; metric < 4; ++metric) {
    const Answer<T> answer = Reference(q, c, metric);
    for (const IsaLevel* level : levels)
      for (int threads : {1, 2, 3, 7}) Check(*level, threads, q, c, k, metric, answer, kDataNames[data]);
  }
}

// What the documentation says of special rows.
template <class T>
void Special(const IsaLevel& level) {
  Random random{5};
  for (int64_t n : {1, 9}) {
    Grid<T> c = MakeGrid<T>(300, 37, kPlain);
    Fill(c, kNormal, random);
    Grid<T> q = MakeGrid<T>(n, 37, kPlain);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < 37; ++j) q.At(i, j) = c.At(i * 30 + 7, j);
    std::vector<uint32_t> indices(static_cast<size_t>(n));
    std::vector<T> scores(static_cast<size_t>(n));
    for (int metric : {0, 2, 3}) {
      JobControl job;
      Prepare(job, level, q, c, 1, metric, indices, scores);
      bool good = job.RunHere() == Status::kOk;
      for (int64_t i = 0; i < n; ++i)
        good = good && indices[static_cast<size_t>(i)] == static_cast<uint32_t>(i * 30 + 7) &&
               scores[static_cast<size_t>(i)] == (metric == 0 ? T(1) : T(0));
      if (!CHECK(good)) std::printf("topK %s: a row is not its own nearest, metric %d\n", level.name, metric);
    }
    // Stopped before it starts: says so.
    JobControl job;
    Prepare(job, level, q, c, 1, 0, indices, scores);
    job.Stop(Status::kStopped);
    if (!CHECK(job.RunHere() == Status::kStopped)) std::printf("topK %s: a stopped job ran\n", level.name);
  }
  Grid<T> none = MakeGrid<T>(0, 3, kPlain), c = MakeGrid<T>(4, 3, kPlain);
  std::vector<uint32_t> indices;
  std::vector<T> scores;
  JobControl job;
  Prepare(job, level, none, c, 2, 0, indices, scores);
  if (!CHECK(job.RunHere() == Status::kOk)) std::printf("topK %s: no queries\n", level.name);
}

// Another thread writes inputs and outputs meanwhile: any answer will do, a crash or a hang will not.
template <class T>
void Scribble(const IsaLevel& level) {
#ifndef OFFLOOP_TEST_TSAN  // a race by design
  Random random{11};
  for (int64_t n : {1, 70}) {
    Grid<T> q = MakeGrid<T>(n, 50, kPlain), c = MakeGrid<T>(5000, 50, kPlain);
    Fill(q, kNormal, random);
    Fill(c, kNormal, random);
    std::vector<uint32_t> indices(static_cast<size_t>(n * 100));
    std::vector<T> scores(static_cast<size_t>(n * 100));
    std::atomic<bool> stop{false};
    std::thread writer([&] {
      Random values{3};
      while (!stop.load()) {
        const uint64_t bits = values.Next();
        T value;
        std::memcpy(&value, &bits, sizeof(T));
        reinterpret_cast<volatile T&>(c.memory[static_cast<size_t>(values.Below(5000 * 50))]) = value;
        reinterpret_cast<volatile T&>(scores[static_cast<size_t>(values.Below(n * 100))]) = value;
        reinterpret_cast<volatile uint32_t&>(indices[static_cast<size_t>(values.Below(n * 100))]) =
            static_cast<uint32_t>(bits);
      }
    });
    for (int round = 0; round < 8; ++round) {
      JobControl job;
      Prepare(job, level, q, c, 100, round % 4, indices, scores);
      if (!CHECK(job.RunHere() == Status::kOk)) std::printf("topK %s: failed under a scribbler\n", level.name);
    }
    stop.store(true);
    writer.join();
  }
#else
  (void)level;
#endif
}

}  // namespace

int TopKTests() {
  const int failed = g_failed;
  std::vector<const IsaLevel*> levels;
  for (int i = 0; i < kIsaLevelCount; ++i)
    if (CpuHas(kIsaLevels[i].name)) levels.push_back(&kIsaLevels[i]);
  const std::vector<const IsaLevel*> all = levels;
  const int threads = Pool::Get().threads();
  Pool::Get().SetThreads(4);
#ifdef OFFLOOP_TEST_SANITIZED
  const int rounds = 2 * kData;
#else
  const int rounds = 8 * kData;
#endif
  for (int round = 0; round < rounds; ++round) {
    Random1<float>(levels, round);
    Random1<double>(levels, round);
  }
  Threads<float>(levels, 20, 1500, 8, 10, kDuplicates);
  Threads<double>(levels, 1, 9000, 3, 30, kIntegers);
#ifndef OFFLOOP_TEST_SANITIZED
  Threads<float>(levels, 150, 2000, 24, 100, kNear);
  Threads<double>(levels, 20, 3000, 24, 1500, kNormal);
#endif
  // Lists that are sorted by chunks and merged.
  if (levels.size() > 1) levels.resize(1);
  Threads<float>(levels, 1, 20000, 3, 20000, kIntegers);
  Threads<double>(levels, 2, 9000, 2, 8193, kNaN);
  for (const IsaLevel* level : all) {
    Special<float>(*level);
    Special<double>(*level);
    Scribble<float>(*level);
    Scribble<double>(*level);
  }
  Pool::Get().SetThreads(threads);
  return g_failed - failed;
}
