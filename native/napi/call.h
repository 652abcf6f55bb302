// JavaScript values -> slots: the one loop that reads any kernel's arguments.
#pragma once

#include "core/kernel.h"
#include "napi/api.h"
#include "napi/environment.h"

namespace offloop {

// Every instance of every kernel of the chosen level, numbered as describe() lists them.
int InstanceCount();
const Instance* InstanceAt(int index);

// Fills `slots` from the arrays in `values` (array-like parameters only, in order) and the
// numbers in the frame. Returns null, or what does not fit: TypeScript has validated already,
// so a message here means that the two sides disagree, and nothing was started.
const char* ReadSlots(napi_env env, const Instance& instance, const double* frame, const napi_value* values,
                      size_t value_count, Slot* slots);

// The one misfit that is the caller's: ERR_OFFLOOP_OVERLAP.
extern const char* const kOverlap;

// A state serves one call at a time: to be called once the job that took the slots has ended.
void ReleaseStates(const Slot* slots);

// The plan that TypeScript wrote into the frame.
Plan ReadPlan(const double* frame);

// { kernels, isa, levels, version, build, threads, source }
Napi::Value Describe(Napi::Env env);

}  // namespace offloop
