// What is done with the factors of a square matrix: lu, cholesky, solve, inv and det.
#include "kernels/cholesky-inl.h"
#include "kernels/lu-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace solve_kernel {

using gemm::View;
using triangular::Bands;
using triangular::Steps;

enum class Form { kLu, kCholesky, kSolve, kSolvePositive, kInverse, kDeterminant, kCount };

constexpr int64_t kCorner = 64;    // columns of an inverse of a triangle that are found at once
constexpr int64_t kSmall = 16384;  // bytes of memory on the stack, for matrices of a few rows
constexpr int64_t kReals = 3;      // results: 1 + the row without a pivot, or 0; a determinant is the second · 2^third

// The numbers of a determinant: their product as a fraction of [1, 2) and an exponent.
struct Scaled {
  double fraction = 1;
  int64_t exponent = 0;
  HWY_INLINE void Times(double x) {
    fraction *= Split(x);
    fraction = Split(fraction);
  }

 private:
  // As it is for 0, infinity and NaN.
  HWY_INLINE double Split(double x) {
    uint64_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    if ((bits >> 52 & 0x7FF) == 0 && x != 0) {
      x *= 0x1p54;
      exponent -= 54;
      __builtin_memcpy(&bits, &x, sizeof bits);
    }
    const int64_t power = static_cast<int64_t>(bits >> 52 & 0x7FF);
    if (power == 0 || power == 0x7FF) return x;
    exponent += power - 1023;
    bits = (bits & ~(uint64_t{0x7FF} << 52)) | uint64_t{1023} << 52;
    __builtin_memcpy(&x, &bits, sizeof bits);
    return x;
  }
};

template <class T>
struct Call {
  Steps<T> steps;
  Form form;
  View<T> given;
  View<T> right;  // of a system
  int64_t n, columns;
  T *first, *second;
  int32_t* order;
  double* results;

  unsigned char* memory;
  int64_t room = kSmall;

  int64_t pitch = 0, right_pitch = 0;
  T *work = nullptr, *x = nullptr;
  bool own = true;          // work is scratch
  int32_t* rows = nullptr;  // row i of P·A is row rows[i] of A
  lu::Factor<T> lu{steps, n, nullptr, 0, nullptr, nullptr};
  cholesky::Factor<T> cholesky{steps, nullptr, 0};

  HWY_INLINE bool Positive() const { return form == Form::kCholesky || form == Form::kSolvePositive; }

  template <class U>
  HWY_INLINE U* Take(int64_t count) {
    const int64_t bytes = (count * static_cast<int64_t>(sizeof(U)) + 63) / 64 * 64;
    if (bytes > room) return steps.job.template Scratch<U>(count);
    room -= bytes;
    return reinterpret_cast<U*>(memory + room);
  }

  // Works in the memory of the results as far as it can: a page that is written for the first time costs as much as
  // the arithmetic on it.
  HWY_NOINLINE bool Allocate() {
    T* const result = form == Form::kLu ? second : form == Form::kCholesky || form == Form::kInverse ? first : nullptr;
    own = result == nullptr || !triangular::Spread<T>(n);
    pitch = own ? triangular::Pitch<T>(n) : n;
    work = own ? Take<T>(n * pitch) : result;
    if (work == nullptr && n > 0) return false;
    lu.a = cholesky.a = work;
    lu.pitch = cholesky.pitch = pitch;
    if (!Positive()) {
      rows = Take<int32_t>(2 * n);
      lu.panel = Take<T>(lu::PanelColumns(n) * lu::PanelPitch<T>(n));
      if (rows == nullptr || lu.panel == nullptr) return false;
      lu.pivots = rows + n;
    }
    if (form == Form::kInverse) columns = n;
    if (form != Form::kSolve && form != Form::kSolvePositive && form != Form::kInverse) return true;
    const bool direct = form != Form::kInverse && triangular::Spread<T>(columns);
    right_pitch = direct ? columns : triangular::Pitch<T>(columns);
    x = direct ? first : Take<T>(n * right_pitch);
    return x != nullptr || n * columns == 0;
  }

