// fft, ifft, rfft, irfft, fft2, ifft2, convolve and correlate: f64 inside, whatever the arrays hold.
//
// Lines are cut, transformed and put together in fft-line-inl.h and fft-around-inl.h, convolutions in
// fft-convolve-inl.h; here are a call's plan and how its lines are spread over threads. src/kernels/fft.twin.ts
// computes the same step by step.

#include "core/stream.h"
#include "kernels/fft-convolve-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace fft_kernel {

using namespace fft;  // the family, which this file ends

enum class Op { kComplex, kReal, kHermitian, kTwo, kConvolve, kCount };
constexpr int64_t kInverse = 1, kDown = 2, kKnown = 4, kBack = 8, kPlain = 16;  // flags

bool Transform(Job* job, Op op, const Line& line, const Source& source, const Target& target, const Work& work) {
  switch (op) {
    case Op::kReal:
      return Real(job, line, source, target, work);
    case Op::kHermitian:
      return Hermitian(job, line, source, target, work);
    default:
      return Complex(job, line, source, target, work);
  }
}

int64_t Whole(double x) { return x >= 0 && x < 9007199254740992.0 ? static_cast<int64_t>(x) : -1; }

bool IsSmooth(int64_t n) {
  n >>= __builtin_ctzll(static_cast<unsigned long long>(n));  // divisions cost as much as a pass of some lengths
  while (n > 1) {
    int64_t prime = 3;
    while (prime <= kMaxPrime && n % prime != 0) ++prime;
    if (prime > kMaxPrime) return false;
    n /= prime;
  }
  return n == 1;
}

// The plan at `at` of what src/kernels/fft.plan.ts lays out: [n, kind, n1 or way back or -, inner, roots1, roots2,
// step, table, bits]. It is nobody else's memory, but is not taken on trust either. `line` is the first of four.
bool ReadLine(const In<double>& plan, int64_t at, const Opt<InOut<double>>& chirp, Line* line, int depth) {
  constexpr int64_t kHead = 10;
  if (depth > 2 || at < 0 || at + kHead > plan.size) return false;
  int64_t head[kHead];
  for (int64_t i = 0; i < kHead; ++i) head[i] = Whole(plan.data[at + i]);
  const auto fits = [&](int64_t offset, int64_t size) {
    return offset >= 0 && size >= 0 && offset <= plan.size && size <= plan.size - offset;
  };
  const int64_t n = head[0], kind = head[1];
  if (n < 1 || n > int64_t{1} << 31) return false;
  *line = {};
  line->n = line->n1 = n, line->n2 = 1;
  if (head[7] > 0) {
    const int64_t bits = head[8], size = int64_t{1} << (bits & 31), most = kind == 1 ? 2 * n : n;
    const int64_t high = ((most - 1) >> (bits & 31)) + 1;
    if (bits < 0 || bits > 31 || !fits(head[7], 2 * (size + high))) return false;
    line->roots = {plan.data + head[7], bits, high};
  }
  if (kind == 0) {
    line->n1 = head[2];
    if (line->n1 < 1 || n % line->n1 != 0 || !IsSmooth(n)) return false;
    line->n2 = n / line->n1;
    if (!fits(head[4], 2 * line->n1) || !fits(head[5], 2 * line->n2)) return false;
    line->roots1 = plan.data + head[4], line->roots2 = plan.data + head[5];
    if (line->n2 == 1) return true;
    if (head[6] > 0) {
      if (!fits(head[6], 2 * line->n1 * ((line->n2 + kStep - 1) / kStep * kStep))) return false;
      line->step = plan.data + head[6];
    }
    return line->step != nullptr || line->roots.table != nullptr;
  }
  line->inner = line + 1;
  if (!ReadLine(plan, head[3], chirp, line + 1, depth + 1)) return false;
  if (kind == 1) {
    const Line& inner = *line->inner;
    Line* back = line + 2;
    if (!ReadLine(plan, head[2], chirp, back, depth + 1)) return false;
    if (inner.m != 0 || inner.inner != nullptr || back->m != 0 || back->inner != nullptr) return false;
    if (inner.n2 == 1 || back->n1 != inner.n2 || back->n2 != inner.n1) return false;
    line->m = inner.n, line->back = back;
    const int64_t numbers = 2 * ((inner.n1 + kStep - 1) / kStep * kStep) * inner.n2;
    if (line->m < 2 * n - 1 || line->roots.table == nullptr || !chirp.present) return false;
    if (head[9] < 0 || head[9] + numbers + 2 * n > chirp.value.size) return false;
    line->spectrum = chirp.value.data + head[9], line->chirp = line->spectrum + numbers;
    return true;
  }
  return line->inner->n == (n % 2 == 0 ? n / 2 : n) && (n % 2 != 0 || line->roots.table != nullptr);
}

