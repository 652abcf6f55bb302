// Eigenvalues and eigenvectors of a symmetric tridiagonal matrix T, always in doubles.
//
// Divide and conquer (Cuppen, Numer. Math. 36, 1981): T is cut into leaves by taking one number from its off-diagonal
// at each cut, and put together again two by two. Where two meet, eigenvalues are the roots of a sum of fractions, and
// what hardly changes is left as it is. The roots come from rational interpolation that is exact at the nearest pole
// (Li, LAPACK Working Note 89, 1993), kept inside a bracket; vectors are those of the matrix that has exactly these
// roots (Gu & Eisenstat, SIAM J. Matrix Anal. Appl. 16, 1995), so that they are orthogonal however near the roots lie,
// and meet the old ones in a product of matrices. Leaves go by QL steps.
//
// A vector is a row here.
#pragma once

#include "kernels/eigh-ql-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace eigh {

using F64 = gemm::Real<double>;

constexpr double kPad = 1e300;     // beyond all poles
constexpr int64_t kLeaf = 32;      // rows
constexpr int64_t kInGrain = 130;  // a merge of at most so many rows is a grain
constexpr int kMostSteps = 80;
constexpr double kElements = 100e3;  // of secular sums, in a grain

// Σ z²/(d - λ), Σ z²/(d - λ)² and Σ |z²/(d - λ)|, over whole vectors; λ = origin + tau.
struct Sums {
  double value, slope, size;
};
HWY_NOINLINE Sums Secular(const double* d, const double* z, int64_t count, double origin, double tau) {
  const Lanes<double> lanes;
  const auto from = hn::Set(lanes, origin), by = hn::Set(lanes, tau);
  auto v0 = hn::Zero(lanes), v1 = v0, s0 = v0, s1 = v0, a0 = v0, a1 = v0;
  const auto add = [&](int64_t j, auto& value, auto& slope, auto& size) HWY_ATTR {
    const auto weight = hn::LoadU(lanes, z + j);
    const auto part = hn::Div(weight, hn::Sub(hn::Sub(hn::LoadU(lanes, d + j), from), by));
    const auto term = hn::Mul(weight, part);
    value = hn::Add(value, term);
    slope = hn::MulAdd(part, part, slope);
    size = hn::Add(size, hn::Abs(term));
  };
  int64_t j = 0;
  for (; j + kLanes<double> < count; j += 2 * kLanes<double>) {
    add(j, v0, s0, a0);
    add(j + kLanes<double>, v1, s1, a1);
  }
  if (j < count) add(j, v0, s0, a0);
  const auto sum = [&](auto x, auto y) HWY_ATTR { return hn::GetLane(hn::SumOfLanes(lanes, hn::Add(x, y))); };
  return {sum(v0, v1), sum(s0, s1), sum(a0, a1)};
}

