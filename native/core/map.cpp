#include "core/map.h"

#include <cstring>

#include "core/stream.h"

namespace offloop {
namespace {

constexpr int64_t kBlock = 16384;
constexpr int64_t kLine = 64;
constexpr int64_t kHugePage = int64_t{2} << 20;

// How a thread goes through memory: parts of a grain in turn, some lines of result at a time. Stores past the caches
// and reads share the few lines that a core can have under way; so mixed, they move most.
//
// A chunk function that can go past the caches computes half a kilobyte, stores each line as soon as it has it, and
// asks for the operands of the part's next turn: six parts. Two threads then move what streams.c, the mark, moves: x *
// x on 32M doubles 1.05 of it, x + y 1.07 (four parts 1.08 and 1.02; eight 1.10 and 0.98; a kilobyte in four 0.97
// and 1.03). Others compute a kilobyte in L1, which is written out from there: four parts.
struct Way {
  int64_t bytes, parts;
};
constexpr Way kAtOnce{512, 6}, kByBuffer{1024, 4};

struct Map {
  const char* in[kMapOperands];  // first elements
  int64_t step[kMapOperands];    // bytes to the next element; 0: the operand is a chunk of copies
  int count;
  char* out;
  int64_t out_bytes;
  MapChunk chunk;
  bool can_past;

  OFFLOOP_INLINE void Compute(int64_t at, char* to, int64_t n, bool past = false) const {
    const void* x[kMapOperands];
    for (int k = 0; k < count; ++k) x[k] = in[k] + at * step[k];
    chunk(x, to, n, past);
  }

  void Run(int64_t begin, int64_t end) const {
    for (int64_t at = begin; at < end; at += kMapChunk)
      Compute(at, out + at * out_bytes, end - at < kMapChunk ? end - at : kMapChunk);
  }

  // The same for more than the caches hold. In place every line has been read when it is written.
  void RunLarge(int64_t begin, int64_t end, bool in_place) const {
    const bool at_once = can_past && !in_place;
    const Way way = at_once ? kAtOnce : kByBuffer;
    alignas(kLine) char result[kByBuffer.bytes];
    const int64_t over = static_cast<int64_t>(reinterpret_cast<uintptr_t>(out + begin * out_bytes) % kLine);
    int64_t first = begin + (over == 0 ? 0 : (kLine - over) / out_bytes);  // on a line of its own
    first = first < end ? first : end;
    Run(begin, first);
    const int64_t turn = way.bytes / out_bytes < kMapChunk ? way.bytes / out_bytes : kMapChunk;
    const int64_t lines = turn * out_bytes / kLine;
    const int64_t part = (end - first) / (way.parts * turn) * turn;
    for (int64_t i = first; i < first + part; i += turn) {
      for (int64_t at = i; at < i + way.parts * part; at += part) {
        char* const to = out + at * out_bytes;
        if (at_once) {
          Compute(at, to, turn, true);
          continue;
        }
        Compute(at, in_place ? to : result, turn);
        StreamAhead ahead;
        for (int k = 0; k < count; ++k) {
          if (step[k] == 0) continue;
          ahead.next[ahead.count] = in[k] + (at + turn) * step[k];
          ahead.step[ahead.count++] = step[k] * (kLine / out_bytes);
        }
        if (in_place)
          StreamAsk(lines, ahead);
        else
          StreamLines(to, result, lines, ahead);
      }
    }
    Run(first + way.parts * part, end);
    StreamFence();
  }
};

// `n` copies of an element.
void Repeat(const MapOperand& operand, char* to, int64_t n) {
  const int64_t bytes = n * operand.bytes;
  std::memcpy(to, operand.data, static_cast<size_t>(operand.bytes));
  for (int64_t have = operand.bytes; have < bytes; have *= 2)
    std::memcpy(to + have, to, static_cast<size_t>(have < bytes - have ? have : bytes - have));
}

}  // namespace

// Where the plan's grains are near a huge page and the jobs long: a fresh page that two threads meet first is cleared
// by both. A fresh f64 result of 256 MB took 95 ms, and takes 67 so.
Cut CutResult(const Job& job, const void* out, int out_bytes, int64_t size) {
  const int64_t blocks = (size + kBlock - 1) / kBlock;
  Cut cut{kBlock, job.GrainBlocks(blocks), blocks, size, 0};
  const int64_t bytes = size * out_bytes;
  if (bytes >= kStreamBytes && cut.grain * 3 * kBlock * out_bytes >= kHugePage &&
      bytes >= 8 * job.threads() * kHugePage) {
    cut.unit = kHugePage / out_bytes;
    cut.grain = cut.grain * kBlock / cut.unit > 1 ? cut.grain * kBlock / cut.unit : 1;
    cut.before = static_cast<int64_t>(reinterpret_cast<uintptr_t>(out) % kHugePage) / out_bytes;
    cut.units = (cut.before + size + cut.unit - 1) / cut.unit;
  }
  return cut;
}

int64_t PagesOf(int64_t bytes) { return bytes >= 4 * kHugePage ? bytes / kHugePage : 0; }

bool TouchPages(Job& job, void* out, int64_t pages) {
  char* const first = static_cast<char*>(out);
  return job.For(pages, 1, [&](int64_t begin, int64_t end) {
    for (int64_t page = begin; page < end; ++page) first[page * kHugePage] = 0;
  });
}

Status RunMap(Job& job, const MapOperand* operands, int count, void* out, int out_bytes, int64_t size, MapChunk chunk,
              bool can_past) {
  if (size <= 0) return job.status();
  alignas(kLine) char repeated[kMapOperands][kMapChunk * 8];
  Map map;
  map.count = count;
  map.out = static_cast<char*>(out);
  map.out_bytes = out_bytes;
  map.chunk = chunk;
  map.can_past = can_past;
  bool in_place = false;
  for (int k = 0; k < count; ++k) {
    const bool once = operands[k].size == 1 && size > 1;
    map.in[k] = once ? repeated[k] : static_cast<const char*>(operands[k].data);
    map.step[k] = once ? 0 : operands[k].bytes;
    if (once) Repeat(operands[k], repeated[k], size < kMapChunk ? size : kMapChunk);
    in_place = in_place || operands[k].data == out;
    // A processor tells a load from the stores before it by the lower 12 bits of an address: where results lie a little
    // ahead of an operand in their pages, each load would wait for a store that is slow to leave.
    const int64_t ahead = (reinterpret_cast<intptr_t>(out) - reinterpret_cast<intptr_t>(operands[k].data)) % 4096;
    if (!once && ((ahead > 0 && ahead < kAtOnce.bytes) || ahead < kAtOnce.bytes - 4096)) map.can_past = false;
  }
  const bool large = size * out_bytes >= kStreamBytes;
  const Cut cut = CutResult(job, out, out_bytes, size);
  job.Total(cut.units);
  job.For(cut.units, cut.grain, [&](int64_t b, int64_t e) {
    if (large)
      map.RunLarge(cut.Begin(b), cut.End(e), in_place);
    else
      map.Run(cut.Begin(b), cut.End(e));
  });
  return job.status();
}

}  // namespace offloop
