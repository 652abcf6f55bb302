// Eigenvalues and eigenvectors of symmetric matrices: to tridiagonal form, its values and vectors, and back.
#include "kernels/eigh-merge-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace eigh_kernel {

namespace hn = hwy::HWY_NAMESPACE;

enum Outcome { kFine, kNotFinite, kNoEnd };

// 2 to the power of k, for normal numbers.
HWY_INLINE double Power(int64_t k) {
  const uint64_t bits = static_cast<uint64_t>(k + 1023) << 52;
  double power;
  __builtin_memcpy(&power, &bits, sizeof(power));
  return power;
}

// k such that x·2ᵏ is in [1, 2); 0 for 0.
HWY_INLINE int64_t Exponent(double x) {
  if (x == 0) return 0;
  const int64_t more = x < 0x1p-1000 ? 200 : 0;
  x *= Power(more);
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof(bits));
  return 1023 - static_cast<int64_t>(bits >> 52) + more;
}

// The largest of some absolute values, or NaN if one of them is not finite.
template <class T>
HWY_NOINLINE double Largest(const T* x, int64_t count) {
  const eigh::Lanes<T> d;
  auto largest = hn::Zero(d), nothing = largest;
  const auto add = [&](auto v) HWY_ATTR {
    largest = hn::Max(largest, hn::Abs(v));
    nothing = hn::MulAdd(v, hn::Zero(d), nothing);
  };
  int64_t i = 0;
  for (; i + eigh::kLanes<T> <= count; i += eigh::kLanes<T>) add(hn::LoadU(d, x + i));
  for (; i < count; ++i) add(hn::Set(d, x[i]));
  return static_cast<double>(hn::GetLane(hn::MaxOfLanes(d, largest))) +
         static_cast<double>(hn::GetLane(hn::SumOfLanes(d, nothing)));
}

template <class T>
struct Problem {
  Job& job;
  int64_t n, pitch;
  gemm::Memory<gemm::Real<T>> memory{};
  gemm::Memory<eigh::F64> doubles{};
  eigh::Tridiagonal<T> tridiagonal;
  int64_t exponent = 0;  // the matrix was multiplied by 2 to its power
  Outcome outcome = kFine;

  HWY_INLINE Problem(Job& of, int64_t order)
      : job(of), n(order), pitch(eigh::PitchOf<T>(order)), tridiagonal{of, order, pitch, memory} {}

  HWY_INLINE int64_t Blocks() const { return (n + eigh::kCopyRows - 1) / eigh::kCopyRows; }

