// Elements [start, start + length) of the whole convolution of x with the shorter h: sums of products, or transforms of
// blocks that overlap.
#pragma once

#include "kernels/fft-around-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace fft {

constexpr int64_t kPiece = 1024;    // results of a direct convolution at once
constexpr int64_t kMaxDirect = 96;  // elements of h; beyond, transforms are faster

// One series of numbers, forwards or backwards.
struct Series {
  const void* x;
  bool narrow;
  int64_t size, step;
  OFFLOOP_INLINE double At(int64_t i) const {
    return narrow ? static_cast<double>(static_cast<const float*>(x)[i * step])
                  : static_cast<const double*>(x)[i * step];
  }
  // Elements from `from` on, with zeros around what there is.
  void Copy(double* to, int64_t from, int64_t count) const {
    for (int64_t i = 0; i < count; ++i) to[i] = from + i >= 0 && from + i < size ? At(from + i) : 0;
  }
};

void DirectPiece(const Series& x, const double* h, int64_t taps, int64_t at, int64_t count, const Target& out,
                 int64_t to) {
  constexpr int64_t kAbreast = 4 * kLanes;
  double window[kPiece + kMaxDirect];
  x.Copy(window, at - (taps - 1), count + taps - 1);
  const double* first = window + taps - 1;  // x[at]
  int64_t i = 0;
  const auto one = [&](int64_t j) {
    const int64_t low = at + j >= x.size ? at + j - x.size + 1 : 0, high = at + j < taps - 1 ? at + j : taps - 1;
    double sum = 0;
    for (int64_t k = low; k <= high; ++k) sum += h[k] * first[j - k];
    out.Set(to + j, sum);
  };
  for (; i < count && at + i < taps - 1; ++i) one(i);
  for (; i + kAbreast <= count && at + i + kAbreast <= x.size; i += kAbreast) {
    Lanes sum[4] = {};
    for (int64_t k = 0; k < taps; ++k) {
      for (int j = 0; j < 4; ++j) {
        Lanes part;
        __builtin_memcpy(&part, first + i - k + j * kLanes, sizeof part);
        sum[j] = sum[j] + part * h[k];
      }
    }
    for (int j = 0; j < 4; ++j)
      for (int l = 0; l < kLanes; ++l) out.Set(to + i + j * kLanes + l, sum[j][l]);
  }
  for (; i < count; ++i) one(i);
}

// One block of an overlap-save convolution: results [at, at + count).
bool SaveBlock(Job* job, const Line& line, const Series& x, const double* spectrum, int64_t taps, int64_t at,
               int64_t count, const Target& out, int64_t to, double* y, const Work& work) {
  double* z = y + line.n;
  const int64_t bins = line.n / 2 + 1;
  const Source real{y, false, false, 1, 0, line.n, 0};
  const Target back{y, false, false, 1, 0, line.n, 0, 1 / static_cast<double>(line.n)};
  return Each(job, line.n, kGrain, [&](int64_t b, int64_t e) { x.Copy(y + b, at - (taps - 1) + b, e - b); }) &&
         Real(job, line, real, WideOut(z, bins, false), work) &&
         Each(job, bins, kGrain, [&](int64_t b, int64_t e) { Product(z, spectrum, b, e); }) &&
         Hermitian(job, line, WideIn(z, bins, false), back, work) &&
         Each(job, count, kGrain, [&](int64_t b, int64_t e) {
           for (int64_t i = b; i < e; ++i) out.Set(to + i, y[taps - 1 + i]);
         });
}

Status Convolve(Job& job, const Series& x, const Series& h, const Line* line, int64_t start, const Target& out,
                int64_t length, const Opt<InOut<double>>& kept) {
  const int64_t taps = h.size;
  if (line == nullptr) {
    if (taps > kMaxDirect) return Status::kOk;
    double numbers[kMaxDirect];
    h.Copy(numbers, 0, taps);
    const int64_t pieces = (length + kPiece - 1) / kPiece;
    job.Total(pieces);
    job.For(pieces, 65536 / (taps * kPiece) + 1, [&](int64_t b, int64_t e) {
      for (int64_t piece = b; piece < e; ++piece) {
        const int64_t at = piece * kPiece;
        DirectPiece(x, numbers, taps, start + at, length - at < kPiece ? length - at : kPiece, out, at);
      }
    });
    return job.status();
  }
  const int64_t size = line->n, step = size - (taps - 1), blocks = step > 0 ? (length + step - 1) / step : 0;
  if (step <= 0 || size % 2 != 0 || line->inner->m != 0) return Status::kOk;
  const Line& core = *line->inner;
  const int64_t own = 2 * size + 2 + 2 * kLanes - 2, wide = (2 * size + own + 2 * kLanes - 1) / (2 * kLanes);
  const int64_t rows = RowsOf(core), buffers = BuffersOf(core), bins = size / 2 + 1;
  const int64_t heard = (2 * bins + 2 * kLanes - 1) / (2 * kLanes);  // rows of the spectrum of h
  const bool alone = size <= kAlone && blocks > 1;
  const int64_t each = rows + buffers + wide;
  const int64_t threads = job.threads();
  Row* memory = ScratchFor(job, kept, heard + (alone ? each * threads : each + buffers * (threads - 1)));
  if (memory == nullptr) return Status::kNoMemory;
  double* spectrum = reinterpret_cast<double*>(memory);
  memory += heard;
  const auto carve = [&](Row* from, int64_t lanes) {
    return Work{from, from + rows, buffers, nullptr, reinterpret_cast<double*>(from + rows + buffers * lanes)};
  };
  const int64_t inner = ItemsOf(core) + size / 4 + 1;
  job.Total(size + inner + (alone ? blocks : blocks * (size + 2 * inner + bins) + length));

  // The transform of h, once.
  const Work all = carve(memory, alone ? 1 : threads);
  double* y = all.wide + 2 * size;
  const Source real{y, false, false, 1, 0, size, 0};
  if (alone) {
    h.Copy(y, 0, size);
    if (!job.Serial([&] { Real(nullptr, *line, real, WideOut(spectrum, bins, false), all); })) return job.status();
    job.For(blocks, kGrain / (2 * size) + 1, [&](int64_t b, int64_t e) {
      const Work work = carve(memory + each * job.lane(), 1);
      for (int64_t i = b; i < e; ++i) {
        const int64_t at = i * step;
        SaveBlock(nullptr, *line, x, spectrum, taps, start + at, length - at < step ? length - at : step, out, at,
                  work.wide + 2 * size, work);
      }
    });
    return job.status();
  }
  if (!job.For(size, kGrain, [&](int64_t b, int64_t e) { h.Copy(y + b, b, e - b); })) return job.status();
  if (!Real(&job, *line, real, WideOut(spectrum, bins, false), all)) return job.status();
  for (int64_t i = 0; i < blocks && !job.stopped(); ++i) {
    const int64_t at = i * step;
    if (!SaveBlock(&job, *line, x, spectrum, taps, start + at, length - at < step ? length - at : step, out, at, y,
                   all))
      break;
  }
  return job.status();
}

}  // namespace fft
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
