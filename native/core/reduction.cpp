#include "core/reduction.h"

#include <cstring>

namespace offloop {
namespace {

constexpr int64_t kBlock = kReduceBlock, kUnit = kReduceUnit;
// Lines (rows or columns) that are read side by side where the elements of one are apart: a cache line of doubles.
constexpr int64_t kLines = 8;
// Units of a tile are not a power of two apart, or all would fall into one set of the cache.
constexpr int64_t kPitch = kUnit + 8;

struct alignas(kAccumulatorAlign) Accumulator {
  char bytes[kAccumulatorBytes];
};

int64_t Least(int64_t a, int64_t b) { return a < b ? a : b; }

// Calls fn with a null pointer of the element type.
template <class F>
void WithType(Dtype dtype, F&& fn) {
  switch (dtype) {
    case Dtype::kI8:
      return fn(static_cast<const int8_t*>(nullptr));
    case Dtype::kU8:
    case Dtype::kU8C:
      return fn(static_cast<const uint8_t*>(nullptr));
    case Dtype::kI16:
      return fn(static_cast<const int16_t*>(nullptr));
    case Dtype::kU16:
      return fn(static_cast<const uint16_t*>(nullptr));
    case Dtype::kI32:
      return fn(static_cast<const int32_t*>(nullptr));
    case Dtype::kU32:
      return fn(static_cast<const uint32_t*>(nullptr));
    case Dtype::kF32:
      return fn(static_cast<const float*>(nullptr));
    case Dtype::kI64:
      return fn(static_cast<const int64_t*>(nullptr));
    case Dtype::kU64:
      return fn(static_cast<const uint64_t*>(nullptr));
    default:
      return fn(static_cast<const double*>(nullptr));
  }
}

int64_t BytesOf(Dtype dtype) {
  int64_t bytes = 8;
  WithType(dtype, [&](auto* type) { bytes = sizeof(*type); });
  return bytes;
}

// The elements of x that are numbers, in order, in `buffer`; returns how many. `x` may be `buffer`.
int64_t Compact(const double* x, int64_t n, double* buffer) {
  int64_t kept = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double value = x[i];
    buffer[kept] = value;
    kept += value == value;
  }
  return kept;
}

bool AnyNaN(const double* x, int64_t n) {
  int64_t found = 0;
  for (int64_t i = 0; i < n; ++i) found |= x[i] != x[i];
  return found != 0;
}

void Take(const Reducer& reducer, Accumulator& accumulator, const double* x, int64_t n, int64_t at, bool omit,
          double* buffer, const Ask* ask = nullptr) {
  if (omit && AnyNaN(x, n)) {
    n = Compact(x, n, buffer);
    x = buffer;
  }
  if (ask != nullptr && reducer.unit_asking != nullptr) {
    reducer.unit_asking(accumulator.bytes, x, n, at, *ask);
    return;
  }
  if (ask != nullptr) {
    Ask all = *ask;
    for (int64_t i = 0; i < kAsksPerUnit; ++i) all();
  }
  reducer.unit(accumulator.bytes, x, n, at);
}

// Blocks that one thread reads side by side.
//
// A unit is worked on twice and more, while memory would idle; and one stream of reads draws a third less from memory
// than eight do (lanes-inl.h). So eight blocks are reduced in turn, unit by unit, and with each unit an eighth of the
// next eight is asked for, a line of each in turn. 256 MB on one thread: norm and variance 20 ms instead of 34,
// as long as the sum alone takes.
constexpr int64_t kStreams = kAskStreams;

// partial[s * part] = the state of the block at `begin` + s * part blocks.
void ReduceAbreast(const Reducer& reducer, const Elements& x, int64_t begin, int64_t part, bool omit,
                   ReduceState* partial) {
  const int64_t bytes = BytesOf(x.dtype);
  const char* const data = static_cast<const char*>(x.data) + begin * bytes;
  alignas(64) double buffer[kUnit];
  Accumulator accumulator[kStreams];
  for (auto& one : accumulator) reducer.begin(one.bytes);
  for (int64_t at = 0; at < kBlock; at += kUnit) {
    for (int64_t s = 0; s < kStreams; ++s) {
      // Past the end of the array it is asked for in vain, and without harm.
      const char* const next = data + (at + kUnit + s * (kUnit / kStreams)) * bytes;
      const Ask ask{next, part * kBlock * bytes, kUnit / kStreams / kAsksPerUnit * bytes};
      const int64_t from = begin + s * part * kBlock + at;
      Take(reducer, accumulator[s], AsDoubles(x, from, kUnit, buffer), kUnit, from, omit, buffer, &ask);
    }
  }
  for (int64_t s = 0; s < kStreams; ++s) reducer.end(accumulator[s].bytes, partial[s * part].slot);
}

struct Lines {
  const void* data;
  Dtype dtype;
  int64_t count, length;  // how many there are, and elements in each
  int64_t step, stride;   // from one to the next, and from element to element within one
  int64_t width, jump;    // all elements of a matrix as one line: `width` of them, then on to the next row
};

// tile[l * kPitch + i] = element at + i of line first + l.
void Gather(const Lines& lines, int64_t first, int64_t count, int64_t at, int64_t n, double* tile) {
  WithType(lines.dtype, [&](auto* type) {
    const auto* data = static_cast<decltype(type)>(lines.data) + first * lines.step;
    if (lines.width > 0) {
      int64_t row = at / lines.width, col = at % lines.width;
      for (int64_t i = 0; i < n; ++i) {
        tile[i] = static_cast<double>(data[row * lines.jump + col * lines.stride]);
        if (++col == lines.width) col = 0, ++row;
      }
      return;
    }
    data += at * lines.stride;
    if (count == kLines && lines.step == 1) {
      // Rows may be pages apart, where no prefetcher follows. (Past the end it is asked for in vain, and without harm.)
      const int64_t ahead = 8 * lines.stride;
      for (int64_t i = 0; i < n; ++i, data += lines.stride) {
        __builtin_prefetch(data + ahead);
        for (int64_t l = 0; l < kLines; ++l) tile[l * kPitch + i] = static_cast<double>(data[l]);
      }
      return;
    }
    for (int64_t l = 0; l < count; ++l)
      for (int64_t i = 0; i < n; ++i)
        tile[l * kPitch + i] = static_cast<double>(data[l * lines.step + i * lines.stride]);
  });
}

// The states of one block of lines [first, first + count), `pitch` states apart.
void ReduceTile(const Reducer& reducer, const Lines& lines, int64_t first, int64_t count, int64_t begin, int64_t end,
                bool omit, ReduceState* state, int64_t pitch) {
  alignas(64) double tile[kLines * kPitch];
  Accumulator accumulator[kLines];
  for (int64_t l = 0; l < count; ++l) reducer.begin(accumulator[l].bytes);
  for (int64_t at = begin; at < end; at += kUnit) {
    const int64_t n = Least(kUnit, end - at);
    Gather(lines, first, count, at, n, tile);
    for (int64_t l = 0; l < count; ++l)
      Take(reducer, accumulator[l], tile + l * kPitch, n, at, omit, tile + l * kPitch);
  }
  for (int64_t l = 0; l < count; ++l) reducer.end(accumulator[l].bytes, state[l * pitch].slot);
}

}  // namespace