  // L⁻¹ in columns [begin, end) of x, whose elements right of the diagonal are zeros.
  HWY_NOINLINE bool InvertLower(int64_t begin, int64_t end) {
    T* const corner = x + begin * right_pitch + begin;
    const View<T> l{work + begin * pitch + begin, pitch, 1};
    if (end - begin <= kCorner)
      return steps.Serial([&] {
        for (int64_t i = 0; i < end - begin; ++i) corner[i * right_pitch + i] = 1;
        triangular::SubstituteLeaf(l, false, true, end - begin, corner, right_pitch, end - begin);
      });
    const int64_t k = ((end - begin) / 2 + kCorner - 1) / kCorner * kCorner, rest = end - begin - k;
    T* const below = corner + k * right_pitch;
    return InvertLower(begin, begin + k) && InvertLower(begin + k, end) &&
           steps.Product(rest, k, k, -1, l.At(k, 0), {corner, right_pitch, 1}, 0, below, right_pitch) &&
           triangular::Solve(steps, l.At(k, k), false, true, rest, below, right_pitch, k);
  }

  HWY_NOINLINE bool Prepare() {
    return Bands(steps, n, n, [&](int64_t row, int64_t end) {
      // A symmetric matrix is read from its lower triangle, into the upper one.
      const int64_t from = Positive() ? row : 0;
      const View<T> view = Positive() ? View<T>{given.data, given.col_stride, given.row_stride} : given;
      triangular::Copy(view.At(row, from), end - row, n - from, work + row * pitch + from, pitch);
    });
  }

  HWY_NOINLINE void Permute() {
    for (int64_t i = 0; i < n; ++i) rows[i] = static_cast<int32_t>(i);
    for (int64_t i = 0; i < n; ++i) {
      const int32_t row = rows[i];
      rows[i] = rows[lu.pivots[i]];
      rows[lu.pivots[i]] = row;
    }
  }

  HWY_NOINLINE void Determine() {
    Scaled product;
    bool odd = false;
    for (int64_t i = 0; i < n; ++i) {
      product.Times(static_cast<double>(work[i * pitch + i]));
      odd ^= lu.pivots[i] != i;
    }
    results[1] = odd ? -product.fraction : product.fraction;
    results[2] = static_cast<double>(product.exponent);
  }

  HWY_NOINLINE bool Right() {
    return Bands(steps, n, columns, [&](int64_t row, int64_t end) {
      if (form == Form::kInverse) {
        __builtin_memset(x + row * right_pitch, 0, static_cast<size_t>((end - row) * right_pitch) * sizeof(T));
      } else if (Positive()) {
        triangular::Copy(right.At(row, 0), end - row, columns, x + row * right_pitch, right_pitch);
      } else {
        for (; row < end; ++row)
          triangular::Copy(right.At(rows[row], 0), 1, columns, x + row * right_pitch, right_pitch);
      }
    });
  }

  HWY_NOINLINE bool Substitute() {
    const View<T> u{work, pitch, 1};
    const bool lower = form == Form::kInverse ? InvertLower(0, n)
                       : Positive()
                           ? triangular::Solve(steps, View<T>{work, 1, pitch}, false, false, n, x, right_pitch, columns)
                           : triangular::Solve(steps, u, false, true, n, x, right_pitch, columns);
    return lower && triangular::Solve(steps, u, true, false, n, x, right_pitch, columns);
  }

