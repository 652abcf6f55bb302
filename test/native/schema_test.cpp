// Kernel<Fn>: what it reads off a signature, and what arrives through fabricated slots.
#include <string_view>
#include <vector>

#include "check.h"
#include "core/control.h"
#include "core/cpu.h"
#include "core/isa.h"

namespace offloop {
namespace {

enum class Color { kRed, kGreen, kBlue, kCount };

struct Counter {
  Counter() { ++alive; }
  ~Counter() { --alive; }
  int64_t calls = 0;
  static inline int alive = 0;
};

// ---- Kernels of every kind ----

Status Arrays(Job&, In<double> in, InOut<float> in_out, Out<int32_t> out) {
  for (int64_t i = 0; i < in.size; ++i) in_out.data[i] += static_cast<float>(in.data[i]);
  for (int64_t i = 0; i < out.size; ++i) out.data[i] = static_cast<int32_t>(in_out.data[i] * 2);
  return Status::kOk;
}

Status Trace(Job&, Matrix<double> m, Out<double> out) {
  out.data[0] = 0;
  for (int64_t i = 0; i < m.rows && i < m.cols; ++i) out.data[0] += m.data[i * m.row_stride + i * m.col_stride];
  out.data[1] = static_cast<double>(m.rows * 100 + m.cols);
  return Status::kOk;
}

Status Scalars(Job&, double x, int64_t n, bool flag, Enum<Color> color, Result<double> result) {
  result.data[0] = x;
  result.data[1] = static_cast<double>(n);
  result.data[2] = flag;
  result.data[3] = static_cast<double>(color.value);
  return Status::kOk;
}

Status Optional(Job&, Opt<In<uint8_t>> bytes, Opt<double> x, Opt<Enum<Color>> color, Opt<State<Counter>> state,
                Opt<Out<int64_t>> out, Result<int64_t> result) {
  result.data[0] = bytes.present ? bytes.value.data[0] : -1;
  result.data[1] = x.present ? static_cast<int64_t>(x.value) : -1;
  result.data[2] = color.present ? static_cast<int64_t>(color.value.value) : -1;
  result.data[3] = state.present ? ++state.value->calls : -1;
  if (out.present) out.value.data[0] = 77;
  return Status::kOk;
}

Status Mixed(Job&, Any any, Result<uint64_t> result) {
  result.data[0] = static_cast<uint64_t>(any.dtype);
  result.data[1] = static_cast<uint64_t>(any.size);
  result.data[2] = any.dtype == Dtype::kU16 ? static_cast<const uint16_t*>(any.data)[1] : 0;
  return Status::kOk;
}

Status Growing(Job&, int64_t count, Grow<uint32_t> grow) {
  uint32_t* data = grow.Allocate(count);
  if (data == nullptr) return Status::kNoMemory;
  for (int64_t i = 0; i < count; ++i) data[i] = static_cast<uint32_t>(i * i);
  return Status::kOk;
}

Status Stateful(Job&, State<Counter> state, Result<int64_t> result) {
  result.data[0] = ++state->calls;
  result.data[1] = (*state).calls;
  return Status::kOk;
}

Status Nothing(Job& job) { return job.status(); }

template <class T>
Status Copy(Job&, In<T> in, Out<T> out) {
  for (int64_t i = 0; i < in.size; ++i) out.data[i] = in.data[i];
  return Status::kOk;
}

// ---- The descriptors, at compile time ----

constexpr bool Is(const Param& param, Kind kind, Dtype dtype, bool optional = false, int choices = 0) {
  return param.kind == kind && param.dtype == dtype && param.optional == optional && param.choices == choices;
}

static_assert(Kernel<&Nothing>::kCount == 0);
static_assert(Kernel<&Arrays>::kCount == 3);
static_assert(Is(Kernel<&Arrays>::kParams[0], Kind::kIn, Dtype::kF64));
static_assert(Is(Kernel<&Arrays>::kParams[1], Kind::kInOut, Dtype::kF32));
static_assert(Is(Kernel<&Arrays>::kParams[2], Kind::kOut, Dtype::kI32));
static_assert(Is(Kernel<&Trace>::kParams[0], Kind::kMatrix, Dtype::kF64));
static_assert(Is(Kernel<&Scalars>::kParams[0], Kind::kNumber, Dtype::kNone));
static_assert(Is(Kernel<&Scalars>::kParams[1], Kind::kInteger, Dtype::kNone));
static_assert(Is(Kernel<&Scalars>::kParams[2], Kind::kBoolean, Dtype::kNone));
static_assert(Is(Kernel<&Scalars>::kParams[3], Kind::kEnum, Dtype::kNone, false, 3));
static_assert(Is(Kernel<&Scalars>::kParams[4], Kind::kResult, Dtype::kF64));
static_assert(Is(Kernel<&Optional>::kParams[0], Kind::kIn, Dtype::kU8, true));
static_assert(Is(Kernel<&Optional>::kParams[1], Kind::kNumber, Dtype::kNone, true));
static_assert(Is(Kernel<&Optional>::kParams[2], Kind::kEnum, Dtype::kNone, true, 3));
static_assert(Is(Kernel<&Optional>::kParams[3], Kind::kState, Dtype::kNone, true));
static_assert(Is(Kernel<&Optional>::kParams[4], Kind::kOut, Dtype::kI64, true));
static_assert(Is(Kernel<&Optional>::kParams[5], Kind::kResult, Dtype::kI64));
static_assert(Is(Kernel<&Mixed>::kParams[0], Kind::kAny, Dtype::kNone));
static_assert(Is(Kernel<&Mixed>::kParams[1], Kind::kResult, Dtype::kU64));
static_assert(Is(Kernel<&Growing>::kParams[1], Kind::kGrow, Dtype::kU32));
static_assert(Is(Kernel<&Stateful>::kParams[0], Kind::kState, Dtype::kNone));
static_assert(Is(Kernel<&Copy<int8_t>>::kParams[0], Kind::kIn, Dtype::kI8));
static_assert(Is(Kernel<&Copy<int16_t>>::kParams[0], Kind::kIn, Dtype::kI16));
static_assert(Is(Kernel<&Copy<uint16_t>>::kParams[0], Kind::kIn, Dtype::kU16));
static_assert(Is(Kernel<&Copy<uint32_t>>::kParams[0], Kind::kIn, Dtype::kU32));
static_assert(Is(Kernel<&Copy<uint64_t>>::kParams[1], Kind::kOut, Dtype::kU64));
// The order of napi_typedarray_type: JavaScript hands these numbers over as they are.
static_assert(static_cast<int>(Dtype::kI8) == 0 && static_cast<int>(Dtype::kU8C) == 2 &&
              static_cast<int>(Dtype::kF32) == 7 && static_cast<int>(Dtype::kF64) == 8 &&
              static_cast<int>(Dtype::kI64) == 9 && static_cast<int>(Dtype::kU64) == 10);

OFFLOOP_KERNEL(copy, OFFLOOP_INSTANCE("f64", &Copy<double>), OFFLOOP_INSTANCE("i8", &Copy<int8_t>))

// ---- Slots ----

Slot Array(void* data, int64_t length, Dtype dtype) {
  Slot slot;
  slot.data = data;
  slot.length = length;
  slot.dtype = dtype;
  slot.present = true;
  return slot;
}

Slot Number(double number) {
  Slot slot;
  slot.number = number;
  slot.present = true;
  return slot;
}

template <auto Fn>
Status Call(JobControl& job, std::vector<Slot> slots) {
  job.call = &Kernel<Fn>::Call;
  for (size_t i = 0; i < slots.size(); ++i) job.slots[i] = slots[i];
  return job.RunHere();
}

template <class T>
T ResultOf(const JobControl& job, int i) {
  T value;
  static_assert(sizeof value == sizeof job.results[0]);
  __builtin_memcpy(&value, &job.results[i], sizeof value);
  return value;
}

void ArrayKinds() {
  double in[3] = {1, 2, 3};
  float in_out[3] = {10, 20, 30};
  int32_t out[3] = {};
  JobControl job;
  CHECK(Call<&Arrays>(job, {Array(in, 3, Dtype::kF64), Array(in_out, 3, Dtype::kF32), Array(out, 3, Dtype::kI32)}) ==
        Status::kOk);
  CHECK(in_out[0] == 11 && in_out[2] == 33 && out[0] == 22 && out[1] == 44 && out[2] == 66);

  double data[12], trace[2];
  for (int i = 0; i < 12; ++i) data[i] = i;
  Slot slot = Array(data, 12, Dtype::kF64);
  slot.rows = 4, slot.cols = 3, slot.row_stride = 3, slot.col_stride = 1;
  JobControl plain;
  CHECK(Call<&Trace>(plain, {slot, Array(trace, 2, Dtype::kF64)}) == Status::kOk);
  CHECK(trace[0] == 0 + 4 + 8 && trace[1] == 403);
  slot.rows = 3, slot.cols = 4, slot.row_stride = 1, slot.col_stride = 3;  // transposed
  JobControl transposed;
  CHECK(Call<&Trace>(transposed, {slot, Array(trace, 2, Dtype::kF64)}) == Status::kOk);
  CHECK(trace[0] == 0 + 4 + 8 && trace[1] == 304);
  slot.data = data + 11, slot.row_stride = -3, slot.col_stride = -1;  // backwards
  JobControl backwards;
  CHECK(Call<&Trace>(backwards, {slot, Array(trace, 2, Dtype::kF64)}) == Status::kOk);
  CHECK(trace[0] == 11 + 7 + 3);
}

void ScalarKinds() {
  JobControl job;
  CHECK(Call<&Scalars>(job, {Number(-0.5), Number(9007199254740991.0), Number(1), Number(2), Slot{}}) == Status::kOk);
  CHECK(ResultOf<double>(job, 0) == -0.5 && ResultOf<double>(job, 1) == 9007199254740991.0);
  CHECK(ResultOf<double>(job, 2) == 1 && ResultOf<double>(job, 3) == static_cast<double>(Color::kBlue));
  uint16_t words[2] = {1, 65535};
  JobControl any;
  CHECK(Call<&Mixed>(any, {Array(words, 2, Dtype::kU16), Slot{}}) == Status::kOk);
  CHECK(any.results[0] == static_cast<uint64_t>(Dtype::kU16) && any.results[1] == 2 && any.results[2] == 65535);
  JobControl nothing;
  CHECK(Call<&Nothing>(nothing, {}) == Status::kOk);
}

void OptionalKinds() {
  JobControl absent;
  CHECK(Call<&Optional>(absent, {Slot{}, Slot{}, Slot{}, Slot{}, Slot{}, Slot{}}) == Status::kOk);
  for (int i = 0; i < 4; ++i) CHECK(ResultOf<int64_t>(absent, i) == -1);
  uint8_t byte = 200;
  int64_t out = 0;
  StateBox box;
  Slot state;
  state.data = &box;
  state.present = true;
  JobControl present;
  CHECK(Call<&Optional>(present, {Array(&byte, 1, Dtype::kU8), Number(5), Number(1), state, Array(&out, 1, Dtype::kI64),
                                  Slot{}}) == Status::kOk);
  CHECK(ResultOf<int64_t>(present, 0) == 200 && ResultOf<int64_t>(present, 1) == 5 &&
        ResultOf<int64_t>(present, 2) == 1);
  CHECK(ResultOf<int64_t>(present, 3) == 1 && out == 77);
  box.destroy(box.object);
}

// Answers with a store of its own, as napi/ does with an array of JavaScript's.
struct Store {
  std::vector<uint32_t> data;
  int param = -1;
  bool refuses = false;
};

void Grows() {
  const Grower grower{[](Job& job, int param, int64_t count) -> void* {
    auto* store = static_cast<Store*>(static_cast<JobControl&>(job).owner);
    store->param = param;
    if (store->refuses || job.stopped()) return nullptr;
    store->data.resize(static_cast<size_t>(count));
    return store->data.data();
  }};
  Store store;
  JobControl job;
  job.grower = &grower;
  job.owner = &store;
  CHECK(Call<&Growing>(job, {Number(5), Slot{}}) == Status::kOk);
  CHECK(store.param == 1 && (store.data == std::vector<uint32_t>{0, 1, 4, 9, 16}));
  JobControl refused;
  store.refuses = true;
  refused.grower = &grower;
  refused.owner = &store;
  CHECK(Call<&Growing>(refused, {Number(5), Slot{}}) == Status::kNoMemory);
}

void StatesLive() {
  StateBox box;
  Slot slot;
  slot.data = &box;
  slot.present = true;
  CHECK(Counter::alive == 0);
  for (int64_t call = 1; call <= 3; ++call) {
    JobControl job;
    CHECK(Call<&Stateful>(job, {slot, Slot{}}) == Status::kOk);
    CHECK(ResultOf<int64_t>(job, 0) == call && ResultOf<int64_t>(job, 1) == call);
    CHECK(Counter::alive == 1);  // made once, outlives the job
  }
  StateBox other;
  slot.data = &other;
  JobControl job;
  CHECK(Call<&Stateful>(job, {slot, Slot{}}) == Status::kOk && ResultOf<int64_t>(job, 0) == 1 && Counter::alive == 2);
  box.destroy(box.object);
  other.destroy(other.object);
  CHECK(Counter::alive == 0);
}

void Tables() {
  CHECK(copy_table.count == 2);
  CHECK(copy_table.name == std::string_view("copy"));
  CHECK(copy_table.instances[0].dtype == std::string_view("f64"));
  CHECK(copy_table.instances[1].dtype == std::string_view("i8"));
  CHECK(copy_table.instances[1].count == 2 && Is(copy_table.instances[1].params[1], Kind::kOut, Dtype::kI8));
  const int8_t in[2] = {-1, 5};
  int8_t out[2] = {};
  JobControl job;
  job.call = copy_table.instances[1].call;
  job.slots[0] = Array(const_cast<int8_t*>(in), 2, Dtype::kI8);
  job.slots[1] = Array(out, 2, Dtype::kI8);
  CHECK(job.RunHere() == Status::kOk && out[0] == -1 && out[1] == 5);
}

void InstructionSets() {
  const IsaLevel* level = ChooseIsa();
  CHECK(level != nullptr && CpuHas(level->name));
  CHECK(!CpuHas("neon") || !CpuHas("sse4"));
#if defined(__x86_64__)
  CHECK(CpuHas("sse4") == (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt")));
  CHECK(!CpuHas("avx2") || __builtin_cpu_supports("avx2"));
  CHECK(!CpuHas("avx512") || __builtin_cpu_supports("avx512f"));
  CHECK(!CpuHas("avx512") || CpuHas("avx2"));
  CHECK(!CpuHas("") && !CpuHas("neon"));
#endif
}

}  // namespace
}  // namespace offloop

int KernelSchemaTests() {
  using namespace offloop;
  const int failed = g_failed;
  ArrayKinds();
  ScalarKinds();
  OptionalKinds();
  Grows();
  StatesLive();
  Tables();
  InstructionSets();
  return g_failed - failed;
}
