// What a kernel file sees: parameter kinds, and the macro that publishes it.
//
// The C++ signature is the schema. `Kernel<Fn>` reads the parameter types of a
// kernel function once, at compile time, into a table of `Param` (which the
// JavaScript side walks and checks) and one call pointer (which unpacks slots
// into the typed parameters). Nothing about a kernel is written twice.
//
// Kernel files are compiled once per instruction set. Everything here that is
// not a plain type is therefore always_inline or depends on a type of the
// kernel's own unnamed namespace: an inline function that the compiler chose to
// emit from an AVX2 object could be picked by the linker for baseline code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/status.h"

#if defined(_MSC_VER) && !defined(__clang__)
#define OFFLOOP_INLINE __forceinline
#else
#define OFFLOOP_INLINE inline __attribute__((always_inline))
#endif

namespace offloop {

class Job;

// Element types, in the order in which Node-API numbers typed arrays, so that no table maps them.
enum class Dtype : uint8_t { kI8, kU8, kU8C, kI16, kU16, kI32, kU32, kF32, kF64, kI64, kU64, kNone };

enum class Kind : uint8_t {
  kIn,
  kInOut,
  kOut,
  kMatrix,
  kNumber,
  kInteger,
  kBoolean,
  kEnum,
  kResult,
  kAny,
  kGrow,
  kState
};

// A growing result's way back to the caller: core asks, the side that owns the
// arrays answers with a store of `count` elements, or null.
struct Grower {
  void* (*allocate)(Job& job, int param, int64_t count);
};

// A native object that outlives one call (a stream's accumulator, a plan).
struct StateBox {
  void* object = nullptr;
  void (*destroy)(void*) = nullptr;
  bool in_use = false;  // one call at a time; read and written on its environment's thread only
};

// One argument as it reaches native code, whatever its kind.
struct Slot {
  void* data = nullptr;  // first element, the view's offset applied; StateBox* for a state
  int64_t length = 0;    // elements; for a matrix those reachable from data
  int64_t rows = 0, cols = 0, row_stride = 0, col_stride = 0;  // strides in elements
  double number = 0;
  Dtype dtype = Dtype::kNone;
  bool present = false;
  bool is_state = false;
};

constexpr int kMaxParams = 12;
constexpr int kMaxResults = 8;

// ---- Parameter kinds ----

template <class T>
struct In {
  const T* data;
  int64_t size;
};
template <class T>
struct InOut {
  T* data;
  int64_t size;
};
template <class T>
struct Out {
  T* data;
  int64_t size;
};
// A strided read-only matrix; element (i, j) is data[i * row_stride + j * col_stride].
template <class T>
struct Matrix {
  const T* data;
  int64_t rows, cols, row_stride, col_stride;
};
// The same for any element type: for kernels that convert what they read.
struct AnyMatrix {
  const void* data;
  Dtype dtype;
  int64_t rows, cols, row_stride, col_stride;
};
// Up to kMaxResults scalars that travel back without an array of their own.
template <class T>
struct Result {
  static_assert(sizeof(T) == 8, "results are 8 bytes each");
  T* data;
};
// An optional parameter; `value` is meaningful only if `present`.
template <class P>
struct Opt {
  P value;
  bool present;
};
// One of E's enumerators, E::kCount being the number of them.
template <class E>
struct Enum {
  E value;
};
// An array of any element type: for kernels with mixed dtypes.
struct Any {
  const void* data;
  int64_t size;
  Dtype dtype;
};
// A result whose length the kernel learns on the way. Allocate() may be called
// once, from the body, and returns null when memory cannot be had or the job stops.
template <class T>
struct Grow {
  Job* job;
  int param;
  const Grower* grower;
  OFFLOOP_INLINE T* Allocate(int64_t count) { return static_cast<T*>(grower->allocate(*job, param, count)); }
};
// A native S that lives between calls; made on first use.
template <class S>
struct State {
  S* object;
  OFFLOOP_INLINE S& operator*() { return *object; }
  OFFLOOP_INLINE S* operator->() { return object; }
};

// ---- The schema, read off the signature ----

struct Param {
  Kind kind;
  Dtype dtype;
  bool optional;
  uint8_t choices;  // enumerators of an Enum
};

template <class T>
constexpr Dtype DtypeOf() {
  if constexpr (std::is_same_v<T, double>)
    return Dtype::kF64;
  else if constexpr (std::is_same_v<T, float>)
    return Dtype::kF32;
  else if constexpr (std::is_same_v<T, int8_t>)
    return Dtype::kI8;
  else if constexpr (std::is_same_v<T, uint8_t>)
    return Dtype::kU8;
  else if constexpr (std::is_same_v<T, int16_t>)
    return Dtype::kI16;
  else if constexpr (std::is_same_v<T, uint16_t>)
    return Dtype::kU16;
  else if constexpr (std::is_same_v<T, int32_t>)
    return Dtype::kI32;
  else if constexpr (std::is_same_v<T, uint32_t>)
    return Dtype::kU32;
  else if constexpr (std::is_same_v<T, int64_t>)
    return Dtype::kI64;
  else if constexpr (std::is_same_v<T, uint64_t>)
    return Dtype::kU64;
}

// What an unpacking may need besides the slot.
struct Context {
  Job* job;
  const Grower* grower;
  uint64_t* results;
};

template <class P>
struct Arg;

template <class T>
struct Arg<In<T>> {
  static constexpr Param kParam{Kind::kIn, DtypeOf<T>(), false, 0};
  static OFFLOOP_INLINE In<T> Get(const Slot& s, int, const Context&) {
    return {static_cast<const T*>(s.data), s.length};
  }
};
template <class T>
struct Arg<InOut<T>> {
  static constexpr Param kParam{Kind::kInOut, DtypeOf<T>(), false, 0};
  static OFFLOOP_INLINE InOut<T> Get(const Slot& s, int, const Context&) { return {static_cast<T*>(s.data), s.length}; }
};
template <class T>
struct Arg<Out<T>> {
  static constexpr Param kParam{Kind::kOut, DtypeOf<T>(), false, 0};
  static OFFLOOP_INLINE Out<T> Get(const Slot& s, int, const Context&) { return {static_cast<T*>(s.data), s.length}; }
};
template <class T>
struct Arg<Matrix<T>> {
  static constexpr Param kParam{Kind::kMatrix, DtypeOf<T>(), false, 0};
  static OFFLOOP_INLINE Matrix<T> Get(const Slot& s, int, const Context&) {
    return {static_cast<const T*>(s.data), s.rows, s.cols, s.row_stride, s.col_stride};
  }
};
template <>
struct Arg<AnyMatrix> {
  static constexpr Param kParam{Kind::kMatrix, Dtype::kNone, false, 0};
  static OFFLOOP_INLINE AnyMatrix Get(const Slot& s, int, const Context&) {
    return {s.data, s.dtype, s.rows, s.cols, s.row_stride, s.col_stride};
  }
};
template <class T>
struct Arg<Result<T>> {
  static constexpr Param kParam{Kind::kResult, DtypeOf<T>(), false, 0};
  static OFFLOOP_INLINE Result<T> Get(const Slot&, int, const Context& c) { return {reinterpret_cast<T*>(c.results)}; }
};
template <>
struct Arg<double> {
  static constexpr Param kParam{Kind::kNumber, Dtype::kNone, false, 0};
  static OFFLOOP_INLINE double Get(const Slot& s, int, const Context&) { return s.number; }
};
template <>
struct Arg<int64_t> {
  static constexpr Param kParam{Kind::kInteger, Dtype::kNone, false, 0};
  static OFFLOOP_INLINE int64_t Get(const Slot& s, int, const Context&) { return static_cast<int64_t>(s.number); }
};
template <>
struct Arg<bool> {
  static constexpr Param kParam{Kind::kBoolean, Dtype::kNone, false, 0};
  static OFFLOOP_INLINE bool Get(const Slot& s, int, const Context&) { return s.number != 0; }
};
template <class E>
struct Arg<Enum<E>> {
  static constexpr Param kParam{Kind::kEnum, Dtype::kNone, false, static_cast<uint8_t>(E::kCount)};
  static OFFLOOP_INLINE Enum<E> Get(const Slot& s, int, const Context&) {
    return {static_cast<E>(static_cast<int>(s.number))};
  }
};
template <>
struct Arg<Any> {
  static constexpr Param kParam{Kind::kAny, Dtype::kNone, false, 0};
  static OFFLOOP_INLINE Any Get(const Slot& s, int, const Context&) { return {s.data, s.length, s.dtype}; }
};
template <class T>
struct Arg<Grow<T>> {
  static constexpr Param kParam{Kind::kGrow, DtypeOf<T>(), false, 0};
  static OFFLOOP_INLINE Grow<T> Get(const Slot&, int index, const Context& c) { return {c.job, index, c.grower}; }
};
template <class S>
struct Arg<State<S>> {
  static constexpr Param kParam{Kind::kState, Dtype::kNone, false, 0};
  static OFFLOOP_INLINE State<S> Get(const Slot& s, int, const Context&) {
    auto* box = static_cast<StateBox*>(s.data);
    if (box == nullptr) return {nullptr};  // an Opt<State> that is absent
    if (box->object == nullptr) {
      box->object = new S();
      box->destroy = [](void* object) { delete static_cast<S*>(object); };
    }
    return {static_cast<S*>(box->object)};
  }
};
template <class P>
struct Arg<Opt<P>> {
  static constexpr Param kParam{Arg<P>::kParam.kind, Arg<P>::kParam.dtype, true, Arg<P>::kParam.choices};
  static OFFLOOP_INLINE Opt<P> Get(const Slot& s, int index, const Context& c) {
    return {Arg<P>::Get(s, index, c), s.present};
  }
};

using CallPointer = Status (*)(const Context& context, const Slot* slots);

// One kernel for one combination of element types.
struct Instance {
  const char* dtype;  // "f64", or "f64,u32" for mixed ones: the key TypeScript picks it by
  const Param* params;
  int count;
  CallPointer call;
};

struct KernelTable {
  const char* name;
  const Instance* instances;
  int count;
};

template <auto Fn>
struct Kernel;
template <class... P, Status (*Fn)(Job&, P...)>
struct Kernel<Fn> {
  static_assert(sizeof...(P) <= kMaxParams);
  static constexpr int kCount = sizeof...(P);
  static constexpr Param kParams[kCount > 0 ? kCount : 1] = {Arg<P>::kParam...};
  static Status Call(const Context& c, const Slot* s) { return Unroll(c, s, static_cast<Indices*>(nullptr)); }

