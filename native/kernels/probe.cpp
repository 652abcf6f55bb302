// probe: the frame's self-test, shipped so that the very binary users load can be examined.
//
// "spin" runs a set number of grains of a set length, so that tests can count what ran and what
// an abort left; "kinds" takes one parameter of every kind and answers from each.

#include "core/control.h"
#include "core/job.h"
#include "core/kernel.h"

namespace offloop::OFFLOOP_ISA {
namespace {

// results: grains that ran. `marks`, if given, gets +1 at the index of each grain.
Status Spin(Job& job, int64_t grains, double micros, Opt<InOut<int32_t>> marks, Result<double> ran) {
  job.Total(grains);
  int64_t* counts = job.Scratch<int64_t>(job.threads() * 8);
  if (counts == nullptr) return Status::kNoMemory;
  for (int64_t i = 0; i < job.threads() * 8; ++i) counts[i] = 0;
  job.For(grains, 1, [&](int64_t begin, int64_t) {
    const int64_t until = NowNs() + static_cast<int64_t>(micros * 1e3);
    while (NowNs() < until) {
    }
    ++counts[job.lane() * 8];
    if (marks.present && begin < marks.value.size) ++marks.value.data[begin];
  });
  double total = 0;
  for (int64_t i = 0; i < job.threads(); ++i) total += static_cast<double>(counts[i * 8]);
  *ran.data = total;
  return job.status();
}

enum class Color { kRed, kGreen, kBlue, kCount };

struct Count {
  int64_t calls = 0;
};

// results: sum(in), trace(matrix), number, integer, boolean, enum, any.size * 100 + its dtype, calls so far
Status Kinds(Job& job, In<double> in, InOut<uint8_t> twice, Out<float> out, Matrix<float> matrix, double number,
             int64_t integer, bool boolean, Enum<Color> color, Opt<Any> any, Grow<uint32_t> grow, State<Count> state,
             Result<double> results) {
  double sum = 0, trace = 0;
  for (int64_t i = 0; i < in.size; ++i) sum += in.data[i];
  for (int64_t i = 0; i < twice.size; ++i) twice.data[i] = static_cast<uint8_t>(2 * twice.data[i]);
  for (int64_t i = 0; i < out.size; ++i) out.data[i] = static_cast<float>(i);
  for (int64_t i = 0; i < matrix.rows && i < matrix.cols; ++i)
    trace += static_cast<double>(matrix.data[i * matrix.row_stride + i * matrix.col_stride]);
  uint32_t* grown = grow.Allocate(integer);
  if (grown == nullptr) return job.stopped() ? job.status() : Status::kNoMemory;
  for (int64_t i = 0; i < integer; ++i) grown[i] = static_cast<uint32_t>(i * i);
  const double values[] = {
      sum,
      trace,
      number,
      static_cast<double>(integer),
      boolean ? 1.0 : 0.0,
      static_cast<double>(color.value),
      any.present ? static_cast<double>(any.value.size) * 100 + static_cast<double>(any.value.dtype) : -1,
      static_cast<double>(++state->calls)};
  for (int i = 0; i < kMaxResults; ++i) results.data[i] = values[i];
  return job.status();
}

}  // namespace

OFFLOOP_KERNEL(probe, OFFLOOP_INSTANCE("spin", Spin), OFFLOOP_INSTANCE("kinds", Kinds))

}  // namespace offloop::OFFLOOP_ISA
