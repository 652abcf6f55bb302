// digitize: between which edges each element lies, as an index. The search is that of histogram.
// Levels: avx2 sse4

#include "core/map.h"
#include "kernels/bins-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace digitize_kernel {

struct Plan {
  bins::Bins bins;  // used where edges are evenly spaced
  const double* edges;
  int64_t count;
  Dtype dtype;
  bool right, falling;
};

void Find(const Plan& plan, const double* x, int64_t n, uint32_t* to) {
  if (!plan.bins.uniform) {
    if (plan.right)
      bins::Search<true>(plan.edges, plan.count, x, n, to);
    else
      bins::Search<false>(plan.edges, plan.count, x, n, to);
    return;
  }
  const auto count = static_cast<uint32_t>(plan.count);
  const double lo = plan.bins.lo, hi = plan.bins.hi;
  bins::Place(plan.bins, x, n, to);
  for (int64_t i = 0; i < n; ++i) {
    const double v = x[i];
    const uint32_t k = to[i];  // at most count - 1: the last edge
    if (plan.right)
      to[i] = v < lo ? 0 : v <= hi ? k + 1 - (v == plan.edges[k] ? 1 : 0) : count;
    else
      to[i] = v < lo ? 0 : v < hi ? k + 1 : count;
  }
}

void Chunk(const void* const* in, void* out, int64_t n, bool) {
  const Plan& plan = **static_cast<const Plan* const*>(in[1]);
  auto* const to = static_cast<uint32_t*>(out);
  double buffer[kMapChunk];
  Find(plan, bins::Read(Any{in[0], n, plan.dtype}, 0, n, buffer), n, to);
  if (!plan.falling) return;
  const auto count = static_cast<uint32_t>(plan.count);
  for (int64_t i = 0; i < n; ++i) to[i] = count - to[i];
}

int Bytes(Dtype dtype) {
  switch (dtype) {
    case Dtype::kF64:
      return 8;
    case Dtype::kF32:
    case Dtype::kI32:
    case Dtype::kU32:
      return 4;
    case Dtype::kI16:
    case Dtype::kU16:
      return 2;
    default:
      return 1;
  }
}

// Edges rise here; the caller turns falling ones round.
Status Digitize(Job& job, Any x, In<double> edges, bool right, bool falling, Out<uint32_t> out) {
  Plan plan{{}, edges.data, edges.size, x.dtype, right, falling};
  if (edges.size > 12 && edges.size < x.size) {
    plan.bins = bins::Prepare(edges.data, edges.size - 1);
    bool rising = true;
    const Status status = bins::Measure(job, plan.bins, rising);
    if (status != Status::kOk) return status;
  }
  // The plan travels as an operand of one element: the frame has no other way to a chunk.
  const Plan* const pointer = &plan;
  const MapOperand in[] = {{x.data, x.size, Bytes(x.dtype)}, {&pointer, 1, sizeof pointer}};
  return RunMap(job, in, 2, out.data, sizeof(uint32_t), out.size, &Chunk, false);
}

}  // namespace digitize_kernel
}  // namespace

OFFLOOP_KERNEL(digitize, OFFLOOP_INSTANCE("f64", digitize_kernel::Digitize),
               OFFLOOP_INSTANCE("f32", digitize_kernel::Digitize), OFFLOOP_INSTANCE("i32", digitize_kernel::Digitize),
               OFFLOOP_INSTANCE("u32", digitize_kernel::Digitize), OFFLOOP_INSTANCE("i16", digitize_kernel::Digitize),
               OFFLOOP_INSTANCE("u16", digitize_kernel::Digitize), OFFLOOP_INSTANCE("i8", digitize_kernel::Digitize),
               OFFLOOP_INSTANCE("u8", digitize_kernel::Digitize))

}  // namespace offloop::OFFLOOP_ISA
