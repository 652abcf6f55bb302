// histogram and histogram2d: how many elements lie between each two edges, by NumPy's rules.
// Levels: avx2 sse4
//
// Edges are given, or made from a range as NumPy's linspace makes them, or from the extent of the data.

#include "kernels/bins-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace histogram_kernel {

using bins::Bins;

// How edges come about. "Single": 32-bit data, whose edges NumPy keeps in 32 bits. kRangeSingle rounds what it
// computed in 64, kExtentSingle rounds every step.
enum class Mode { kGiven, kRange, kRangeSingle, kExtent, kExtentSingle, kCount };

// Why there is no histogram; src/kernels/histogram.ts says it to the caller.
enum Failure { kNone, kNotFinite, kTooManyBins };

// count + 1 edges from the first and the last, by the steps of NumPy's linspace.
Status MakeEdges(Job& job, Mode mode, double* edges, int64_t count) {
  const double lo = edges[0], hi = edges[count];
  const bool single = mode == Mode::kExtentSingle;
  const auto rounded = [single](double value) {
    return single ? static_cast<double>(static_cast<float>(value)) : value;
  };
  const double delta = rounded(hi - lo), parts = rounded(static_cast<double>(count)), step = rounded(delta / parts);
  job.Blocks(count + 1, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const double at = rounded(static_cast<double>(k));
      const double along = step == 0 ? rounded(rounded(at / parts) * delta) : rounded(at * step);
      double edge = k == count ? hi : rounded(along + lo);
      if (mode == Mode::kRangeSingle) edge = static_cast<double>(static_cast<float>(edge));
      edges[k] = edge;
    }
  });
  return job.status();
}

// One axis: the edges made where they are not given, and ready for Place.
Status Ready(Job& job, const Any& x, Mode mode, InOut<double> edges, Bins& ready, int64_t& failure) {
  const int64_t count = edges.size - 1;
  if (mode == Mode::kExtent || mode == Mode::kExtentSingle) {
    Extent extent{0, 1, true};  // of no elements
    const Status status = RunExtent(job, x, extent);
    if (status != Status::kOk) return status;
    if (!extent.finite) {
      failure = kNotFinite;
      return status;
    }
    if (extent.lo == extent.hi) {
      extent.lo -= 0.5;
      extent.hi += 0.5;
      if (mode == Mode::kExtentSingle) {
        extent.lo = static_cast<double>(static_cast<float>(extent.lo));
        extent.hi = static_cast<double>(static_cast<float>(extent.hi));
      }
    }
    edges.data[0] = extent.lo + 0.0;  // +0 rather than -0, whichever of them came first
    edges.data[count] = extent.hi + 0.0;
  }
  if (mode != Mode::kGiven) {
    const Status status = MakeEdges(job, mode, edges.data, count);
    if (status != Status::kOk) return status;
  }
  ready = bins::Prepare(edges.data, count);
  bool rising = true;
  const Status status = bins::Measure(job, ready, rising);
  if (!rising && mode != Mode::kGiven) failure = kTooManyBins;
  return status;
}

// counts / width (/ height) / their sum.
Status ToDensity(Job& job, double* counts, const Bins& x, const Bins* y) {
  const int64_t columns = y != nullptr ? y->count : 1, cells = x.count * columns;
  double sum = 0;
  const Status status = job.Reduce(
      cells, 4096, sum,
      [&](int64_t begin, int64_t end) {
        double part = 0;
        for (int64_t k = begin; k < end; ++k) part += counts[k];
        return part;
      },
      [](double a, double b) { return a + b; });
  if (status != Status::kOk) return status;
  job.Blocks(cells, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const int64_t i = k / columns, j = k % columns;
      double value = counts[k] / (x.edges[i + 1] - x.edges[i]);
      if (y != nullptr) value /= y->edges[j + 1] - y->edges[j];
      counts[k] = value / sum;
    }
  });
  return job.status();
}

struct Sample {
  Any x, y;
  Bins of_x, of_y;
  bool plane;
};

void Find(const void* context, int64_t at, int64_t n, uint32_t* to) {
  const Sample& sample = *static_cast<const Sample*>(context);
  double buffer[kTallyChunk];
  bins::Place(sample.of_x, bins::Read(sample.x, at, n, buffer), n, to);
  if (!sample.plane) return;
  uint32_t column[kTallyChunk];
  bins::Place(sample.of_y, bins::Read(sample.y, at, n, buffer), n, column);
  const auto rows = static_cast<uint32_t>(sample.of_x.count), columns = static_cast<uint32_t>(sample.of_y.count);
  for (int64_t i = 0; i < n; ++i)
    to[i] = ((to[i] < rows) & (column[i] < columns)) ? to[i] * columns + column[i] : rows * columns;
}

Status Histogram(Job& job, Any x, Opt<Any> y, Opt<Any> weights, Enum<Mode> x_mode, Enum<Mode> y_mode, bool density,
                 InOut<double> x_edges, Opt<InOut<double>> y_edges, Out<double> counts, Result<double> result) {
  Sample sample{x, y.value, {}, {}, y.present};
  int64_t failure = kNone, axis = 0;
  Status status = Ready(job, x, x_mode.value, x_edges, sample.of_x, failure);
  if (status == Status::kOk && failure == kNone && y.present) {
    axis = 1;
    status = Ready(job, y.value, y_mode.value, y_edges.value, sample.of_y, failure);
  }
  result.data[0] = static_cast<double>(failure);
  result.data[1] = static_cast<double>(axis);
  if (status != Status::kOk || failure != kNone) return status;
  const Any* const by = weights.present ? &weights.value : nullptr;
  status = RunTally(job, x.size, counts.size, by, counts.data, &Find, &sample);
  if (status != Status::kOk || !density) return status;
  return ToDensity(job, counts.data, sample.of_x, y.present ? &sample.of_y : nullptr);
}

}  // namespace histogram_kernel
}  // namespace

OFFLOOP_KERNEL(histogram, OFFLOOP_INSTANCE("f64", histogram_kernel::Histogram),
               OFFLOOP_INSTANCE("f32", histogram_kernel::Histogram),
               OFFLOOP_INSTANCE("i32", histogram_kernel::Histogram),
               OFFLOOP_INSTANCE("u32", histogram_kernel::Histogram),
               OFFLOOP_INSTANCE("i16", histogram_kernel::Histogram),
               OFFLOOP_INSTANCE("u16", histogram_kernel::Histogram),
               OFFLOOP_INSTANCE("i8", histogram_kernel::Histogram), OFFLOOP_INSTANCE("u8", histogram_kernel::Histogram))

}  // namespace offloop::OFFLOOP_ISA
