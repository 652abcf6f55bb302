#include "kernels/gemm-inl.h"
#include "kernels/tall-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace matmul_kernel {

using gemm::View;

template <class K>
HWY_NOINLINE bool Product(Job& job, const View<typename K::In>& a, const View<typename K::In>& b, int64_t m, int64_t n,
                          int64_t k, typename K::Sum alpha, typename K::Sum beta, typename K::Sum* out, bool symmetric,
                          gemm::Memory<K>& memory) {
  return gemm::Gemm<K>(job, m, n, k, alpha, a, b, beta, out, n, symmetric, gemm::Nothing(), &memory) &&
         (!symmetric || gemm::Mirror(job, n, out));
}

template <class K>
Status Run(Job& job, const View<typename K::In>& a, const View<typename K::In>& b, int64_t m, int64_t n, int64_t k,
           typename K::Sum alpha, typename K::Sum beta, typename K::Sum* out) {
  // A matrix with its own transpose: half of the work.
  const bool symmetric = m == n && beta == 0 && static_cast<const void*>(a.data) == static_cast<const void*>(b.data) &&
                         a.row_stride == b.col_stride && a.col_stride == b.row_stride;
  if constexpr (K::kTerms == 1) {
    if (symmetric && b.col_stride == 1 && tall::Fits<typename K::Sum>(k, n)) {
      job.Total(tall::Items<typename K::Sum>(k, n) + gemm::MirrorItems(n));
      const bool ran = tall::Gram(job, b.data, b.row_stride, k, n, alpha, out) && gemm::Mirror(job, n, out);
      const Status status = job.status();
      return ran || status != Status::kOk ? status : Status::kNoMemory;
    }
  }
  job.Total(gemm::Items<K>(job, m, n, k, a) + (symmetric ? gemm::MirrorItems(n) : 0));
  gemm::Memory<K> memory;
  const bool ran = Product<K>(job, a, b, m, n, k, alpha, beta, out, symmetric, memory);
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
constexpr uint8_t kFlip = static_cast<T>(-1) < 0 ? 0x80 : 0;

template <class T>
Status Whole(Job& job, Matrix<T> a, Matrix<T> b, Out<int32_t> out) {
  return Run<gemm::Bytes>(job, {reinterpret_cast<const uint8_t*>(a.data), a.row_stride, a.col_stride, kFlip<T>},
                          {reinterpret_cast<const uint8_t*>(b.data), b.row_stride, b.col_stride, kFlip<T>}, a.rows,
                          b.cols, a.cols, 1, 0, out.data);
}

// ---- Many products ----

// Matrices one stride apart, which is 0 for one that takes part in every product.
template <class T>
struct Stack {
  View<T> first;
  int64_t stride;
  HWY_INLINE View<T> operator[](int64_t at) const {
    return {first.data + at * stride, first.row_stride, first.col_stride, first.flip};
  }
};

// What `layout` holds: the number of products, m, n, k, then of either operand its offset and three strides.
struct Layout {
  static constexpr int kLength = 12;
  int64_t at[kLength];

  HWY_INLINE int64_t Count() const { return at[0]; }
  template <class T>
  HWY_INLINE Stack<T> Operand(const void* data, int which, uint8_t flip) const {
    const int64_t* own = at + 4 + 4 * which;
    return {{static_cast<const T*>(data) + own[0], own[2], own[3], flip}, own[1]};
  }
};

// False unless all that the layout reaches lies in the operands and the result. JavaScript has seen to that: the array
// is its own, but it is an array.
HWY_NOINLINE bool Read(const In<double>& layout, int64_t a_size, int64_t b_size, int64_t out_size, Layout* to) {
  if (layout.size != Layout::kLength) return false;
  double value[Layout::kLength];
  for (int i = 0; i < Layout::kLength; ++i) {
    value[i] = layout.data[i];
    if (!(value[i] >= (i < 4 ? 0 : -0x1p53) && value[i] <= 0x1p53)) return false;
    to->at[i] = static_cast<int64_t>(value[i]);
  }
  const double count = value[0], m = value[1], n = value[2], k = value[3];
  if (count * m * n != static_cast<double>(out_size)) return false;
  if (count == 0 || m == 0 || n == 0 || k == 0) return true;
  const auto reaches = [&](const double* own, double rows, double cols, int64_t size) HWY_ATTR {
    double low = own[0], high = own[0];
    const double spans[] = {(count - 1) * own[1], (rows - 1) * own[2], (cols - 1) * own[3]};
    for (const double span : spans) (span < 0 ? low : high) += span;
    return low >= 0 && high < static_cast<double>(size);
  };
  return reaches(value + 4, m, k, a_size) && reaches(value + 8, k, n, b_size);
}

// Small products are shared out whole, some to a grain; each of the large ones is itself shared out.
template <class K>
HWY_NOINLINE Status Many(Job& job, const Layout& layout, const void* a_data, const void* b_data, uint8_t flip,
                         typename K::Sum alpha, typename K::Sum beta, typename K::Sum* out) {
  const int64_t count = layout.Count(), m = layout.at[1], n = layout.at[2], k = layout.at[3];
  if (count == 0 || m == 0 || n == 0) return job.status();
  const auto a = layout.Operand<typename K::In>(a_data, 0, flip), b = layout.Operand<typename K::In>(b_data, 1, flip);
  if (!gemm::Small<K>(m, n, k)) {
    job.Total(count * gemm::Items<K>(job, m, n, k, a.first));
    gemm::Memory<K> memory;
    for (int64_t i = 0; i < count; ++i)
      if (!Product<K>(job, a[i], b[i], m, n, k, alpha, beta, out + i * m * n, false, memory)) {
        const Status status = job.status();
        return status != Status::kOk ? status : Status::kNoMemory;
      }
    return job.status();
  }
  using W = gemm::Workspace<K>;
  // What these products need, and no more: fresh memory costs as much as a small one.
  const int64_t all = gemm::Panels<K>(n).vectors * gemm::kLanes<K>, terms = (k + K::kTerms - 1) / K::kTerms;
  const int64_t panel =
      gemm::DirectPanels<K>(b.first, n, k)
          ? 0
          : (terms < gemm::kDepth<K> ? terms : gemm::kDepth<K>)*(all < gemm::kWidth<K> ? all : gemm::kWidth<K>);
  const int64_t room = (panel + (gemm::Direct<K>(a.first) ? 0 : W::kCopies) + 15) / 16 * 16;
  auto* scratch = job.Scratch<typename K::Packed>(job.threads() * room);
  if (scratch == nullptr) return Status::kNoMemory;
  job.Total(count);
  const double each =
      static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k + 16) / (2e9 * gemm::kLanes<K>)+100e-9;
  const double grain = gemm::kGrainSeconds / each, fair = static_cast<double>(count) / (4.0 * job.threads());
  const double chosen = grain < fair ? grain : fair;
  job.For(count, chosen < 1 ? 1 : static_cast<int64_t>(chosen), [&](int64_t begin, int64_t end) {
    auto* own = scratch + job.lane() * room;
    const W work{own, own + panel};
    for (int64_t i = begin; i < end; ++i) gemm::Leaf<K>(work, m, n, k, alpha, a[i], b[i], beta, out + i * m * n, n);
  });
  return job.status();
}