const Line& CoreOf(const Line& line) { return line.inner == nullptr ? line : CoreOf(*line.inner); }
int64_t WideOf(Op op, const Line& line) {  // numbers
  return op == Op::kReal || op == Op::kHermitian ? 2 * line.n : 0;
}

int64_t ItemsOf(Op op, const Line& line) {
  if (op == Op::kReal) return ItemsOf(*line.inner) + (line.n % 2 == 0 ? line.n / 4 + 1 : 0);
  if (op == Op::kHermitian) return ItemsOf(*line.inner) + (line.n % 2 == 0 ? line.n / 4 + 1 : line.n / 2 + 1);
  return ItemsOf(line);
}

// The line within that is a convolution, if there is one.
const Line* ChirpOf(const Line& line) {
  return line.m != 0 ? &line : line.inner != nullptr ? ChirpOf(*line.inner) : nullptr;
}

// How `count` lines are spread: four abreast, one a grain, or each over all threads.
struct Spread {
  const Line& core;
  int64_t rows, back, buffers, wide, each, size;
  bool abreast, alone;

  Spread(Op op, const Line& line, int64_t count)
      : core(CoreOf(line)), rows(RowsOf(core)), buffers(BuffersOf(core)), wide(WideOf(op, line)) {
    back = core.n == line.n || ChirpOf(line) == nullptr ? 0 : RowsOf(*ChirpOf(line)->back);
    each = rows + back + buffers + (wide + 2 * kLanes - 1) / (2 * kLanes);
    size = core.n * (CoreOf(line).n == line.n ? 1 : 2);
    abreast = op == Op::kComplex && line.m == 0 && line.n2 == 1;
    alone = !abreast && size <= kAlone && (count > 1 || each <= kOnStack);
  }
  int64_t Items(Op op, const Line& line, int64_t count) const {
    return abreast ? (count + kLanes - 1) / kLanes : alone ? count : count * ItemsOf(op, line);
  }
};

Work Carve(Row* memory, const Spread& spread, int64_t threads) {
  Work work;
  work.rows = memory;
  work.back = memory + spread.rows;
  work.buffers = work.back + spread.back;
  work.each = spread.buffers;
  work.wide = reinterpret_cast<double*>(work.buffers + spread.buffers * threads);
  return work;
}

Status Lines(Job& job, Op op, const Line& line, const Source& source, const Target& target, int64_t count,
             const Opt<InOut<double>>& kept) {
  const Spread spread(op, line, count);
  if (spread.abreast) {
    job.For((count + kLanes - 1) / kLanes, kGrain / (kLanes * line.n), [&](int64_t b, int64_t e) {
      Row buffers[2 * (kMaxPrime + 1)];
      for (int64_t i = b * kLanes; i < e * kLanes && i < count; i += kLanes) {
        Direct(line, source.Shift(i * source.lane), target.Shift(i * target.lane),
               count - i < kLanes ? count - i : kLanes, buffers);
      }
    });
    return job.status();
  }
  if (spread.alone) {
    // Lines that fill more than the caches hold are made in a buffer and go past them, while the next one is fetched.
    const int64_t length = target.each * target.only;  // numbers of a result
    const bool past =
        !target.narrow && target.each == target.im + 1 && target.lane == length && count * length * 8 >= kStreamBytes;
    const int64_t line_rows = past ? (length + 2 * kLanes - 1) / (2 * kLanes) : 0;
    const int64_t each = spread.each + line_rows;
    const auto run = [&](Row* memory, int64_t begin, int64_t end) {
      const Work work = Carve(memory, spread, 1);
      double* buffer = reinterpret_cast<double*>(memory + spread.each);
      StreamAhead ahead;
      for (int64_t i = begin; i < end; ++i) {
        const Source one = source.Shift(i * source.lane);
        if (!past) {
          Transform(nullptr, op, line, one, target.Shift(i * target.lane), work);
          continue;
        }
        Target to = target;
        to.x = buffer;
        Transform(nullptr, op, line, one, to, work);
        ahead.next[0] = static_cast<const char*>(source.Shift((i + 1) * source.lane).x);
        ahead.step[0] = source.lane * (source.narrow ? 4 : 8) / (length / 8 + 1), ahead.count = 1;
        StreamPut(static_cast<double*>(target.x) + i * target.lane, buffer, length * 8, true, ahead);
      }
      if (past) StreamFence();
    };
    const int64_t grain = kGrain / spread.size;  // at least 2
    if (each <= kOnStack) {
      job.For(count, grain, [&](int64_t b, int64_t e) {
        Row memory[kOnStack];
        run(memory, b, e);
      });
      return job.status();
    }
    Row* memory = job.Scratch<Row>(each * job.threads());
    if (memory == nullptr) return Status::kNoMemory;
    job.For(count, grain, [&](int64_t b, int64_t e) { run(memory + each * job.lane(), b, e); });
    return job.status();
  }
  Row* memory = ScratchFor(job, kept, spread.each + spread.buffers * (job.threads() - 1));
  if (memory == nullptr) return Status::kNoMemory;
  const Work work = Carve(memory, spread, job.threads());
  for (int64_t i = 0; i < count && !job.stopped(); ++i)
    if (!Transform(&job, op, line, source.Shift(i * source.lane), target.Shift(i * target.lane), work)) break;
  return job.status();
}