// The i-th root of 1/rho + Σ z²/(d - λ) for d0 < d1 < …, no z of 0 and Σ z² <= 1. It is an old value, `origin`, and
// what is added: only so are its differences from all old ones exact.
HWY_NOINLINE void Root(const double* d, const double* z, int64_t count, int64_t i, double rho, double* origin,
                       double* added) {
  if (count == 1) {
    *origin = d[0];
    *added = rho * z[0] * z[0];
    return;
  }
  const double base = 1 / rho;
  const bool last = i + 1 == count;
  const double gap = last ? rho : d[i + 1] - d[i];
  double low = 0, high = last ? rho * (1 + 16 * kEps) : gap / 2, tau = gap / 2;
  double from = d[i];
  int64_t pole = i;
  Sums sums = Secular(d, z, count, from, tau);
  double f = base + sums.value;
  if (last) {
    if (f > 0)
      high = tau;
    else
      low = tau;
  } else {
    const double zi = z[i] * z[i], zj = z[i + 1] * z[i + 1];
    const double c = f + 2 * (zi - zj) / gap;
    if (f >= 0) {
      const double a = c * gap + zi + zj, b = zi * gap, root = Sqrt(Abs(a * a - 4 * b * c));
      tau = a > 0 ? 2 * b / (a + root) : (a - root) / (2 * c);
    } else {
      pole = i + 1;
      from = d[pole];
      low = -gap / 2;
      high = 0;
      const double a = c * gap - zi - zj, b = zj * gap, root = Sqrt(Abs(a * a + 4 * b * c));
      tau = a < 0 ? 2 * b / (a - root) : -(a + root) / (2 * c);
    }
    if (!(tau > low && tau < high)) tau = (low + high) / 2;
    sums = Secular(d, z, count, from, tau);
    f = base + sums.value;
  }
  // The two poles that the interpolation knows.
  const int64_t left = last ? i - 1 : i, right = left + 1;
  bool other = false;
  for (int step = 0; step < kMostSteps; ++step) {
    if (!(Abs(f) > kEps * (8 * (base + sums.size) + Abs(tau) * sums.slope))) break;
    if (f < 0)
      low = tau;
    else
      high = tau;
    const double slope = sums.slope, x = (d[left] - from) - tau, y = (d[right] - from) - tau;
    double c;
    if (last) {
      const double own = z[right] / y, rest = slope - own * own;
      c = Abs(f - x * rest - y * own * own);
    } else if ((pole == left) != other) {
      const double own = z[left] / x;
      c = f - y * slope - (x - y) * own * own;
    } else {
      const double own = z[right] / y;
      c = f - x * slope - (y - x) * own * own;
    }
    const double a = (x + y) * f - x * y * slope, b = x * y * f, root = Sqrt(Larger(a * a - 4 * b * c, 0));
    double by;
    if (last)
      by = a >= 0 ? (a + root) / (2 * c) : 2 * b / (a - root);
    else
      by = a <= 0 ? (a - root) / (2 * c) : 2 * b / (a + root);
    if (!(f * by < 0)) by = -f / slope;
    double next = tau + by;
    // Next to a pole halves would take too long: there the bracket goes over many powers of two.
    if (!(next > low && next < high)) next = low == 0 ? high / 16 : high == 0 ? low / 16 : (low + high) / 2;
    if (next == tau || !(next > low && next < high)) break;
    tau = next;
    const double before = f;
    sums = Secular(d, z, count, from, tau);
    f = base + sums.value;
    if (Abs(f) > 0.1 * Abs(before) && f * before > 0) other = !other;
  }
  *origin = from;
  *added = tau;
}

// d and e: T, which they do not outlive. Rows of q become its vectors, and d its values.
struct Divided {
  struct Turn {
    int32_t x, y;
    double c, s;
  };

  // Two neighbours to be put together, rows [lo, mid) and [mid, hi).
  struct Merge {
    int64_t lo, mid, hi;
    double between;  // what was at the cut
    Job* job;        // null inside a grain
    double rho = 0;
    int64_t count = 0, top = 0, dense = 0, turned = 0;  // rows that change; of these from above alone, from both; turns
    int64_t first = 0;                                  // of the rows that change, the first one that is asked for

    // Neighbours' vectors of numbers, which are filled up to whole vectors, are kept apart.
    HWY_INLINE double* Of(double* numbers) const { return numbers + 2 * lo; }
    HWY_INLINE int64_t Rows() const { return hi - lo; }
    template <class F>
    HWY_INLINE bool Each(int64_t items, double each, F&& fn) const {
      if (job == nullptr) {
        fn(int64_t{0}, items);
        return true;
      }
      const int64_t grain = static_cast<int64_t>(kElements / each);
      return job->For(items, grain < 1 ? 1 : grain < items ? grain : items, fn);
    }
  };
  enum Kind : uint8_t { kTop, kDense, kBottom, kKept };

  Job& job;
  int64_t n, pitch;
  gemm::Memory<F64>& memory;
  double *d, *e;
  double *q = nullptr, *old = nullptr, *mix = nullptr;  // vectors, those before a merge, and what mixes them
  double *poles = nullptr, *weights = nullptr, *origins = nullptr, *added = nullptr;  // by rising d
  double *places = nullptr, *shares = nullptr;  // poles and weights in rows' order
  double *z = nullptr, *cuts = nullptr;
  double* panels = nullptr;  // one for each thread
  Turn* turns = nullptr;
  int32_t *order = nullptr, *spare = nullptr, *group = nullptr;
  uint8_t* kind = nullptr;
  bool failed = false;

