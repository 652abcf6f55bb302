#include "napi/call.h"

#include <string>

#include "core/isa.h"
#include "core/pool.h"
#include "core/thread.h"

#ifndef OFFLOOP_VERSION
#define OFFLOOP_VERSION "0.0.0"
#endif
#ifndef OFFLOOP_BUILD_HASH
#define OFFLOOP_BUILD_HASH "unknown"
#endif

namespace offloop {
namespace {

// Indexed by Kind and Dtype; src/engine/native.ts spells a parameter the same way, and the
// two spellings are compared when a kernel is first used.
constexpr const char* kKindNames[] = {"in",      "inout", "out",    "matrix", "number", "integer",
                                      "boolean", "enum",  "result", "any",    "grow",   "state"};
constexpr const char* kDtypeNames[] = {"i8", "u8", "u8c", "i16", "u16", "i32", "u32", "f32", "f64", "i64", "u64", ""};
constexpr int kDtypeSizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 1};

constexpr int64_t kHugeFrom = int64_t{4} << 20;  // below that a huge page would mostly be waste

bool TakesValue(Kind kind) {
  return kind == Kind::kIn || kind == Kind::kInOut || kind == Kind::kOut || kind == Kind::kMatrix ||
         kind == Kind::kAny || kind == Kind::kState;
}

bool SameDtype(Dtype wanted, Dtype given) { return wanted == given || (wanted == Dtype::kU8 && given == Dtype::kU8C); }

struct Instances {
  const IsaLevel* level = ChooseIsa();
  std::vector<const Instance*> all;

  Instances() {
    for (int k = 0; level != nullptr && k < level->count; ++k)
      for (int i = 0; i < level->tables[k]->count; ++i) all.push_back(&level->tables[k]->instances[i]);
  }
};

const Instances& All() {
  static const Instances instances;
  return instances;
}

// True if every (i, j) of the matrix lies within [0, reachable) elements from `offset`.
bool Reaches(double rows, double cols, double row_stride, double col_stride, double offset, double length) {
  const double row_span = (rows - 1) * row_stride, col_span = (cols - 1) * col_stride;
  const double low = offset + (row_span < 0 ? row_span : 0) + (col_span < 0 ? col_span : 0);
  const double high = offset + (row_span > 0 ? row_span : 0) + (col_span > 0 ? col_span : 0);
  return low >= 0 && high < length;
}

}  // namespace

int InstanceCount() { return static_cast<int>(All().all.size()); }

const Instance* InstanceAt(int index) {
  return index >= 0 && index < InstanceCount() ? All().all[static_cast<size_t>(index)] : nullptr;
}

namespace {

// [begin, end) of the memory behind a slot.
struct Range {
  const char* begin;
  const char* end;
};

Range RangeOf(const Slot& slot) {
  const auto* begin = static_cast<const char*>(slot.data);
  return {begin, begin + slot.length * kDtypeSizes[static_cast<int>(slot.dtype)]};
}

// TypeScript has compared buffers by identity; two SharedArrayBuffer objects may still be the same memory.
bool OutputsOverlap(const Instance& instance, const Slot* slots) {
  for (int out = 0; out < instance.count; ++out) {
    const Kind kind = instance.params[out].kind;
    if ((kind != Kind::kOut && kind != Kind::kInOut) || !slots[out].present) continue;
    const Range o = RangeOf(slots[out]);
    for (int p = 0; p < instance.count; ++p) {
      const Kind other = instance.params[p].kind;
      if (p == out || !slots[p].present || !TakesValue(other) || other == Kind::kState || other == Kind::kMatrix)
        continue;
      const Range r = RangeOf(slots[p]);
      if (o.begin < r.end && r.begin < o.end && !(o.begin == r.begin && o.end == r.end)) return true;
    }
  }
  return false;
}

}  // namespace

const char* const kOverlap =
    "Expected outputs apart from the inputs but received the same memory through another buffer";