const double* AsDoubles(const Elements& x, int64_t at, int64_t n, double* buffer) {
  if (x.dtype == Dtype::kF64) return static_cast<const double*>(x.data) + at;
  WithType(x.dtype, [&](auto* type) {
    const auto* data = static_cast<decltype(type)>(x.data) + at;
    for (int64_t i = 0; i < n; ++i) buffer[i] = static_cast<double>(data[i]);
  });
  return buffer;
}

void ReduceBlock(const Reducer& reducer, const Elements& x, int64_t begin, int64_t end, bool omit, double* state) {
  alignas(64) double buffer[kUnit];
  Accumulator accumulator;
  reducer.begin(accumulator.bytes);
  for (int64_t at = begin; at < end; at += kUnit) {
    const int64_t n = Least(kUnit, end - at);
    Take(reducer, accumulator, AsDoubles(x, at, n, buffer), n, at, omit, buffer);
  }
  reducer.end(accumulator.bytes, state);
}

Status RunReduce(Job& job, const Reducer& reducer, const Elements& x, bool omit, double* state) {
  job.Total((x.size + kBlock - 1) / kBlock);
  ReduceState total;
  if (x.size <= 0) ReduceBlock(reducer, x, 0, 0, omit, total.slot);
  const Status status = job.ReduceRuns(
      x.size, kBlock, total,
      [&](int64_t begin, int64_t end, ReduceState* partial) {
        const int64_t part = (end - begin) / (kStreams * kBlock);
        for (int64_t i = 0; i < part; ++i) ReduceAbreast(reducer, x, begin + i * kBlock, part, omit, partial + i);
        partial += part * kStreams;
        begin += part * kStreams * kBlock;
        for (; begin < end; begin += kBlock, ++partial)
          ReduceBlock(reducer, x, begin, Least(begin + kBlock, end), omit, partial->slot);
      },
      [&](ReduceState left, const ReduceState& right) {
        reducer.join(left.slot, right.slot);
        return left;
      },
      kStreams);
  if (status == Status::kOk) std::memcpy(state, total.slot, static_cast<size_t>(reducer.slots) * sizeof(double));
  return status;
}