  HWY_NOINLINE bool Reserve() {
    const int64_t room = (n + 39) / 8 * 8;
    const bool cut = Levels(n) > 0;
    double* numbers = job.Scratch<double>(18 * room + 2 * n * pitch);
    if (numbers == nullptr) return false;
    q = numbers + 18 * room;
    old = q + n * pitch;
    order = reinterpret_cast<int32_t*>(numbers + 14 * room);
    kind = reinterpret_cast<uint8_t*>(order + 3 * room);
    if (cut) {
      mix = job.Scratch<double>(n * pitch);
      panels = job.Scratch<double>(job.threads() * gemm::Workspace<F64>::kPanel);
      turns = job.Scratch<Turn>(n);
      if (mix == nullptr || panels == nullptr || turns == nullptr) return false;
    }
    poles = numbers;
    weights = poles + 2 * room;
    origins = weights + 2 * room;
    added = origins + 2 * room;
    places = added + 2 * room;
    shares = places + 2 * room;
    z = shares + 2 * room;
    cuts = z + room;
    spare = order + room;
    group = spare + room;
    return true;
  }

  // Which rows change, and which at most turn: where a weight is nothing, or two values lie so near that turning their
  // vectors makes it so. `group` gets where each goes, rows of one kind side by side, kept ones last; `order` that of
  // those that change, by rising d.
  HWY_NOINLINE void Deflate(Merge& m) const {
    const int64_t lo = m.lo, mid = m.mid, hi = m.hi;
    constexpr double half = 0.70710678118654752440;
    double largest = 0, weight = 0;
    for (int64_t j = lo; j < hi; ++j) {
      const double part = half * q[j * pitch + (j < mid ? mid - 1 : mid)];
      z[j] = j >= mid && m.between < 0 ? -part : part;
      kind[j] = j < mid ? kTop : kBottom;
      weight = Larger(weight, Abs(z[j]));
      largest = Larger(largest, Abs(d[j]));
    }
    m.rho = 2 * Abs(m.between);
    Sort(d, lo, hi, order, spare);
    const double least = 8 * kEps * Larger(largest, weight);
    double *const rising = m.Of(poles), *const by = m.Of(weights);
    int32_t* const rows = spare + lo;  // those that change, by rising d
    int64_t held = -1;                 // the last of them, unless the next one turns it away
    const auto accept = [&] {
      rising[m.count] = d[held];
      by[m.count] = z[held];
      rows[m.count++] = static_cast<int32_t>(held);
      m.top += kind[held] == kTop ? 1 : 0;
      m.dense += kind[held] == kDense ? 1 : 0;
    };
    for (int64_t t = lo; t < hi; ++t) {
      const int64_t j = order[t];
      if (!(m.rho * Abs(z[j]) > least)) {
        kind[j] = kKept;
        continue;
      }
      if (held >= 0) {
        const double length = Hypot(z[j], z[held]), c = z[j] / length, s = -z[held] / length;
        if (Abs((d[j] - d[held]) * c * s) <= least) {
          z[j] = length;
          if (kind[j] != kind[held]) kind[j] = kDense;
          kind[held] = kKept;
          turns[lo + m.turned++] = {static_cast<int32_t>(held), static_cast<int32_t>(j), c, s};
          const double lower = d[held] * c * c + d[j] * s * s;
          d[j] = d[held] * s * s + d[j] * c * c;
          d[held] = lower;
        } else {
          accept();
        }
      }
      held = j;
    }
    if (held >= 0) accept();
    for (int64_t t = m.count; t < m.count + kLanes<double>; ++t) {
      rising[t] = kPad;
      by[t] = 0;
    }
    int64_t at[4] = {lo, lo + m.top, lo + m.top + m.dense, lo + m.count};
    for (int64_t t = 0; t < m.count; ++t) order[lo + t] = group[rows[t]] = static_cast<int32_t>(at[kind[rows[t]]]++);
    for (int64_t j = lo; j < hi; ++j)
      if (kind[j] == kKept) {
        group[j] = static_cast<int32_t>(at[kKept]++);
        z[group[j]] = d[j];  // of which nothing else is needed any more
      }
  }

