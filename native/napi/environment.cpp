#include "napi/environment.h"

#include "core/pool.h"
#include "core/thread.h"
#include "napi/call.h"

// Of libuv, which Node exports and other hosts of Node-API do not: null there.
struct uv_loop_s;
#if defined(__ELF__)
extern "C" __attribute__((weak)) uint64_t uv_metrics_idle_time(uv_loop_s* loop);
#elif defined(__APPLE__)
extern "C" __attribute__((weak_import)) uint64_t uv_metrics_idle_time(uv_loop_s* loop);
#endif

namespace offloop {
namespace {

std::atomic<int64_t> environments{0};

#if defined(__ELF__) || defined(__APPLE__)
IdleClock LoopClock() {
  if (uv_metrics_idle_time == nullptr) return nullptr;
  return [](void* loop) { return static_cast<int64_t>(uv_metrics_idle_time(static_cast<uv_loop_s*>(loop))); };
}
#else
// A seat is held until its task ends.
IdleClock LoopClock() { return nullptr; }
#endif

}  // namespace

Environment::Environment(Napi::Env env) : env_(env), number_(++environments) {
  // In a worker that is being terminated no value can be made any more: then this is not sound().
  napi_value buffer = nullptr, name = nullptr;
  void* data = nullptr;
  if (napi_create_arraybuffer(env, frame::kLength * sizeof(double), &data, &buffer) != napi_ok) return;
  frame_ = static_cast<double*>(data);
  if (napi_create_reference(env, buffer, 1, &frame_ref_) != napi_ok) return;
  if (napi_create_string_utf8(env, "offloop", NAPI_AUTO_LENGTH, &name) != napi_ok) return;
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, &Environment::CallJs,
                                      &wake_) != napi_ok) {
    wake_ = nullptr;
    return;
  }
  napi_unref_threadsafe_function(env, wake_);
  // Hooks run newest first: ours must come before the threadsafe function's own.
  napi_add_env_cleanup_hook(env, &Environment::Cleanup, this);
}

Napi::Value Environment::FrameValue(Napi::Env env) const {
  napi_value value = nullptr;
  napi_get_reference_value(env, frame_ref_, &value);
  return Napi::Value(env, value);
}

void Environment::Connect(Napi::Env env, Napi::Function on_event) {
  if (callback_ != nullptr) napi_delete_reference(env, callback_);
  napi_create_reference(env, on_event, 1, &callback_);
}

Status Environment::RunSync(JobControl& job, bool progress) {
  job.owner = this;
  job.grower = &grower_;
  if (progress) job.tick = &Environment::OnTick;
  const double outer = sync_id_;  // onProgress may call offloop again
  sync_id_ = frame_[frame::kId];
  const Status status = job.RunHere();
  sync_id_ = outer;
  if (job.plan.report) Report(job);
  return status;
}

void Environment::Report(const JobControl& job) {
  double* report = frame_ + frame::kReport;
  report[0] = static_cast<double>(job.started_ns) / 1e6;
  report[1] = static_cast<double>(job.ended_ns) / 1e6;
  report[2] = static_cast<double>(job.grains());
  report[3] = static_cast<double>(job.peak_threads());
}

int64_t Environment::Claim(int priority, bool nested) {
  bool now = false;
  holders_.fetch_add(1);  // for the claim that waits
  const Claimant claimant = !nested                  ? Claimant::kOutside
                            : LoopClock() != nullptr ? Claimant::kTask
                                                     : Claimant::kBlindTask;
  const int64_t seat = Pool::Get().Claim(priority, claimant, &Environment::OnGranted, this, &now);
  if (seat == 0 || now) Release();
  return now ? seat : -seat;
}

void Environment::Leave(int64_t seat) {
  if (Pool::Get().Leave(seat)) Release();
}

void Environment::Sit(int64_t seat) {
  if (seat == 0) {
    if (loop_ != nullptr) Pool::Get().Unseat(loop_);
    return;
  }
  // The same as the crew's: beside a task of a higher one, a grain would get a quarter of a core.
  if (!lowered_) LowerPriority();
  lowered_ = true;
  uv_loop_s* loop = nullptr;
  const IdleClock clock = LoopClock();
  if (clock == nullptr || napi_get_uv_event_loop(env_, &loop) != napi_ok) return;
  loop_ = loop;
  Pool::Get().Sit(seat, clock, loop);
}