const char* ReadSlots(napi_env env, const Instance& instance, const double* frame, const napi_value* values,
                      size_t value_count, Slot* slots) {
  size_t next = 0;
  for (int p = 0; p < instance.count; ++p) {
    const Param& param = instance.params[p];
    const double* numbers = frame + frame::kSlots + p * frame::kSlotSize;
    Slot& slot = slots[p];
    slot.present = numbers[frame::kPresent] != 0;
    slot.number = numbers[frame::kNumber];
    if (!slot.present) {
      if (!param.optional) return "a parameter is missing";
      continue;
    }
    if (param.kind == Kind::kEnum && !(slot.number >= 0 && slot.number < param.choices)) return "no such choice";
    if (param.kind == Kind::kInteger && !(slot.number >= -9007199254740992.0 && slot.number <= 9007199254740992.0))
      return "not an integer";
    if (!TakesValue(param.kind)) continue;
    if (next == value_count) return "too few arrays";
    napi_value value = values[next++];
    if (param.kind == Kind::kState) {
      if (napi_get_value_external(env, value, &slot.data) != napi_ok) return "not a state";
      auto* box = static_cast<StateBox*>(slot.data);
      if (box->in_use) return "a state that another call is using";
      box->in_use = slot.is_state = true;
      continue;
    }
    napi_typedarray_type type;
    size_t length = 0;
    if (napi_get_typedarray_info(env, value, &type, &length, &slot.data, nullptr, nullptr) != napi_ok)
      return "not a typed array";
    if (static_cast<int>(type) > static_cast<int>(Dtype::kU64)) return "an element type that this build does not know";
    slot.dtype = static_cast<Dtype>(type);
    slot.length = static_cast<int64_t>(length);
    const bool any = param.kind == Kind::kAny || (param.kind == Kind::kMatrix && param.dtype == Dtype::kNone);
    if (!any && !SameDtype(param.dtype, slot.dtype)) return "an array of another element type";
    if (param.kind == Kind::kMatrix) {
      const double rows = numbers[frame::kRows], cols = numbers[frame::kCols];
      const double row_stride = numbers[frame::kRowStride], col_stride = numbers[frame::kColStride],
                   offset = numbers[frame::kOffset];
      if (!(rows >= 0 && cols >= 0)) return "a negative shape";
      if (rows > 0 && cols > 0 && !Reaches(rows, cols, row_stride, col_stride, offset, static_cast<double>(length)))
        return "a matrix that leaves its buffer";
      slot.rows = static_cast<int64_t>(rows), slot.cols = static_cast<int64_t>(cols);
      slot.row_stride = static_cast<int64_t>(row_stride), slot.col_stride = static_cast<int64_t>(col_stride);
      if (rows > 0 && cols > 0)
        slot.data = static_cast<char*>(slot.data) + static_cast<int64_t>(offset) * kDtypeSizes[static_cast<int>(type)];
    } else if (param.kind == Kind::kOut && slot.number != 0) {
      // slot.number of an output: fresh from the allocator, not touched yet.
      const int64_t bytes = slot.length * kDtypeSizes[static_cast<int>(type)];
      if (bytes >= kHugeFrom) AdviseHuge(slot.data, bytes);
    }
  }
  return OutputsOverlap(instance, slots) ? kOverlap : nullptr;
}

void ReleaseStates(const Slot* slots) {
  for (int p = 0; p < kMaxParams; ++p)
    if (slots[p].is_state) static_cast<StateBox*>(slots[p].data)->in_use = false;
}

Plan ReadPlan(const double* frame) {
  Plan plan;
  plan.threads = static_cast<int>(frame[frame::kThreads]);
  if (plan.threads < 0 || plan.threads > kMaxThreads) plan.threads = 0;
  plan.work_ns = frame[frame::kWorkNs];
  if (frame[frame::kGrainNs] > 0) plan.grain_ns = frame[frame::kGrainNs];
  if (frame[frame::kTimeoutMs] > 0) plan.deadline_ns = static_cast<double>(NowNs()) + frame[frame::kTimeoutMs] * 1e6;
  plan.priority = static_cast<int>(frame[frame::kPriority]);
  if (plan.priority < 0 || plan.priority >= kPriorities) plan.priority = 1;
  plan.report = (static_cast<int>(frame[frame::kFlags]) & frame::kFlagReport) != 0;
  plan.inline_only = (static_cast<int>(frame[frame::kFlags]) & frame::kFlagInline) != 0;
  return plan;
}

Napi::Value Describe(Napi::Env env) {
  Napi::Object out = Napi::Object::New(env);
  Napi::Object kernels = Napi::Object::New(env);
  const IsaLevel* level = All().level;
  int index = 0;
  for (int k = 0; level != nullptr && k < level->count; ++k) {
    Napi::Object instances = Napi::Object::New(env);
    for (int i = 0; i < level->tables[k]->count; ++i, ++index) {
      const Instance& instance = level->tables[k]->instances[i];
      std::string signature;
      for (int p = 0; p < instance.count; ++p) {
        const Param& param = instance.params[p];
        if (p > 0) signature += ' ';
        signature += kKindNames[static_cast<int>(param.kind)];
        if (param.dtype != Dtype::kNone) signature += std::string(":") + kDtypeNames[static_cast<int>(param.dtype)];
        if (param.choices > 0) signature += ":" + std::to_string(param.choices);
        if (param.optional) signature += '?';
      }
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("index", index);
      entry.Set("signature", signature);
      instances.Set(instance.dtype, entry);
    }
    kernels.Set(level->tables[k]->name, instances);
  }
  Napi::Array levels = Napi::Array::New(env);
  for (int i = 0; i < kIsaLevelCount; ++i) levels.Set(static_cast<uint32_t>(i), kIsaLevels[i].name);
  const CoreCount cores = CountCores();
  out.Set("kernels", kernels);
  out.Set("isa", level != nullptr ? level->name : "none");
  out.Set("levels", levels);
  out.Set("version", OFFLOOP_VERSION);
  out.Set("build", OFFLOOP_BUILD_HASH);
  out.Set("threads", cores.count);
  out.Set("source", cores.source);
  return out;
}

}  // namespace offloop
