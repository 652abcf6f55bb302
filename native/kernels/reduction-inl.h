// Reductions: a struct, turned into the Reducer of core/reduction.h.
//
//   struct Range {                                     // trivially copyable, at most kAccumulatorBytes
//     static constexpr int kSlots = 2;                 // doubles in a state
//     double low, high;
//     void Begin() { low = infinity, high = -infinity; }
//     void Unit(const double* x, int64_t n, int64_t at) { … }           // n <= kReduceUnit, also 0
//     void End(double* state) { state[0] = low, state[1] = high; }
//     static void Join(double* left, const double* right) { … }
//     static double Finish(const double* state, double parameter) { return state[1] - state[0]; }
//   };
//   OFFLOOP_KERNEL(range, OFFLOOP_INSTANCE("f64", reduction::Whole<double, range_kernel::Range>), …,
//                  OFFLOOP_INSTANCE("axis", reduction::Along<range_kernel::Range>))
//
// A Unit that takes its time (several passes) may take `Ask ask` besides, whose calls fetch what is needed next.
// A kernel with several forms (norm) writes these two functions itself and picks the Reducer by `form`.
#pragma once

#include "core/reduction.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace reduction {

template <class R>
struct Table {
  static_assert(std::is_trivially_copyable_v<R> && R::kSlots <= kReduceSlots);
  static_assert(sizeof(R) <= kAccumulatorBytes && alignof(R) <= kAccumulatorAlign);
  static void Begin(void* r) { static_cast<R*>(r)->Begin(); }
  static void Unit(void* r, const double* x, int64_t n, int64_t at) { static_cast<R*>(r)->Unit(x, n, at); }
  static void UnitAsking(void* r, const double* x, int64_t n, int64_t at, Ask ask) {
    static_cast<R*>(r)->Unit(x, n, at, ask);
  }
  static constexpr auto Asking() -> void (*)(void*, const double*, int64_t, int64_t, Ask) {
    if constexpr (requires(R r, const double* x, Ask ask) { r.Unit(x, 0, 0, ask); })
      return &UnitAsking;
    else
      return nullptr;
  }
  static void End(void* r, double* state) { static_cast<R*>(r)->End(state); }
  static void Join(double* left, const double* right) { R::Join(left, right); }
  static double Finish(const double* state, double parameter) { return R::Finish(state, parameter); }
  static constexpr Reducer kReducer{R::kSlots, &Begin, &Unit, Asking(), &End, &Join, &Finish};
};

// The parameters of src/core/reduction.ts: the array, whether to leave NaN out, which form, the state.
template <class T, class R>
Status Whole(Job& job, In<T> x, bool omit, int64_t, Result<double> state) {
  return RunReduce(job, Table<R>::kReducer, {x.data, DtypeOf<T>(), x.size}, omit, state.data);
}

template <class R>
Status Along(Job& job, AnyMatrix m, Enum<Axis> axis, bool omit, int64_t, double parameter, Out<double> out) {
  return RunReduceAxis(job, Table<R>::kReducer, m, axis.value, omit, parameter, out);
}

}  // namespace reduction
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