  // The upper triangle that is the given lower one's mirror image, about 1 in size, so that squares of its elements are
  // neither infinite nor 0 where that would matter.
  HWY_NOINLINE bool Take(const gemm::View<T>& upper) {
    T* a = tridiagonal.a;
    double* sizes = job.Scratch<double>(n);
    if (sizes == nullptr) return false;
    const auto copy = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * eigh::kCopyRows; i < end * eigh::kCopyRows && i < n; i += eigh::kCopyRows) {
        const int64_t to = i + eigh::kCopyRows < n ? i + eigh::kCopyRows : n;
        gemm::CopyStrided(upper.At(i, i), to - i, n - i, a + i * pitch + i, pitch);
        for (int64_t row = i; row < to; ++row) {
          __builtin_memset(a + row * pitch + n, 0, static_cast<size_t>(pitch - n) * sizeof(T));
          sizes[row] = Largest(a + row * pitch + row, n - row);
        }
      }
    };
    if (!job.For(Blocks(), 4, copy)) return false;
    double largest = 0;
    for (int64_t i = 0; i < n; ++i) largest = sizes[i] > largest || sizes[i] != sizes[i] ? sizes[i] : largest;
    if (largest != largest) {
      outcome = kNotFinite;
      return false;
    }
    exponent = Exponent(largest);
    if (exponent == 0) return true;
    const T by = static_cast<T>(Power(exponent / 2)), again = static_cast<T>(Power(exponent - exponent / 2));
    return job.For(Blocks(), 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * eigh::kCopyRows; i < end * eigh::kCopyRows && i < n; ++i)
        for (int64_t j = i; j < n; ++j) a[i * pitch + j] = a[i * pitch + j] * by * again;
    });
  }

  HWY_INLINE double Unscaled(double value) const {
    return value * Power(-exponent / 2) * Power(-(exponent - exponent / 2));
  }

  // Values alone, by rising d.
  HWY_NOINLINE bool Values(T* out) {
    int32_t* order = job.Scratch<int32_t>(2 * n);
    if (order == nullptr) return false;
    eigh::Ql ql{tridiagonal.d, tridiagonal.e, nullptr, 0, 0, 0, n};
    ql.Begin();
    while (ql.at < n) {
      bool ran = false;
      if (!job.Serial([&] { ran = ql.Run(eigh::kQlSteps); })) return false;
      if (!ran) {
        outcome = kNoEnd;
        return false;
      }
    }
    return job.Serial([&] {
      eigh::Sort(ql.d, 0, n, order, order + n);
      for (int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(Unscaled(ql.d[order[i]]));
    });
  }

  // The `count` largest values, by rising size, and their vectors in rows of x; x is memory of ours.
  HWY_NOINLINE bool Vectors(int64_t count, T* values, T*& x) {
    eigh::Divided divided{job, n, eigh::PitchOf<double>(n), doubles, tridiagonal.d, tridiagonal.e};
    if (!divided.Reserve()) return false;
    if (!divided.Solve(count)) {
      if (divided.failed) outcome = kNoEnd;
      return false;
    }
    x = reinterpret_cast<T*>(divided.old);
    const int32_t* order = divided.order + n - count;
    const auto convert = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const double* from = divided.q + order[i] * divided.pitch;
        values[i] = static_cast<T>(Unscaled(divided.d[order[i]]));
        for (int64_t j = 0; j < n; ++j) x[i * pitch + j] = static_cast<T>(from[j]);
      }
    };
    return job.For(count, eigh::kCopyRows, convert) && tridiagonal.Back(x, pitch, count);
  }
};

template <class T>
bool Run(Problem<T>& problem, const Matrix<T>& a, bool vectors, T* values, T* out) {
  Job& job = problem.job;
  const int64_t n = problem.n, pitch = problem.pitch;
  // Of the steps whose number is known: those of the reduction, which is half of the time.
  job.Total(2 * problem.Blocks() + 4 * n + (vectors ? 4 * n : n / 2));
  if (!problem.tridiagonal.Reserve() || !problem.Take({a.data, a.col_stride, a.row_stride}) ||
      !problem.tridiagonal.Reduce())
    return false;
  if (!vectors) return problem.Values(values);
  T* x = nullptr;
  if (!problem.Vectors(n, values, x)) return false;
  return job.For(problem.Blocks(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * eigh::kCopyRows; i < end * eigh::kCopyRows && i < n; i += eigh::kCopyRows)
      gemm::CopyStrided(gemm::View<T>{x + i, 1, pitch}, n - i < eigh::kCopyRows ? n - i : eigh::kCopyRows, n,
                        out + i * n, n);
  });
}

template <class T>
Status Eigh(Job& job, Matrix<T> a, bool vectors, Out<T> values, Out<T> out, Result<double> result) {
  result.data[0] = kFine;
  if (a.rows == 0) return Status::kOk;
  Problem<T> problem(job, a.rows);
  const bool ran = Run(problem, a, vectors, values.data, out.data);
  result.data[0] = problem.outcome;
  const Status status = job.status();
  return ran || problem.outcome != kFine || status != Status::kOk ? status : Status::kNoMemory;
}

}  // namespace eigh_kernel
}  // namespace

OFFLOOP_KERNEL(eigh, OFFLOOP_INSTANCE("f64", eigh_kernel::Eigh<double>),
               OFFLOOP_INSTANCE("f32", eigh_kernel::Eigh<float>))

}  // namespace offloop::OFFLOOP_ISA