 private:
  template <int... I>
  struct List {};
  template <int N, int... I>
  struct Make : Make<N - 1, N - 1, I...> {};
  template <int... I>
  struct Make<0, I...> {
    using type = List<I...>;
  };
  using Indices = typename Make<kCount>::type;
  template <int... I>
  static OFFLOOP_INLINE Status Unroll(const Context& c, const Slot* s, List<I...>*) {
    return Fn(*c.job, Arg<P>::Get(s[I], I, c)...);
  }
};

#define OFFLOOP_INSTANCE(dtype, ...)                                                        \
  ::offloop::Instance {                                                                     \
    dtype, ::offloop::Kernel<__VA_ARGS__>::kParams, ::offloop::Kernel<__VA_ARGS__>::kCount, \
        &::offloop::Kernel<__VA_ARGS__>::Call                                               \
  }

// Publishes the file's kernel: the only symbol that leaves it.
#define OFFLOOP_KERNEL(kernel, ...)                                       \
  namespace {                                                             \
  constexpr ::offloop::Instance k_##kernel##_instances[] = {__VA_ARGS__}; \
  }                                                                       \
  extern const ::offloop::KernelTable kernel##_table;                     \
  const ::offloop::KernelTable kernel##_table = {                         \
      #kernel, k_##kernel##_instances,                                    \
      static_cast<int>(sizeof(k_##kernel##_instances) / sizeof(::offloop::Instance))};

// The namespace of the instruction set this object is compiled for.
#ifndef OFFLOOP_ISA
#define OFFLOOP_ISA baseline
#endif

}  // namespace offloop