template <class T>
Status ManyFloats(Job& job, In<T> a, In<T> b, In<double> layout, double alpha, double beta,
                  [[maybe_unused]] Opt<In<T>> old, Out<T> out) {
  Layout read;
  if (!Read(layout, a.size, b.size, out.size, &read)) return job.status();
  return Many<gemm::Real<T>>(job, read, a.data, b.data, 0, static_cast<T>(alpha), static_cast<T>(beta), out.data);
}

template <class T>
Status ManyWhole(Job& job, In<T> a, In<T> b, In<double> layout, Out<int32_t> out) {
  Layout read;
  if (!Read(layout, a.size, b.size, out.size, &read)) return job.status();
  return Many<gemm::Bytes>(job, read, a.data, b.data, kFlip<T>, 1, 0, out.data);
}

}  // namespace matmul_kernel
}  // namespace

OFFLOOP_KERNEL(matmul, OFFLOOP_INSTANCE("f64", matmul_kernel::Floats<double>),
               OFFLOOP_INSTANCE("f32", matmul_kernel::Floats<float>),
               OFFLOOP_INSTANCE("i8", matmul_kernel::Whole<int8_t>),
               OFFLOOP_INSTANCE("u8", matmul_kernel::Whole<uint8_t>),
               OFFLOOP_INSTANCE("batch-f64", matmul_kernel::ManyFloats<double>),
               OFFLOOP_INSTANCE("batch-f32", matmul_kernel::ManyFloats<float>),
               OFFLOOP_INSTANCE("batch-i8", matmul_kernel::ManyWhole<int8_t>),
               OFFLOOP_INSTANCE("batch-u8", matmul_kernel::ManyWhole<uint8_t>))

}  // namespace offloop::OFFLOOP_ISA
