// The module: a handful of exports. No kernel ever adds one.

#include <vector>

#include "core/pool.h"
#include "napi/api.h"
#include "napi/call.h"
#include "napi/environment.h"

namespace offloop {
namespace {

constexpr size_t kMaxValues = kMaxParams + 1;

Environment* Of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<Environment*>(data);
}

napi_value Throw(napi_env env, const char* message) {
  if (message == kOverlap)
    napi_throw_range_error(env, "ERR_OFFLOOP_OVERLAP", message);
  else
    napi_throw_error(env, "ERR_OFFLOOP_INTERNAL", message);
  return nullptr;
}

// Reads (instance, ...values) into a job; false with an exception pending if they do not fit.
bool Prepare(napi_env env, napi_callback_info info, JobControl& job, Environment* environment) {
  napi_value values[kMaxValues];
  size_t count = kMaxValues;
  int32_t index = -1;
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  if (environment == nullptr || count < 1 || count > kMaxValues) return Throw(env, "not a call"), false;
  napi_get_value_int32(env, values[0], &index);
  const Instance* instance = InstanceAt(index);
  if (instance == nullptr) return Throw(env, "no such kernel"), false;
  const char* misfit = ReadSlots(env, *instance, environment->frame(), values + 1, count - 1, job.slots);
  if (misfit != nullptr) return ReleaseStates(job.slots), Throw(env, misfit), false;
  job.call = instance->call;
  job.plan = ReadPlan(environment->frame());
  job.trace = {environment->number(), static_cast<int64_t>(environment->frame()[frame::kId]), index};
  return true;
}

bool WantsProgress(const double* frame) { return (static_cast<int>(frame[frame::kFlags]) & frame::kFlagProgress) != 0; }

// sync(instance, ...arrays): status. Blocks; results are in the frame.
napi_value Sync(napi_env env, napi_callback_info info) {
  Environment* environment = Of(env);
  JobControl job;
  if (!Prepare(env, info, job, environment)) return nullptr;
  double* frame = environment->frame();
  const Status status = environment->RunSync(job, WantsProgress(frame));
  ReleaseStates(job.slots);
  for (int i = 0; i < kMaxResults; ++i) reinterpret_cast<uint64_t*>(frame)[frame::kResults + i] = job.results[i];
  napi_value value;
  napi_create_int32(env, static_cast<int32_t>(status), &value);
  return value;
}

// start(instance, ...arrays): runs it off this thread; frame[kId] names it in events.
napi_value Start(napi_env env, napi_callback_info info) {
  Environment* environment = Of(env);
  auto* job = new AsyncJob();
  if (!Prepare(env, info, job->control, environment)) {
    delete job;
    return nullptr;
  }
  double* frame = environment->frame();
  job->id = frame[frame::kId];
  environment->Start(job, WantsProgress(frame));
  return nullptr;
}

// stop(id): the job ends within a grain and settles as stopped.
napi_value Stop(napi_env env, napi_callback_info info) {
  napi_value value;
  size_t count = 1;
  double id = 0;
  napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  napi_get_value_double(env, value, &id);
  if (Environment* environment = Of(env)) environment->Stop(id, Status::kStopped);
  return nullptr;
}

// configure(cores, threads): the budget of the process from now on, and how much of it grains may have.
Napi::Value Configure(const Napi::CallbackInfo& info) {
  Pool::Get().Configure(info[0].ToNumber().Int32Value(), info[1].ToNumber().Int32Value());
  return info.Env().Undefined();
}

// claim(priority, nested): a core for a task. Its seat; negative: an event will say when.
Napi::Value Claim(const Napi::CallbackInfo& info) {
  Environment* environment = Of(info.Env());
  if (environment == nullptr) return Napi::Number::New(info.Env(), 0);
  const int64_t seat = environment->Claim(info[0].ToNumber().Int32Value(), info[1].ToBoolean());
  return Napi::Number::New(info.Env(), static_cast<double>(seat));
}

// leave(seat): the task has ended, or wants its core no more.
Napi::Value Leave(const Napi::CallbackInfo& info) {
  if (Environment* environment = Of(info.Env())) environment->Leave(info[0].ToNumber().Int64Value());
  return info.Env().Undefined();
}

// sit(seat): its task runs on this thread, and holds no core while the loop waits; sit(0): it has ended.
Napi::Value Sit(const Napi::CallbackInfo& info) {
  if (Environment* environment = Of(info.Env())) environment->Sit(info[0].ToNumber().Int64Value());
  return info.Env().Undefined();
}

// look(): grants what waiting loops have freed.
Napi::Value Look(const Napi::CallbackInfo& info) {
  Pool::Get().Look();
  return info.Env().Undefined();
}

// trace(on): whether grains are recorded, in the whole process.
Napi::Value SetTracing(const Napi::CallbackInfo& info) {
  Pool::Get().SetTracing(info[0].ToBoolean());
  return info.Env().Undefined();
}

// drain(): the records so far, eight numbers each: thread, environment, job, instance, begin, end (ns), items, lane.
Napi::Value Drain(const Napi::CallbackInfo& info) {
  std::vector<GrainRecord> records(static_cast<size_t>(Pool::Get().Recorded()));
  const auto count = static_cast<size_t>(Pool::Get().Drain(records.data(), static_cast<int64_t>(records.size())));
  Napi::Float64Array out = Napi::Float64Array::New(info.Env(), 8 * count);
  for (size_t i = 0; i < count; ++i) {
    const GrainRecord& r = records[i];
    const int64_t row[] = {r.thread,   r.name.environment, r.name.job, r.name.instance,
                           r.begin_ns, r.end_ns,           r.items,    r.lane};
    for (size_t j = 0; j < 8; ++j) out[8 * i + j] = static_cast<double>(row[j]);
  }
  return out;
}

Napi::Value Stats(const Napi::CallbackInfo& info) {
  const PoolStats stats = Pool::Get().Stats();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("cores", stats.cores);
  out.Set("threads", stats.threads);
  out.Set("started", stats.started);
  out.Set("busy", stats.busy);
  out.Set("held", stats.held);
  out.Set("claims", stats.claims);
  out.Set("running", stats.running);
  out.Set("queued", stats.queued);
  out.Set("grains", static_cast<double>(stats.grains));
  out.Set("jobs", static_cast<double>(stats.bodies));
  out.Set("cancelled", static_cast<double>(stats.cancelled));
  out.Set("scratch", static_cast<double>(stats.scratch));
  out.Set("lost", static_cast<double>(stats.lost));
  return out;
}

// state(): a native object's box, for State<S> parameters. Made by its first kernel, freed with the handle.
Napi::Value MakeState(const Napi::CallbackInfo& info) {
  return Napi::External<StateBox>::New(info.Env(), new StateBox(), [](Napi::Env, StateBox* box) {
    if (box->destroy != nullptr) box->destroy(box->object);
    delete box;
  });
}

Napi::Value Connect(const Napi::CallbackInfo& info) {
  Environment* environment = Of(info.Env());
  if (environment == nullptr) return info.Env().Undefined();
  environment->Connect(info.Env(), info[0].As<Napi::Function>());
  return environment->FrameValue(info.Env());
}

void Raw(napi_env env, Napi::Object exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) != napi_ok) return;
  exports.Set(name, Napi::Value(env, function));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  // Freed by its own cleanup hook, once no job of this environment runs any more.
  auto* environment = new Environment(env);
  if (!environment->sound()) {
    delete environment;
    return exports;
  }
  napi_set_instance_data(env, environment, nullptr, nullptr);
  Raw(env, exports, "sync", &Sync);
  Raw(env, exports, "start", &Start);
  Raw(env, exports, "stop", &Stop);
  exports.Set("connect", Napi::Function::New(env, &Connect));
  exports.Set("describe",
              Napi::Function::New(env, [](const Napi::CallbackInfo& info) { return Describe(info.Env()); }));
  exports.Set("configure", Napi::Function::New(env, &Configure));
  exports.Set("stats", Napi::Function::New(env, &Stats));
  exports.Set("claim", Napi::Function::New(env, &Claim));
  exports.Set("leave", Napi::Function::New(env, &Leave));
  exports.Set("sit", Napi::Function::New(env, &Sit));
  exports.Set("look", Napi::Function::New(env, &Look));
  exports.Set("trace", Napi::Function::New(env, &SetTracing));
  exports.Set("drain", Napi::Function::New(env, &Drain));
  exports.Set("environment", static_cast<double>(environment->number()));
  exports.Set("state", Napi::Function::New(env, &MakeState));
  return exports;
}

}  // namespace
}  // namespace offloop

static Napi::Object InitAll(Napi::Env env, Napi::Object exports) { return offloop::Init(env, exports); }

NODE_API_MODULE(offloop, InitAll)