Status RunReduceAxis(Job& job, const Reducer& reducer, const AnyMatrix& m, Axis axis, bool omit, double parameter,
                     Out<double> out) {
  Lines lines{m.data, m.dtype, m.rows, m.cols, m.row_stride, m.col_stride, 0, 0};
  if (axis == Axis::kColumns) lines = {m.data, m.dtype, m.cols, m.rows, m.col_stride, m.row_stride, 0, 0};
  if (axis == Axis::kAll) lines = {m.data, m.dtype, 1, m.rows * m.cols, 0, m.col_stride, m.cols, m.row_stride};
  if (lines.count != out.size || lines.count == 0) return job.status();

  const bool dense = lines.stride == 1 && lines.width == 0;
  const int64_t abreast = dense || lines.count == 1 ? 1 : kLines;
  const int64_t groups = (lines.count + abreast - 1) / abreast;
  const int64_t blocks = lines.length > 0 ? (lines.length + kBlock - 1) / kBlock : 1;
  job.Total(groups * blocks + (blocks > 1 ? lines.count : 0));

  // One state a line where a block holds it all; else those of its blocks, to be joined below.
  ReduceState* states = nullptr;
  if (blocks > 1) {
    states = job.Scratch<ReduceState>(lines.count * blocks);
    if (states == nullptr) return Status::kNoMemory;
  }
  const bool ran = job.Blocks(groups * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t first = item / blocks * abreast, block = item % blocks;
      const int64_t count = Least(abreast, lines.count - first);
      const int64_t from = block * kBlock, to = Least(from + kBlock, lines.length);
      ReduceState here[kLines];
      ReduceState* state = states == nullptr ? here : states + first * blocks + block;
      if (dense) {
        Elements row{nullptr, lines.dtype, lines.length};
        WithType(lines.dtype,
                 [&](auto* type) { row.data = static_cast<decltype(type)>(lines.data) + first * lines.step; });
        ReduceBlock(reducer, row, from, to, omit, state->slot);
      } else {
        ReduceTile(reducer, lines, first, count, from, to, omit, state, states == nullptr ? 1 : blocks);
      }
      if (states != nullptr) continue;
      for (int64_t l = 0; l < count; ++l) out.data[first + l] = reducer.finish(here[l].slot, parameter);
    }
  });
  if (!ran || states == nullptr) return job.status();
  job.Blocks(lines.count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      ReduceState* state = states + line * blocks;
      for (int64_t step = 1; step < blocks; step *= 2)
        for (int64_t i = 0; i + step < blocks; i += 2 * step) reducer.join(state[i].slot, state[i + step].slot);
      out.data[line] = reducer.finish(state->slot, parameter);
    }
  });
  return job.status();
}

}  // namespace offloop