void Environment::Start(AsyncJob* job, bool progress) {
  job->environment = this;
  job->control.owner = job;
  job->control.grower = &grower_;
  job->control.finished = &Environment::OnFinished;
  job->control.started = &Environment::OnStarted;
  if (progress) job->control.progress = &Environment::OnProgress;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    job->next = jobs_;
    if (jobs_ != nullptr) jobs_->prev = job;
    jobs_ = job;
    if (in_flight_++ == 0) napi_ref_threadsafe_function(env_, wake_);
  }
  holders_.fetch_add(1);
  if (!Pool::Get().Lead(&job->control)) OnFinished(&job->control, Status::kNoMemory);  // not one thread to be had
}

void Environment::Stop(double id, Status why) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (AsyncJob* job = jobs_; job != nullptr; job = job->next)
    if (job->id == id) job->control.Stop(why);
  changed_.notify_all();
}

void Environment::Post(const Posted& event) {
  posted_.push_back(event);
  if (signalled_) return;
  signalled_ = true;
  napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
}

void Environment::Release() {
  if (holders_.fetch_sub(1) == 1) delete this;
}

// ---- On threads of the crew ----

void Environment::OnFinished(JobControl* control, Status status) {
  auto* job = static_cast<AsyncJob*>(control->owner);
  Environment* self = job->environment;
  {
    std::lock_guard<std::mutex> lock(self->mutex_);
    if (job->prev != nullptr)
      job->prev->next = job->next;
    else
      self->jobs_ = job->next;
    if (job->next != nullptr) job->next->prev = job->prev;
    --self->in_flight_;
    if (self->closing_)
      delete job;
    else
      self->Post({Event::kSettled, job, 0, status});
    self->changed_.notify_all();
  }
  self->Release();
}

void Environment::OnStarted(JobControl* control) {
  auto* job = static_cast<AsyncJob*>(control->owner);
  Environment* self = job->environment;
  std::lock_guard<std::mutex> lock(self->mutex_);
  if (!self->closing_) self->Post({Event::kStarted, job, static_cast<double>(control->started_ns) / 1e6, Status::kOk});
}

void Environment::OnGranted(void* raw, int64_t seat) {
  auto* self = static_cast<Environment*>(raw);
  {
    std::lock_guard<std::mutex> lock(self->mutex_);
    if (!self->closing_) self->Post({Event::kGranted, nullptr, static_cast<double>(seat), Status::kOk});
  }
  self->Release();
}

void Environment::OnProgress(JobControl* control, double fraction) {
  auto* job = static_cast<AsyncJob*>(control->owner);
  Environment* self = job->environment;
  std::lock_guard<std::mutex> lock(self->mutex_);
  if (!self->closing_) self->Post({Event::kProgress, job, fraction, Status::kOk});
}

void* Environment::OnGrow(Job& job, int param, int64_t count) {
  auto& control = static_cast<JobControl&>(job);
  if (control.finished == nullptr) {  // .sync: this is the environment's own thread
    auto* self = static_cast<Environment*>(control.owner);
    return self->AskForArray(self->env_, self->sync_id_, param, count);
  }
  auto* async = static_cast<AsyncJob*>(control.owner);
  Environment* self = async->environment;
  std::unique_lock<std::mutex> lock(self->mutex_);
  if (self->closing_) return nullptr;
  Growth growth{&control, param, count, nullptr, false, self->growths_};
  self->growths_ = &growth;
  self->Post({Event::kGrow, async, 0, Status::kOk});
  self->changed_.wait(lock, [&] { return growth.answered || control.stopped(); });
  for (Growth** at = &self->growths_; *at != nullptr; at = &(*at)->next)
    if (*at == &growth) {
      *at = growth.next;
      break;
    }
  return growth.data;
}

// ---- On the environment's thread ----

napi_value Environment::CallEvent(napi_env env, Event kind, double id, double a, double b) {
  napi_value callback, global, result = nullptr, arguments[4];
  napi_get_reference_value(env, callback_, &callback);
  napi_get_global(env, &global);
  napi_create_int32(env, static_cast<int32_t>(kind), &arguments[0]);
  napi_create_double(env, id, &arguments[1]);
  napi_create_double(env, a, &arguments[2]);
  napi_create_double(env, b, &arguments[3]);
  // The callback catches what it calls; a pending exception here means the isolate is terminating.
  if (napi_call_function(env, global, callback, 4, arguments, &result) != napi_ok) return nullptr;
  return result;
}

