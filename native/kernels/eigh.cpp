// Eigenvalues and eigenvectors of symmetric matrices: to tridiagonal form, its values and vectors, and back. And
// principal components, which are those of covariances.
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

  // The upper triangle that is the given lower one's mirror image.
  HWY_NOINLINE bool Take(const gemm::View<T>& upper) {
    T* a = tridiagonal.a;
    return job.For(Blocks(), 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * eigh::kCopyRows; i < end * eigh::kCopyRows && i < n; i += eigh::kCopyRows)
        gemm::CopyStrided(upper.At(i, i), n - i < eigh::kCopyRows ? n - i : eigh::kCopyRows, n - i, a + i * pitch + i,
                          pitch);
    });
  }

  // Makes it about 1 in size, so that squares of its elements are neither infinite nor 0 where that would matter.
  HWY_NOINLINE bool Scale() {
    T* a = tridiagonal.a;
    double* sizes = tridiagonal.d;  // for now
    const auto look = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * eigh::kCopyRows; i < end * eigh::kCopyRows && i < n; ++i) {
        __builtin_memset(a + i * pitch + n, 0, static_cast<size_t>(pitch - n) * sizeof(T));
        sizes[i] = Largest(a + i * pitch + i, n - i);
      }
    };
    if (!job.For(Blocks(), 4, look)) return false;
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
  job.Total(3 * problem.Blocks() + 4 * n + (vectors ? 4 * n : n / 2));
  if (!problem.tridiagonal.Reserve() || !problem.Take({a.data, a.col_stride, a.row_stride}) || !problem.Scale() ||
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

// ---- Principal components ----

constexpr int64_t kChunk = 1 << 19;  // elements that are centred at once
constexpr int64_t kRowBlock = 16;    // rows
constexpr int64_t kSumBlock = 64;    // rows whose sum is one of the parts of the mean
constexpr int64_t kColumns = 2048;   // of a row that is made orthogonal to others
constexpr double kLost = 1e-6;       // of a unit vector: less than so much is rounding errors

// Rows are observations.
struct Components {
  Job& job;
  const AnyMatrix& x;
  int64_t n, p, count;
  double *mean, *variances, *components, *projected;
  Problem<double> problem;
  int64_t pitch;            // of rows of components while they are made
  double* chunk = nullptr;  // centred rows
  int64_t chunk_rows = 0;

  HWY_INLINE Components(Job& of, const AnyMatrix& from, int64_t wanted, double* means, double* values, double* vectors,
                        double* scores)
      : job(of),
        x(from),
        n(from.rows),
        p(from.cols),
        count(wanted),
        mean(means),
        variances(values),
        components(vectors),
        projected(scores),
        problem(of, from.cols <= from.rows ? from.cols : from.rows),
        pitch(eigh::PitchOf<double>(from.cols)) {}

  template <class T>
  HWY_INLINE gemm::View<T> ViewOf() const {
    return {static_cast<const T*>(x.data), x.row_stride, x.col_stride};
  }

  template <class T>
  HWY_NOINLINE void Convert(const gemm::View<T>& from, int64_t rows, double* HWY_RESTRICT to) const {
    if (from.col_stride != 1) {
      gemm::CopyStrided(from, rows, p, to, p);
      return;
    }
    for (int64_t i = 0; i < rows; ++i) {
      const T* HWY_RESTRICT row = from.data + i * from.row_stride;
      for (int64_t j = 0; j < p; ++j) to[i * p + j] = static_cast<double>(row[j]);
    }
  }

  // Rows [first, first + rows) as doubles, less the mean once that is known.
  HWY_NOINLINE bool Load(int64_t first, int64_t rows, bool centred) const {
    return job.For((rows + kRowBlock - 1) / kRowBlock, p < 4096 ? 4 : 1, [&](int64_t begin, int64_t end) {
      const int64_t from = begin * kRowBlock, to = end * kRowBlock < rows ? end * kRowBlock : rows;
      double* target = chunk + from * p;
      if (x.dtype == Dtype::kF64)
        Convert(ViewOf<double>().At(first + from, 0), to - from, target);
      else
        Convert(ViewOf<float>().At(first + from, 0), to - from, target);
      for (int64_t row = from; centred && row < to; ++row)
        for (int64_t j = 0; j < p; ++j) chunk[row * p + j] -= mean[j];
    });
  }

  HWY_NOINLINE bool Means() const {
    const int64_t blocks = (n + kSumBlock - 1) / kSumBlock;
    double* sums = job.Scratch<double>(blocks * p);
    if (sums == nullptr) return false;
    for (int64_t first = 0; first < n; first += chunk_rows) {
      const int64_t rows = n - first < chunk_rows ? n - first : chunk_rows;
      const auto add = [&](int64_t begin, int64_t end) {
        for (int64_t block = begin; block < end; ++block) {
          double* sum = sums + (first / kSumBlock + block) * p;
          __builtin_memset(sum, 0, static_cast<size_t>(p) * sizeof(double));
          for (int64_t row = block * kSumBlock; row < (block + 1) * kSumBlock && row < rows; ++row)
            for (int64_t j = 0; j < p; ++j) sum[j] += chunk[row * p + j];
        }
      };
      if (!Load(first, rows, false) || !job.For((rows + kSumBlock - 1) / kSumBlock, 1, add)) return false;
    }
    return job.For((p + 63) / 64, 1, [&](int64_t begin, int64_t end) {
      const int64_t from = begin * 64, to = end * 64 < p ? end * 64 : p;
      for (int64_t j = from; j < to; ++j) mean[j] = 0;
      for (int64_t block = 0; block < blocks; ++block)
        for (int64_t j = from; j < to; ++j) mean[j] += sums[block * p + j];
      for (int64_t j = from; j < to; ++j) mean[j] /= static_cast<double>(n);
    });
  }

  // Of the variables, or where these are more, of the observations: half of the matrix, where the solver wants it.
  HWY_NOINLINE bool Covariances() {
    const double by = 1 / static_cast<double>(n - 1);
    double* to = problem.tridiagonal.a;
    for (int64_t first = 0; first < n; first += chunk_rows) {
      const int64_t rows = n - first < chunk_rows ? n - first : chunk_rows;
      if (!Load(first, rows, true)) return false;
      const gemm::View<double> down{chunk, p, 1}, across{chunk, 1, p};
      const bool ran =
          p <= n ? reflect::Product<double>(job, problem.memory, p, p, rows, by, across, down, first > 0 ? 1 : 0, to,
                                            problem.pitch, true)
                 : reflect::Product<double>(job, problem.memory, n, n, p, by, down, across, 0, to, problem.pitch, true);
      if (!ran) return false;
    }
    return true;
  }

  // Row i of `rows` becomes orthogonal to those before it, and 1 long. Where it says nothing that they do not say (the
  // data has fewer dimensions), it gives way to one that is orthogonal too.
  HWY_NOINLINE bool Orthogonal(double* rows, int64_t i, double* parts, double least) const {
    double* row = rows + i * pitch;
    const int64_t chunks = (p + kColumns - 1) / kColumns, grain = 1 + 64 / (i + 1);
    const auto bound = [&](int64_t at) { return at * kColumns < pitch ? at * kColumns : pitch; };
    double* dots = parts + chunks * (count + 4);
    const auto project = [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c)
        eigh::Dots(rows, pitch, i + 1, row, bound(c), c + 1 < chunks ? bound(c + 1) : pitch, parts + c * (count + 4));
    };
    const auto join = [&] {
      for (int64_t r = 0; r <= i; ++r) {
        dots[r] = 0;
        for (int64_t c = 0; c < chunks; ++c) dots[r] += parts[c * (count + 4) + r];
      }
    };
    double scale = 1;
    int64_t terms = 0;
    const auto subtract = [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c)
        eigh::Subtract(rows, pitch, terms, dots, scale, bound(c), c + 1 < chunks ? bound(c + 1) : pitch, row);
    };
    const auto look = [&] { return job.For(chunks, grain, project) && job.Serial(join); };
    if (!look()) return false;
    int64_t tried = 0;
    for (int pass = 0; pass < 3;) {
      const double length = eigh::Sqrt(dots[i]);
      if (!(length > (pass == 0 && tried == 0 ? least : kLost)) && tried < p) {
        __builtin_memset(row, 0, static_cast<size_t>(pitch) * sizeof(double));
        row[(i + tried++) % p] = 1;
        pass = 0;
        if (!look()) return false;
        continue;
      }
      // 1 long first, so that what is subtracted is in proportion; the last pass does that alone.
      scale = 1 / length;
      terms = 0;
      if (!job.For(chunks, grain, subtract)) return false;
      if (++pass == 3) break;
      for (int64_t r = 0; r < i; ++r) dots[r] *= scale;
      scale = 1;
      terms = i;
      if (!job.For(chunks, grain, subtract) || !look()) return false;
    }
    return true;
  }

  HWY_NOINLINE bool Run(double* total) {
    const int64_t most = kChunk / (p + 1) / kSumBlock * kSumBlock, all = (n + kSumBlock - 1) / kSumBlock * kSumBlock;
    chunk_rows = p > n || most > all ? all : most > 0 ? most : kSumBlock;
    chunk = job.Scratch<double>(chunk_rows * p);
    const int64_t chunks = (n + chunk_rows - 1) / chunk_rows;
    job.Total(3 * (n / kRowBlock + chunks) +
              chunks * gemm::Items<eigh::F64>(job, problem.n, problem.n, 256, {chunk, 1, p}) + 8 * problem.n);
    if (chunk == nullptr || !problem.tridiagonal.Reserve() || !Means() || !Covariances()) return false;
    *total = 0;
    for (int64_t i = 0; i < problem.n; ++i) *total += problem.tridiagonal.a[i * problem.pitch + i];
    double* vectors = nullptr;
    if (!problem.Scale() || !problem.tridiagonal.Reduce() || !problem.Vectors(count, variances, vectors)) return false;
    int64_t step = problem.pitch;
    if (p > n) {
      double* rows = job.Scratch<double>(count * pitch);
      double* parts = job.Scratch<double>(((p + kColumns - 1) / kColumns + 1) * (count + 4));
      if (rows == nullptr || parts == nullptr) return false;
      const gemm::View<double> turned{vectors + (count - 1) * step, -step, 1}, centred{chunk, p, 1};
      if (!reflect::Product<double>(job, problem.memory, count, p, n, 1, turned, centred, 0, rows, pitch, false))
        return false;
      const double largest = variances[count - 1] * static_cast<double>(n - 1);
      const double least = eigh::Sqrt(largest > 0 ? largest : 0) * kLost * 1e-2;
      for (int64_t i = 0; i < count; ++i) {
        __builtin_memset(rows + i * pitch + p, 0, static_cast<size_t>(pitch - p) * sizeof(double));
        if (!Orthogonal(rows, i, parts, least)) return false;
      }
      vectors = rows + (count - 1) * pitch;
      step = -pitch;
    }
    // By falling variance, and with the sign that makes the largest element positive.
    const auto turn = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const double* from = vectors + (count - 1 - i) * step;
        double largest = 0;
        for (int64_t j = 0; j < p; ++j) largest = eigh::Abs(from[j]) > eigh::Abs(largest) ? from[j] : largest;
        for (int64_t j = 0; j < p; ++j) components[i * p + j] = largest < 0 ? -from[j] : from[j];
      }
    };
    if (!job.For(count, 1 + 50000 / p, turn)) return false;
    for (int64_t i = 0; i < count - 1 - i; ++i) {
      const double other = variances[i];
      variances[i] = variances[count - 1 - i];
      variances[count - 1 - i] = other;
    }
    for (int64_t i = 0; i < count; ++i) variances[i] = variances[i] > 0 ? variances[i] : 0;
    for (int64_t first = 0; first < n; first += chunk_rows) {
      const int64_t rows = n - first < chunk_rows ? n - first : chunk_rows;
      if ((chunks > 1 && !Load(first, rows, true)) ||
          !reflect::Product<double>(job, problem.memory, rows, count, p, 1, {chunk, p, 1}, {components, 1, p}, 0,
                                    projected + first * count, count, false))
        return false;
    }
    return true;
  }
};

Status Pca(Job& job, AnyMatrix x, int64_t count, Out<double> mean, Out<double> variances, Out<double> components,
           Out<double> projected, Result<double> result) {
  Components pca(job, x, count, mean.data, variances.data, components.data, projected.data);
  const bool ran = pca.Run(result.data + 1);
  result.data[0] = pca.problem.outcome;
  const Status status = job.status();
  return ran || pca.problem.outcome != kFine || status != Status::kOk ? status : Status::kNoMemory;
}

}  // namespace eigh_kernel
}  // namespace

OFFLOOP_KERNEL(eigh, OFFLOOP_INSTANCE("f64", eigh_kernel::Eigh<double>),
               OFFLOOP_INSTANCE("f32", eigh_kernel::Eigh<float>), OFFLOOP_INSTANCE("pca", eigh_kernel::Pca))

}  // namespace offloop::OFFLOOP_ISA