  // The vectors before the merge, turned and grouped, to `old`.
  HWY_NOINLINE bool Gather(const Merge& m) const {
    const int64_t columns = 64;
    const auto turn = [&](int64_t begin, int64_t end) {
      const int64_t from = m.lo + begin * columns, to = m.lo + end * columns < m.hi ? m.lo + end * columns : m.hi;
      for (int64_t t = m.lo; t < m.lo + m.turned; ++t)
        Rotate(q + turns[t].x * pitch + from, q + turns[t].y * pitch + from, to - from, turns[t].c, turns[t].s);
    };
    const auto copy = [&](int64_t begin, int64_t end) {
      for (int64_t j = m.lo + begin; j < m.lo + end; ++j)
        __builtin_memcpy(old + group[j] * pitch + m.lo, q + j * pitch + m.lo,
                         static_cast<size_t>(m.Rows()) * sizeof(double));
    };
    return (m.turned == 0 ||
            m.Each((m.Rows() + columns - 1) / columns, static_cast<double>(m.turned * columns) * 0.3, turn)) &&
           m.Each(m.Rows(), static_cast<double>(m.Rows()) * 0.5, copy);
  }

  // The weights that belong to the roots as they came out, from the roots alone.
  HWY_NOINLINE void Weigh(const Merge& m, int64_t begin, int64_t end) const {
    const Lanes<double> lanes;
    const double *rising = m.Of(poles), *from = m.Of(origins), *by = m.Of(added);
    for (int64_t j = begin; j < end; j += kLanes<double>) {
      const auto pole = hn::LoadU(lanes, rising + j), one = hn::Set(lanes, 1.0);
      auto product = one;
      for (int64_t i = 0; i < m.count; ++i) {
        const auto apart = hn::Sub(hn::Set(lanes, rising[i]), pole);
        const auto root = hn::Sub(hn::Sub(pole, hn::Set(lanes, from[i])), hn::Set(lanes, by[i]));
        product = hn::Mul(product, hn::Div(root, hn::IfThenElse(hn::Eq(apart, hn::Zero(lanes)), one, apart)));
      }
      double squares[kLanes<double>];
      hn::StoreU(product, lanes, squares);
      for (int64_t t = j; t < j + kLanes<double> && t < m.count; ++t) {
        const double weight = Sqrt(Abs(squares[t - j]));
        const int64_t place = order[m.lo + t] - m.lo;
        m.Of(places)[place] = rising[t];
        m.Of(shares)[place] = m.Of(weights)[t] < 0 ? -weight : weight;
      }
    }
  }

  // Row i of the matrix that mixes the old vectors.
  HWY_NOINLINE void Mix(const Merge& m, int64_t i) const {
    const Lanes<double> lanes;
    const auto from = hn::Set(lanes, m.Of(origins)[i]), by = hn::Set(lanes, m.Of(added)[i]);
    const double *pole = m.Of(places), *share = m.Of(shares);
    double* row = mix + (m.lo + i) * pitch + m.lo;
    auto sum = hn::Zero(lanes);
    for (int64_t j = 0; j < m.count; j += kLanes<double>) {
      const auto part = hn::Div(hn::LoadU(lanes, share + j), hn::Sub(hn::Sub(hn::LoadU(lanes, pole + j), from), by));
      sum = hn::MulAdd(part, part, sum);
      hn::StoreU(part, lanes, row + j);
    }
    const auto scale = hn::Set(lanes, 1 / Sqrt(hn::GetLane(hn::SumOfLanes(lanes, sum))));
    for (int64_t j = 0; j < m.count; j += kLanes<double>)
      hn::StoreU(hn::Mul(scale, hn::LoadU(lanes, row + j)), lanes, row + j);
  }

  // New rows of q, columns [from, to): mixed from the old rows [begin, end), which alone have something there.
  HWY_NOINLINE bool Multiply(const Merge& m, int64_t begin, int64_t end, int64_t from, int64_t to) const {
    const int64_t row = m.lo + m.first;
    const gemm::View<double> left{mix + row * pitch + begin, pitch, 1}, right{old + begin * pitch + from, pitch, 1};
    double* target = q + row * pitch + from;
    const int64_t rows = m.count - m.first;
    if (m.job != nullptr)
      return reflect::Product<double>(job, memory, rows, to - from, end - begin, 1, left, right, 0, target, pitch);
    const gemm::Workspace<F64> work{panels + job.lane() * gemm::Workspace<F64>::kPanel, nullptr};
    gemm::Leaf<F64>(work, rows, to - from, end - begin, 1, left, right, 0, target, pitch);
    return true;
  }

