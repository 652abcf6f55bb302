// Every row of one matrix with every row of another: distances, and covariances of rows with each other.
//
// All but cityblock is a matrix product of doubles and a step on each tile of it. A squared distance from
// |x|² + |y|² - 2x·y has lost bits where it is far below |x|² + |y|²; such pairs are computed again, directly.
#include "kernels/gemm-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace cdist_kernel {

namespace hn = hwy::HWY_NAMESPACE;

enum class Form { kEuclidean, kSqEuclidean, kCityblock, kCosine, kCovariance, kCorrelation, kCount };

using F64 = gemm::Real<double>;
using D = hn::ScalableTag<double>;
constexpr int64_t kLanes = HWY_LANES(double);

constexpr int64_t kRowBlock = 16;  // rows and
constexpr int64_t kChunk = 2048;   // elements of each that are prepared at once
constexpr int64_t kSlice = 65536;  // elements between two looks for a stop
constexpr double kNear = 0x1p-7;   // of |x|² + |y|²: what is nearer is computed directly
constexpr double kWork = 200'000;  // elements of pairs in a grain of direct ones

HWY_INLINE double Sqrt(double x) {
  const hn::CappedTag<double, 1> one;
  return hn::GetLane(hn::Sqrt(hn::Set(one, x)));
}

// Σ f(x, y) over `count` elements; f: the square or the absolute value of the difference, x·y, or x.
enum class Term { kSquare, kAbsolute, kProduct, kSum };
template <Term term>
HWY_NOINLINE double Sum(const double* x, const double* y, int64_t count) {
  const D d;
  const auto add = [&](auto sum, int64_t at) HWY_ATTR {
    const auto a = hn::LoadU(d, x + at);
    if constexpr (term == Term::kSum) return hn::Add(sum, a);
    const auto b = hn::LoadU(d, y + at);
    if constexpr (term == Term::kProduct) return hn::MulAdd(a, b, sum);
    const auto apart = hn::Sub(a, b);
    if constexpr (term == Term::kAbsolute) return hn::Add(sum, hn::Abs(apart));
    return hn::MulAdd(apart, apart, sum);
  };
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    s0 = add(s0, i);
    s1 = add(s1, i + kLanes);
    s2 = add(s2, i + 2 * kLanes);
    s3 = add(s3, i + 3 * kLanes);
  }
  for (; i + kLanes <= count; i += kLanes) s0 = add(s0, i);
  double sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < count; ++i) {
    const double apart = term == Term::kSum ? x[i] : term == Term::kProduct ? x[i] * y[i] : x[i] - y[i];
    sum += term == Term::kSquare ? apart * apart : term == Term::kAbsolute && apart < 0 ? -apart : apart;
  }
  return sum;
}

// Rows as doubles side by side, and a number for each: its mean, or its sum of squares.
struct Rows {
  const double* data = nullptr;
  int64_t stride = 0;
  double* numbers = nullptr;
};

struct Pairs {
  Job& job;
  const AnyMatrix &a, &b;
  Form form;
  double divisor;
  double* out;
  int64_t m, n, k;
  Rows x{}, y{};

  HWY_INLINE bool Centred() const { return form == Form::kCovariance || form == Form::kCorrelation; }
  HWY_INLINE int64_t Chunks() const { return (k + kChunk - 1) / kChunk; }
  HWY_INLINE int64_t PrepareItems(int64_t rows) const {
    return (rows + kRowBlock - 1) / kRowBlock * Chunks() * (Centred() ? 2 : 1);
  }

  template <class T>
  HWY_INLINE gemm::View<T> ViewOf(const AnyMatrix& from) const {
    return {static_cast<const T*>(from.data), from.row_stride, from.col_stride};
  }

  // False if the job stopped or has no memory.
  HWY_NOINLINE bool Prepare(const AnyMatrix& from, Rows& rows) {
    const int64_t count = from.rows, chunks = Chunks();
    const bool copied = Centred() || from.dtype != Dtype::kF64 || from.col_stride != 1;
    double* copy = copied ? job.Scratch<double>(count * k) : nullptr;
    double* partial = job.Scratch<double>(count * (chunks + 1));
    if (partial == nullptr || (copied && copy == nullptr)) return false;
    rows = {copied ? copy : static_cast<const double*>(from.data), copied ? k : from.row_stride, partial};
    const bool centred = Centred();
    double* parts = partial + count;
    const auto each = [&](auto&& fn) {
      return job.For((count + kRowBlock - 1) / kRowBlock * chunks, 1, [&](int64_t begin, int64_t end) {
        for (int64_t at = begin; at < end; ++at) {
          const int64_t row = at / chunks * kRowBlock, chunk = at % chunks, first = chunk * kChunk;
          fn(row, row + kRowBlock < count ? row + kRowBlock : count, chunk, first,
             first + kChunk < k ? kChunk : k - first);
        }
      });
    };
    const bool ran = each([&](int64_t row, int64_t end, int64_t chunk, int64_t first, int64_t length) {
      double* to = copy + row * k + first;
      if (!copied) {
      } else if (from.dtype == Dtype::kF64) {
        gemm::CopyStrided(ViewOf<double>(from).At(row, first), end - row, length, to, k);
      } else {
        gemm::CopyStrided(ViewOf<float>(from).At(row, first), end - row, length, to, k);
      }
      for (; row < end; ++row) {
        const double* part = rows.data + row * rows.stride + first;
        parts[row * chunks + chunk] =
            centred ? Sum<Term::kSum>(part, part, length) : Sum<Term::kProduct>(part, part, length);
      }
    });
    if (!ran) return false;
    for (int64_t row = 0; row < count; ++row) {
      double sum = 0;
      for (int64_t chunk = 0; chunk < chunks; ++chunk) sum += parts[row * chunks + chunk];
      partial[row] = centred ? sum / static_cast<double>(k) : sum;
      if (row % 4096 == 4095 && job.stopped()) return false;
    }
    return !centred || each([&](int64_t row, int64_t end, int64_t, int64_t first, int64_t length) {
      for (; row < end; ++row) {
        double* part = copy + row * k + first;
        const double mean = partial[row];
        for (int64_t i = 0; i < length; ++i) part[i] -= mean;
      }
    });
  }

