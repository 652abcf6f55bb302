// kmeans: runs from several seeds, of which the best counts; twin: src/kernels/kmeans.twin.ts.
#include "kernels/kmeans-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace kmeans_kernel {

using kmeans::Clustering;
using kmeans::Least;

// Rows of which the elements are not side by side are copied.
template <class T>
HWY_NOINLINE __attribute__((cold)) bool Dense(Job& job, const Matrix<T>& x, const T*& rows, int64_t& stride) {
  rows = x.data, stride = x.row_stride;
  if (x.col_stride == 1 || x.cols == 1) return true;
  T* copy = job.Scratch<T>(x.rows * x.cols);
  if (copy == nullptr) return false;
  rows = copy, stride = x.cols;
  const int64_t band = kmeans::Most(1, kmeans::kTerms / 4 / x.cols);
  return job.For((x.rows + band - 1) / band, 1, [&](int64_t b, int64_t) {
    const int64_t begin = b * band, count = Least(band, x.rows - begin);
    // The transpose of the transpose.
    kmeans::Transpose(x.data + begin * x.row_stride, x.col_stride, x.row_stride, copy + begin * x.cols, x.cols, x.cols,
                      count);
  });
}

template <class T>
HWY_NOINLINE __attribute__((cold)) Status Kmeans(Job& job, Matrix<T> x, int64_t clusters, Opt<Matrix<T>> init,
                                                 int64_t key0, int64_t key1, int64_t runs, int64_t iterations,
                                                 double tolerance, Out<T> out, Out<uint32_t> labels,
                                                 Result<double> result) {
  Clustering<T> work{job, nullptr, 0, x.rows, x.cols, clusters, labels.data};
  if (!work.Allocate() || !Dense(job, x, work.x, work.stride))
    return job.status() == Status::kOk ? Status::kNoMemory : job.status();
  const int64_t size = clusters * x.cols;
  job.Total(runs * ((init.present ? 0 : clusters * work.blocks) + (iterations + 2) * work.PassItems()));
  // The first labels that others are compared with; where several runs are made, the best so far.
  uint32_t* best = runs > 1 ? job.Scratch<uint32_t>(x.rows) : nullptr;
  double* kept = runs > 1 ? job.Scratch<double>(size) : nullptr;
  if (runs > 1 && (best == nullptr || kept == nullptr)) return Status::kNoMemory;
  const int64_t bytes = x.rows * static_cast<int64_t>(sizeof(uint32_t)), slice = 1 << 20;
  const auto clear = [&] {
    return job.For((bytes + slice - 1) / slice, 1, [&](int64_t b, int64_t) {
      __builtin_memset(reinterpret_cast<char*>(labels.data) + b * slice, 0,
                       static_cast<size_t>(Least(slice, bytes - b * slice)));
    });
  };
  double within = 0;
  if (tolerance > 0 && (!clear() || !work.Spread(within))) return job.status();
  typename Clustering<T>::Outcome chosen{__builtin_nan(""), 0, false};
  for (int64_t run = 0; run < runs; ++run) {
    if (run > 0 || tolerance == 0)
      if (!clear()) return job.status();
    if (init.present) {
      for (int64_t c = 0; c < clusters; ++c)
        for (int64_t j = 0; j < x.cols; ++j)
          work.centres[c * x.cols + j] =
              static_cast<double>(init.value.data[c * init.value.row_stride + j * init.value.col_stride]);
    } else {
      const philox::Source source{static_cast<uint32_t>(key0), static_cast<uint32_t>(key1), kmeans::kUse};
      if (!work.Seed({source, static_cast<uint64_t>(run) << 32})) {
        chosen.inertia = __builtin_nan("");
        if (work.sound) return job.status();
        break;
      }
    }
    typename Clustering<T>::Outcome outcome;
    if (!work.Run(iterations, tolerance * within, outcome)) return job.status();
    if (!kmeans::Finite(outcome.inertia)) {
      chosen = outcome;
      break;
    }
    const bool better = run == 0 || outcome.inertia < chosen.inertia;
    if (better) chosen = outcome;
    if (better && run + 1 < runs) {
      __builtin_memcpy(best, labels.data, static_cast<size_t>(bytes));
      __builtin_memcpy(kept, work.centres, static_cast<size_t>(size) * sizeof(double));
    } else if (!better && run + 1 == runs) {
      __builtin_memcpy(labels.data, best, static_cast<size_t>(bytes));
      __builtin_memcpy(work.centres, kept, static_cast<size_t>(size) * sizeof(double));
    }
  }
  for (int64_t e = 0; e < size; ++e) out.data[e] = static_cast<T>(work.centres[e]);
  result.data[0] = chosen.inertia;
  result.data[1] = static_cast<double>(chosen.iterations);
  result.data[2] = chosen.converged ? 1 : 0;
  return job.status();
}

}  // namespace kmeans_kernel
}  // namespace

OFFLOOP_KERNEL(kmeans, OFFLOOP_INSTANCE("f64", kmeans_kernel::Kmeans<double>),
               OFFLOOP_INSTANCE("f32", kmeans_kernel::Kmeans<float>))

}  // namespace offloop::OFFLOOP_ISA