  // Rows [row, end) of the lower triangle from columns of the upper one, and zeros there.
  HWY_NOINLINE void TurnOver(int64_t row, int64_t end) const {
    for (int64_t j = 0, block = triangular::kCopied; j < row; j += block) {
      if (block > row - j) block = row - j;
      triangular::Turn(work + j * pitch + row, pitch, block, end - row, first + row * n + j, n);
      for (int64_t i = j; i < j + block; ++i)
        __builtin_memset(first + i * n + row, 0, static_cast<size_t>(end - row) * sizeof(T));
    }
    for (int64_t i = row; i < end; ++i) {
#pragma clang loop vectorize(disable) unroll(disable)
      for (int64_t j = row; j <= i; ++j) first[i * n + j] = work[j * pitch + i];
    }
    for (int64_t i = row; i < end; ++i)
      __builtin_memset(first + i * n + i + 1, 0, static_cast<size_t>(end - i - 1) * sizeof(T));
  }

  HWY_NOINLINE bool Give() {
    if (x == first) return true;
    return Bands(steps, n, form == Form::kLu ? 2 * n : columns, [&](int64_t row, int64_t end) {
      if (form == Form::kCholesky) return TurnOver(row, end);
      for (; row < end; ++row) {
        if (form == Form::kLu) {
          const T* from = work + row * pitch;
          T *l = first + row * n, *u = second + row * n;
          __builtin_memcpy(l, from, static_cast<size_t>(row) * sizeof(T));
          __builtin_memset(l + row, 0, static_cast<size_t>(n - row) * sizeof(T));
          l[row] = 1;
          __builtin_memset(u, 0, static_cast<size_t>(row) * sizeof(T));
          if (own) __builtin_memcpy(u + row, from + row, static_cast<size_t>(n - row) * sizeof(T));
        } else if (form == Form::kInverse) {
          for (int64_t j = 0; j < n; ++j) first[row * n + rows[j]] = x[row * right_pitch + j];
        } else {
          __builtin_memcpy(first + row * columns, x + row * right_pitch, static_cast<size_t>(columns) * sizeof(T));
        }
      }
    });
  }

  HWY_INLINE int64_t Failed() const { return Positive() ? cholesky.failed : lu.failed; }

  // All of it, or as far as it goes without a pivot. False if the job stopped or has no memory.
  HWY_NOINLINE bool Run() {
    if (!Prepare() || !(Positive() ? cholesky.Run(0, n) : lu.Run(0, n))) return Positive() && cholesky.failed >= 0;
    if (!steps.counting && !Positive()) Permute();
    if (form == Form::kDeterminant) {
      if (!steps.counting) Determine();
      return true;
    }
    if (Failed() >= 0 && form != Form::kLu) return true;
    if (form != Form::kLu && form != Form::kCholesky && !(Right() && Substitute())) return false;
    if (form == Form::kLu && !steps.counting) __builtin_memcpy(order, rows, static_cast<size_t>(n) * sizeof(int32_t));
    return Give();
  }
};

// `b`: of a system; `first`: x, l or an inverse; `second`: u; `order`: of a factorisation with pivots.
template <class T>
Status Run(Job& job, Matrix<T> a, Enum<Form> form, Opt<Matrix<T>> b, Opt<Out<T>> first, Opt<Out<T>> second,
           Opt<Out<int32_t>> order, Result<double> results) {
  const int64_t n = a.rows;
  for (int64_t i = 0; i < kReals; ++i) results.data[i] = 0;
  alignas(64) unsigned char memory[kSmall];
  Call<T> call{{job},
               form.value,
               {a.data, a.row_stride, a.col_stride},
               {b.value.data, b.value.row_stride, b.value.col_stride},
               n,
               b.present ? b.value.cols : 0,
               first.value.data,
               second.value.data,
               order.value.data,
               results.data,
               memory};
  if (!call.Allocate()) return Status::kNoMemory;
  call.Run();
  job.Total(call.steps.items);
  call.steps.counting = false;
  if (!call.Run()) return call.steps.Failure();
  results.data[0] = static_cast<double>(call.Failed() + 1);
  return job.status();
}

}  // namespace solve_kernel
}  // namespace

OFFLOOP_KERNEL(solve, OFFLOOP_INSTANCE("f64", solve_kernel::Run<double>),
               OFFLOOP_INSTANCE("f32", solve_kernel::Run<float>))

}  // namespace offloop::OFFLOOP_ISA