Status MakeSpectrum(Job& job, const Line* line, const Opt<InOut<double>>& kept) {
  if (line == nullptr) return Status::kOk;
  const Spread spread(Op::kComplex, *line, 1);
  Row* memory = ScratchFor(job, kept, spread.each + spread.buffers * (job.threads() - 1));
  if (memory == nullptr) return Status::kNoMemory;
  Spectrum(job, *line, Carve(memory, spread, job.threads()));
  return job.status();
}
int64_t SpectrumItems(const Line* line) { return line == nullptr ? 0 : line->m + line->n + ItemsOf(*line->inner); }

template <class T>
Status Fft(Job& job, Matrix<T> x, Opt<In<T>> shorter, In<double> plan, Opt<InOut<double>> chirp,
           Opt<InOut<double>> kept, Enum<Op> kind, int64_t second, int64_t flags, double scale, Out<T> out) {
  constexpr bool kNarrow = sizeof(T) == 4;
  const Op op = kind.value == Op::kTwo ? Op::kComplex : kind.value;
  const bool inverse = (flags & kInverse) != 0, down = (flags & kDown) != 0, two = kind.value == Op::kTwo;
  Line line[4], other[4];
  if (kind.value == Op::kConvolve) {
    const bool direct = (flags & kPlain) != 0, back = (flags & kBack) != 0;
    const int64_t taps = shorter.value.size;
    if (!shorter.present || taps < 1 || second < 0 || second + out.size > x.cols + taps - 1) return Status::kOk;
    if (!direct && !ReadLine(plan, 0, chirp, line, 0)) return Status::kOk;
    if (!direct && line->inner == nullptr) return Status::kOk;
    return Convolve(job, {x.data, kNarrow, x.cols, x.col_stride},
                    {back ? shorter.value.data + taps - 1 : shorter.value.data, kNarrow, taps, back ? -1 : 1},
                    direct ? nullptr : line, second, {out.data, kNarrow, false, 1, 0, out.size, 0, 1}, out.size, kept);
  }
  if (!ReadLine(plan, 0, chirp, line, 0)) return Status::kOk;
  if (two && !ReadLine(plan, second, chirp, other, 0)) return Status::kOk;

  const int64_t in = op == Op::kReal ? 1 : 2, to = op == Op::kHermitian ? 1 : 2;  // numbers of an element
  const int64_t length = op == Op::kReal ? line->n / 2 + 1 : line->n;             // elements of a result
  const int64_t count = down ? x.cols / in : x.rows;
  if (count * length * to > out.size) return Status::kOk;
  Source source{x.data,
                kNarrow,
                inverse,
                down      ? x.row_stride
                : in == 2 ? 2
                          : x.col_stride,
                in - 1,
                down ? in * x.rows : x.cols,
                down ? (in == 2 ? 2 : x.col_stride) : x.row_stride};
  Target target{out.data, kNarrow, inverse, down ? count * to : to, to - 1, length, down ? to : length * to, scale};
  if (op != Op::kComplex) source.swap = target.swap = false;

  const Line* chirps[2] = {nullptr, nullptr};
  if ((flags & kKnown) == 0) {
    chirps[0] = ChirpOf(*line);
    if (two && other->n != line->n) chirps[1] = ChirpOf(*other);
  }
  int64_t items =
      Spread(op, *line, count).Items(op, *line, count) + SpectrumItems(chirps[0]) + SpectrumItems(chirps[1]);
  if (two) items += Spread(op, *other, line->n).Items(op, *other, line->n);
  job.Total(items);
  for (const Line* one : chirps) {
    const Status status = MakeSpectrum(job, one, kept);
    if (status != Status::kOk) return status;
  }
  if (!two) return Lines(job, op, *line, source, target, count, kept);

  if (other->n != x.rows) return Status::kOk;
  target.scale = 1;
  const Status status = Lines(job, op, *line, source, target, count, kept);
  if (status != Status::kOk) return status;
  const int64_t width = 2 * line->n;
  return Lines(job, op, *other, Source{out.data, kNarrow, inverse, width, 1, 2 * count, 2},
               Target{out.data, kNarrow, inverse, width, 1, count, 2, scale}, line->n, kept);
}

}  // namespace fft_kernel
}  // namespace

OFFLOOP_KERNEL(fft, OFFLOOP_INSTANCE("f64", fft_kernel::Fft<double>), OFFLOOP_INSTANCE("f32", fft_kernel::Fft<float>))

}  // namespace offloop::OFFLOOP_ISA