  template <Term term>
  HWY_NOINLINE double Direct(int64_t i, int64_t j) const {
    double sum = 0;
    for (int64_t at = 0; at < k; at += kSlice) {
      if (at > 0 && job.stopped()) break;
      const int64_t length = at + kSlice < k ? kSlice : k - at;
      sum += Sum<term>(x.data + i * x.stride + at, y.data + j * y.stride + at, length);
    }
    return sum;
  }

  // From dot products to distances.
  HWY_NOINLINE void Finish(int64_t i0, int64_t i1, int64_t j0, int64_t j1) const {
    int64_t work = 0;
    for (int64_t i = i0; i < i1; ++i) {
      double* row = out + i * n;
      const double xx = x.numbers[i];
      if (form == Form::kCosine) {
        const double root = Sqrt(xx);
        for (int64_t j = j0; j < j1; ++j) {
          const double cosine = row[j] / (root * Sqrt(y.numbers[j]));
          row[j] = 1 - (cosine > 1 ? 1 : cosine < -1 ? -1 : cosine);
        }
        continue;
      }
      for (int64_t j = j0; j < j1; ++j) {
        const double both = xx + y.numbers[j];
        double square = both - 2 * row[j];
        if (!(square > kNear * both)) {
          square = Direct<Term::kSquare>(i, j);
          if ((work += k + 64) >= kSlice) {
            if (job.stopped()) return;
            work = 0;
          }
        }
        row[j] = form == Form::kEuclidean ? Sqrt(square) : square;
      }
    }
  }

  HWY_NOINLINE bool Cityblock() const {
    const double share = kWork / static_cast<double>(k + 16);
    const int64_t wide = share < 32 ? (share < 1 ? 1 : static_cast<int64_t>(share)) : 32;
    const double rest = share / static_cast<double>(wide);
    const int64_t tall = rest < 1 ? 1 : rest < static_cast<double>(m) ? static_cast<int64_t>(rest) : m;
    const int64_t across = (n + wide - 1) / wide, down = (m + tall - 1) / tall;
    return job.For(across * down, 1, [&](int64_t begin, int64_t end) {
      for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t i0 = tile / across * tall, j0 = tile % across * wide;
        for (int64_t i = i0; i < i0 + tall && i < m; ++i)
          for (int64_t j = j0; j < j0 + wide && j < n; ++j) out[i * n + j] = Direct<Term::kAbsolute>(i, j);
      }
    });
  }

  // As NumPy: rows by their standard deviations, then columns, then into [-1, 1].
  HWY_NOINLINE bool Normalize() const {
    double* root = x.numbers;
    for (int64_t i = 0; i < m; ++i) root[i] = Sqrt(out[i * n + i]);
    return job.For((m + kRowBlock - 1) / kRowBlock, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * kRowBlock; i < end * kRowBlock && i < m; ++i)
        for (int64_t j = i; j < n; ++j) {
          const double value = out[i * n + j] / root[i] / root[j];
          out[i * n + j] = value > 1 ? 1 : value < -1 ? -1 : value;
        }
    });
  }

  HWY_NOINLINE bool Run() {
    if (m == 0 || n == 0) return true;
    const gemm::View<double> none{nullptr, k, 1};
    int64_t items = PrepareItems(m) + (Centred() ? gemm::MirrorItems(n) : PrepareItems(n));
    if (form == Form::kCityblock)
      items += 16;
    else
      items += gemm::Items<F64>(job, m, n, k, none);
    if (form == Form::kCorrelation) items += (m + kRowBlock - 1) / kRowBlock;
    job.Total(items);
    if (!Prepare(a, x)) return false;
    if (Centred())
      y = x;
    else if (!Prepare(b, y))
      return false;
    if (form == Form::kCityblock) return Cityblock();
    const gemm::View<double> left{x.data, x.stride, 1}, right{y.data, 1, y.stride};
    if (!Centred())
      return gemm::Gemm<F64>(job, m, n, k, 1, left, right, 0, out, n, false,
                             [&](int64_t i0, int64_t i1, int64_t j0, int64_t j1) { Finish(i0, i1, j0, j1); });
    return gemm::Gemm<F64>(job, m, n, k, 1 / divisor, left, right, 0, out, n, true) &&
           (form == Form::kCovariance || Normalize()) && gemm::Mirror(job, n, out);
  }
};

Status Cdist(Job& job, AnyMatrix a, AnyMatrix b, Enum<Form> form, double divisor, Out<double> out) {
  Pairs pairs{job, a, b, form.value, divisor, out.data, a.rows, b.rows, a.cols};
  const bool ran = pairs.Run();
  const Status status = job.status();
  return ran || status != Status::kOk ? status : Status::kNoMemory;
}

}  // namespace cdist_kernel
}  // namespace

OFFLOOP_KERNEL(cdist, OFFLOOP_INSTANCE("f64", cdist_kernel::Cdist))

}  // namespace offloop::OFFLOOP_ISA
