#include "kernels/gemm-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace matmul_kernel {

template <class K>
Status Run(Job& job, const gemm::View<typename K::In>& a, const gemm::View<typename K::In>& b, int64_t m, int64_t n,
           int64_t k, typename K::Sum alpha, typename K::Sum beta, typename K::Sum* out) {
  // A matrix with its own transpose: half of the work.
  const bool symmetric = m == n && beta == 0 && static_cast<const void*>(a.data) == static_cast<const void*>(b.data) &&
                         a.row_stride == b.col_stride && a.col_stride == b.row_stride;
  job.Total(gemm::Items<K>(job, m, n, k, a) + (symmetric ? gemm::MirrorItems(n) : 0));
  const bool ran =
      gemm::Gemm<K>(job, m, n, k, alpha, a, b, beta, out, n, symmetric) && (!symmetric || gemm::Mirror(job, n, out));
  const Status status = job.status();
  return ran || status != Status::kOk ? status : Status::kNoMemory;
}

// `old` is the memory of `out`, present where beta is not 0: JavaScript workers need to be told that it is read.
template <class T>
Status Floats(Job& job, Matrix<T> a, Matrix<T> b, double alpha, double beta, [[maybe_unused]] Opt<Matrix<T>> old,
              Out<T> out) {
  return Run<gemm::Real<T>>(job, {a.data, a.row_stride, a.col_stride}, {b.data, b.row_stride, b.col_stride}, a.rows,
                            b.cols, a.cols, static_cast<T>(alpha), static_cast<T>(beta), out.data);
}

template <class T>
Status Whole(Job& job, Matrix<T> a, Matrix<T> b, Out<int32_t> out) {
  constexpr uint8_t flip = static_cast<T>(-1) < 0 ? 0x80 : 0;
  return Run<gemm::Bytes>(job, {reinterpret_cast<const uint8_t*>(a.data), a.row_stride, a.col_stride, flip},
                          {reinterpret_cast<const uint8_t*>(b.data), b.row_stride, b.col_stride, flip}, a.rows, b.cols,
                          a.cols, 1, 0, out.data);
}

}  // namespace matmul_kernel
}  // namespace

OFFLOOP_KERNEL(matmul, OFFLOOP_INSTANCE("f64", matmul_kernel::Floats<double>),
               OFFLOOP_INSTANCE("f32", matmul_kernel::Floats<float>),
               OFFLOOP_INSTANCE("i8", matmul_kernel::Whole<int8_t>),
               OFFLOOP_INSTANCE("u8", matmul_kernel::Whole<uint8_t>))

}  // namespace offloop::OFFLOOP_ISA