  // False if the job stopped or has no memory.
  HWY_NOINLINE bool Join(Merge m, int64_t wanted) const {
    const auto deflate = [&] { Deflate(m); };
    if (m.job == nullptr)
      deflate();
    else if (!m.job->Serial(deflate))
      return false;
    if (!Gather(m)) return false;
    m.first = m.count > wanted ? m.count - wanted : 0;
    for (int64_t t = m.count; t < m.count + kLanes<double>; ++t) {
      m.Of(places)[t] = kPad;
      m.Of(shares)[t] = 0;
    }
    const double elements = static_cast<double>(m.count);
    const auto roots = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        Root(m.Of(poles), m.Of(weights), m.count, i, m.rho, m.Of(origins) + i, m.Of(added) + i);
    };
    const auto weigh = [&](int64_t begin, int64_t end) {
      const int64_t to = end * kLanes<double>;
      Weigh(m, begin * kLanes<double>, to < m.count ? to : m.count);
    };
    const auto rows = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        if (i >= m.count)
          __builtin_memcpy(q + (m.lo + i) * pitch + m.lo, old + (m.lo + i) * pitch + m.lo,
                           static_cast<size_t>(m.Rows()) * sizeof(double));
        else if (i >= m.first)
          Mix(m, i);
      }
    };
    if (!m.Each(m.count, elements * 6, roots) ||
        !m.Each((m.count + kLanes<double> - 1) / kLanes<double>, elements * kLanes<double>, weigh) ||
        !m.Each(m.Rows(), elements + 1, rows))
      return false;
    const int64_t both = m.lo + m.top + m.dense, end = m.lo + m.count;
    if (m.first < m.count && (!Multiply(m, m.lo, both, m.lo, m.mid) || !Multiply(m, m.lo + m.top, end, m.mid, m.hi)))
      return false;
    for (int64_t i = 0; i < m.Rows(); ++i) d[m.lo + i] = i < m.count ? m.Of(origins)[i] + m.Of(added)[i] : z[m.lo + i];
    return true;
  }

  HWY_INLINE int64_t Bound(int64_t i, int level) const { return n * i >> level; }
  static HWY_INLINE int Levels(int64_t n) {
    int levels = 0;
    while (n > kLeaf << levels) ++levels;
    return levels;
  }

  // Vectors of the `wanted` largest values, or more, in rows of q that `order` names by rising value. False if the job
  // stopped, has no memory, or `failed`.
  HWY_NOINLINE bool Solve(int64_t wanted) {
    const int levels = Levels(n);
    for (int64_t i = 1; i < int64_t{1} << levels; ++i) {
      const int64_t cut = Bound(i, levels);
      cuts[i] = e[cut - 1];
      d[cut - 1] -= Abs(cuts[i]);
      d[cut] -= Abs(cuts[i]);
    }
    const auto leaves = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t lo = Bound(i, levels), hi = Bound(i + 1, levels);
        for (int64_t row = lo; row < hi; ++row) {
          __builtin_memset(q + row * pitch, 0, static_cast<size_t>(n) * sizeof(double));
          q[row * pitch + row] = 1;
        }
        Ql ql{d, e, q, pitch, lo, lo, hi};
        ql.Begin();
        if (!ql.Run(kLeaf * kLeaf * kMostSweeps) || ql.at < hi) __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
      }
    };
    if (!job.For(int64_t{1} << levels, n < 2000 ? 4 : 1, leaves) || failed) return false;
    for (int level = levels; level > 0; --level) {
      const bool all = n >> (level - 1) > kInGrain;
      const int64_t merges = int64_t{1} << (level - 1);
      const auto merge = [&](int64_t i) {
        return Join({Bound(2 * i, level), Bound(2 * i + 1, level), Bound(2 * i + 2, level),
                     cuts[(2 * i + 1) << (levels - level)], all ? &job : nullptr},
                    level == 1 ? wanted : n);
      };
      const auto in_grain = [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) merge(i);
      };
      if (!all && !job.For(merges, 1, in_grain)) return false;
      for (int64_t i = 0; all && i < merges; ++i)
        if (!merge(i)) return false;
    }
    return job.Serial([&] { Sort(d, 0, n, order, spare); });
  }
};

}  // namespace eigh
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