void Environment::OnTick(JobControl* control) {
  auto* self = static_cast<Environment*>(control->owner);
  napi_handle_scope scope;
  napi_open_handle_scope(self->env_, &scope);
  napi_value more = self->CallEvent(self->env_, Event::kProgress, self->sync_id_, control->fraction(), 0);
  bool stop = more == nullptr;
  if (more != nullptr) napi_get_value_bool(self->env_, more, &stop);
  napi_close_handle_scope(self->env_, scope);
  if (stop) control->Stop(Status::kStopped);
}

void* Environment::AskForArray(napi_env env, double id, int param, int64_t count) {
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  void* data = nullptr;
  napi_value array = CallEvent(env, Event::kGrow, id, param, static_cast<double>(count));
  bool is_array = false;
  if (array != nullptr && napi_is_typedarray(env, array, &is_array) == napi_ok && is_array) {
    napi_typedarray_type type;
    size_t length = 0;
    napi_get_typedarray_info(env, array, &type, &length, &data, nullptr, nullptr);
    static uint64_t empty = 0;  // a store of no elements has no address, and null means refused
    if (static_cast<int64_t>(length) < count)
      data = nullptr;
    else if (count == 0)
      data = &empty;
    else
      AdviseHuge(data, static_cast<int64_t>(length));
  }
  napi_close_handle_scope(env, scope);
  return data;
}

void Environment::CallJs(napi_env env, napi_value, void* context, void*) {
  if (env != nullptr) static_cast<Environment*>(context)->Drain(env);
}

void Environment::Drain(napi_env env) {
  std::vector<Posted> events;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    events.swap(posted_);
    signalled_ = false;
  }
  for (const Posted& event : events) {
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    switch (event.kind) {
      case Event::kProgress:
        CallEvent(env, Event::kProgress, event.job->id, event.value, 0);
        break;
      case Event::kStarted:
        CallEvent(env, Event::kStarted, event.job->id, event.value, 0);
        break;
      case Event::kGranted:
        CallEvent(env, Event::kGranted, event.value, 0, 0);
        break;
      case Event::kGrow: {
        Growth growth{};
        {
          std::lock_guard<std::mutex> lock(mutex_);
          for (Growth* at = growths_; at != nullptr; at = at->next)
            if (at->job == &event.job->control && !at->answered) growth = *at;
        }
        if (growth.job == nullptr) break;  // stopped meanwhile
        void* data = AskForArray(env, event.job->id, growth.param, growth.count);
        std::lock_guard<std::mutex> lock(mutex_);
        for (Growth* at = growths_; at != nullptr; at = at->next)
          if (at->job == growth.job && !at->answered) at->data = data, at->answered = true;
        changed_.notify_all();
        break;
      }
      case Event::kSettled: {
        for (int i = 0; i < kMaxResults; ++i)
          reinterpret_cast<uint64_t*>(frame_)[frame::kResults + i] = event.job->control.results[i];
        if (event.job->control.plan.report) Report(event.job->control);
        const double id = event.job->id;
        ReleaseStates(event.job->control.slots);
        delete event.job;
        bool idle;
        {
          std::lock_guard<std::mutex> lock(mutex_);
          idle = in_flight_ == 0 && posted_.empty();
        }
        if (idle) napi_unref_threadsafe_function(env, wake_);
        CallEvent(env, Event::kSettled, id, static_cast<double>(static_cast<int32_t>(event.status)), 0);
        break;
      }
    }
    napi_close_handle_scope(env, scope);
  }
}

void Environment::Cleanup(void* raw) {
  auto* self = static_cast<Environment*>(raw);
  if (self->loop_ != nullptr) Pool::Get().Unseat(self->loop_);
  {
    std::unique_lock<std::mutex> lock(self->mutex_);
    self->closing_ = true;
    for (AsyncJob* job = self->jobs_; job != nullptr; job = job->next) job->control.Stop(Status::kStopped);
    self->changed_.notify_all();
    self->changed_.wait(lock, [&] { return self->in_flight_ == 0; });
    for (const Posted& event : self->posted_)
      if (event.kind == Event::kSettled) delete event.job;
    self->posted_.clear();
  }
  // The threadsafe function closes itself in a hook of its own, right after this one.
  self->Release();
}

}  // namespace offloop
