// setup(), run() and cancel(): the way of a run from JavaScript to the pool and back.
#include <string.h>

#include <algorithm>
#include <new>

#include "binding/instance.h"
#include "binding/run_arguments.h"

namespace mia {
namespace {

// Work shorter than the way to another thread and back is done at once, if the caller allows. So is work of a
// few times that, with the pool's help, while nothing else is in flight: this thread would only wait for it.
constexpr double kInlineCost = 10e3;  // nanoseconds of one thread, estimated
constexpr double kShortTime = 500e3;  // estimated, once helpers share the work
constexpr int kCountedOn = 4;         // helpers may be busy elsewhere, and this thread then works alone

napi_value NewResult(napi_env env, Status status, int64_t detail, int step, size_t more) {
  napi_value result;
  if (napi_create_array_with_length(env, 3 + more, &result) != napi_ok) return nullptr;
  napi_set_element(env, result, 0, ToNumber(env, static_cast<double>(status)));
  napi_set_element(env, result, 1, ToNumber(env, static_cast<double>(detail)));
  napi_set_element(env, result, 2, ToNumber(env, step));
  return result;
}

// [status, detail, step, handles of the outputs..., times...]
napi_value MakeResult(Instance& instance, Flight* flight) {
  const napi_env env = instance.env;
  try {
    const bool ok = flight->status == Status::kOk;
    const size_t count = ok ? flight->outputs.size() : 0;
    const size_t num_times = ok ? flight->times.size() : 0;
    napi_value result = NewResult(env, flight->status, flight->detail, flight->step, count + num_times);
    for (size_t i = 0; i < count && result != nullptr; i++) {
      // 0 where the caller's own memory took the output.
      const double handle = flight->into[i] == nullptr ? instance.buffers.Add(flight->outputs[i]) : 0;
      flight->outputs[i] = nullptr;  // its reference is the table's now
      napi_set_element(env, result, static_cast<uint32_t>(3 + i), ToNumber(env, handle));
    }
    for (size_t i = 0; i < num_times && result != nullptr; i++) {
      napi_set_element(env, result, static_cast<uint32_t>(3 + count + i), ToNumber(env, flight->times[i]));
    }
    return result;
  } catch (const std::bad_alloc&) {
    return NewResult(env, Status::kOutOfMemory, 0, -1, 0);
  }
}

// On a pool thread.
void Fly(Task* task) {
  auto* flight = static_cast<Flight*>(task);
  const std::shared_ptr<Completions> completions = flight->completions;
  Execute(*flight);
  std::lock_guard<std::mutex> lock(completions->mutex);
  const bool first = completions->done == nullptr;
  completions->Push(flight);
  if (first && completions->wake != nullptr) {
    napi_call_threadsafe_function(completions->wake, nullptr, napi_tsfn_nonblocking);
  }
  if (--completions->in_pool == 0) completions->all_left.notify_all();
}

void ReportOne(Instance& instance, Flight* flight) {
  const napi_env env = instance.env;
  const auto id = static_cast<double>(flight->id);
  instance.flights.erase(flight->id);
  napi_value callback = nullptr, receiver = Undefined(env), ignored, error;
  napi_value arguments[] = {ToNumber(env, id), MakeResult(instance, flight)};
  Retire(instance, flight);
  napi_get_reference_value(env, instance.on_complete, &callback);
  if (napi_call_function(env, receiver, callback, 2, arguments, &ignored) == napi_pending_exception &&
      napi_get_and_clear_last_exception(env, &error) == napi_ok) {
    napi_fatal_exception(env, error);
  }
}

// Tells JavaScript of everything that is done. One call serves many runs.
void Report(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // the environment is closing
  auto& instance = *static_cast<Instance*>(context);
  Task* done = instance.completions->TakeAll();
  while (done != nullptr) {
    auto* flight = static_cast<Flight*>(done);
    done = done->next;
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    ReportOne(instance, flight);
    napi_close_handle_scope(env, scope);
  }
  if (instance.flights.empty()) napi_unref_threadsafe_function(env, instance.wake);
}

// Whether the memory behind an input is the caller's alone, given away, and large enough.
bool MayDonate(const std::vector<Input>& inputs, const Input& donor, size_t bytes) {
  if (donor.array != nullptr || donor.handle > 0 || donor.bytes.size < bytes || !donor.buffer->Unique())
    return false;
  int times = 0;
  for (const Input& input : inputs) times += input.buffer == donor.buffer;
  return times == 1;
}

// Keeps the memory of a typed array in place while others work on it.
bool Pin(Instance& instance, Flight* flight, napi_value array) {
  napi_ref pin;
  if (napi_create_reference(instance.env, array, 1, &pin) != napi_ok) return false;
  flight->pins.push_back(pin);
  return true;
}

// The memory of typed arrays: as it is, kept in place by a reference while others work; or a copy.
bool HoldArrays(Instance& instance, Flight* flight, const std::vector<Input>& inputs, bool queued) {
  for (size_t i = 0; i < inputs.size(); i++) {
    const Input& input = inputs[i];
    flight->base[i] = input.bytes.data;
    if (input.array == nullptr) continue;
    if (input.copy) {
      const size_t bytes = flight->program->locs[i].bytes;
      Buffer* copy = Buffer::Create(bytes, &instance.account);
      if (copy == nullptr) return false;
      if (bytes != 0) memcpy(copy->data(), input.bytes.data, bytes);
      flight->base[i] = copy->data();
      flight->held.push_back(copy);
    } else if (queued && !Pin(instance, flight, input.array)) {
      return false;
    }
  }
  return true;
}

// Memory of the caller's that takes outputs.
bool HoldTargets(Instance& instance, Flight* flight, const std::vector<Input>& targets, bool queued) {
  for (size_t i = 0; i < targets.size(); i++) {
    const Input& target = targets[i];
    flight->into[i] = target.bytes.data;
    if (target.buffer != nullptr) {
      target.buffer->Ref();
      flight->held.push_back(target.buffer);
    } else if (target.array != nullptr && queued && !Pin(instance, flight, target.array)) {
      return false;
    }
  }
  return true;
}

// Takes hold of buffers, takes over those that become outputs, and takes away the handles that were given
// away.
void HoldBuffers(Instance& instance, Flight* flight, std::vector<Input>& inputs) {
  const Program& program = *flight->program;
  for (int i = 0; i < program.num_outputs; i++) {
    const Loc& loc = program.locs[static_cast<size_t>(program.output_loc(i))];
    if (loc.donor < 0 || flight->into[static_cast<size_t>(i)] != nullptr) continue;
    Input& donor = inputs[static_cast<size_t>(loc.donor)];
    donor.donated = MayDonate(inputs, donor, loc.bytes);
    if (donor.donated) flight->outputs[static_cast<size_t>(i)] = donor.buffer;  // with the handle's reference
  }
  for (const Input& input : inputs) {
    if (input.buffer == nullptr || input.donated) continue;
    input.buffer->Ref();
    flight->held.push_back(input.buffer);
  }
  for (const Input& input : inputs) {
    if (input.handle >= 0) continue;
    Buffer* given = instance.buffers.Remove(-input.handle);
    if (given != nullptr && !input.donated) given->Unref();
  }
}

// Null if memory is short, and then nothing has changed.
Flight* Bind(Instance& instance, LoadedProgram* loaded, std::vector<Input>& inputs,
             const std::vector<Input>& targets, bool queued, bool timed) {
  std::unique_ptr<Flight> fresh;
  if (instance.spare.empty()) {
    fresh = std::make_unique<Flight>(instance.completions);
  } else {
    fresh = std::move(instance.spare.back());
    instance.spare.pop_back();
  }
  const Program& program = *loaded->program;
  fresh->held.reserve(inputs.size() + targets.size());
  fresh->pins.reserve(inputs.size() + targets.size());
  fresh->outputs.resize(static_cast<size_t>(program.num_outputs));
  fresh->into.assign(static_cast<size_t>(program.num_outputs), nullptr);
  fresh->base.resize(program.locs.size());
  fresh->times.assign(timed ? 2 * program.steps.size() : 0, 0);
  if (timed) fresh->origin = Run::Clock::now();
  fresh->program = &program;
  fresh->account = &instance.account;
  fresh->cancelled.store(false, std::memory_order_relaxed);
  fresh->Task::run = Fly;
  Flight* const flight = fresh.release();
  flight->loaded = loaded;
  loaded->users++;
  if (HoldArrays(instance, flight, inputs, queued) && HoldTargets(instance, flight, targets, queued)) {
    HoldBuffers(instance, flight, inputs);
    return flight;
  }
  Retire(instance, flight);
  return nullptr;
}

bool Queueable(const Instance& instance, const LoadedProgram* loaded, bool may_inline) {
  const double at_once = kShortTime * std::min(std::max(loaded->program->threads, 1), kCountedOn);
  return !may_inline || loaded->program->cost >= (instance.flights.empty() ? at_once : kInlineCost);
}

// Runs on this thread; what is long enough to share finds helpers.
void ExecuteHere(Flight& flight) {
  if (flight.program->cost < kInlineCost || flight.program->threads < 2) return Execute(flight);
  Pool::Process().Grow(flight.program->threads);
  const Pool::Guest guest;
  Execute(flight);
}

}  // namespace

// setup(onComplete: (runId: number, result: number[]) => void): void
napi_value Setup(Instance& instance, Args& args) {
  const napi_env env = instance.env;
  args.function("setup");
  const napi_value callback = args.Function(0, "onComplete");
  if (!args.ok()) return nullptr;
  napi_ref reference;
  if (napi_create_reference(env, callback, 1, &reference) != napi_ok)
    return Throw(env, "setup: no reference");
  if (instance.on_complete != nullptr) napi_delete_reference(env, instance.on_complete);
  instance.on_complete = reference;
  if (instance.wake != nullptr) return Undefined(env);

  napi_value name;
  napi_create_string_utf8(env, "mia", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, &instance, Report,
                                      &instance.wake) != napi_ok) {
    instance.wake = nullptr;
    return Throw(env, "setup: no thread-safe function");
  }
  napi_unref_threadsafe_function(env, instance.wake);
  instance.completions->wake = instance.wake;
  // Hooks run last in, first out: this one before Node takes the thread-safe function away.
  napi_add_env_cleanup_hook(
      env, [](void* data) { StopRuns(*static_cast<Instance*>(data)); }, &instance);
  return Undefined(env);
}

// run(program: number, inputs: (ArrayBufferView | number)[], runId: number, inline: boolean,
//     into: (ArrayBufferView | number | null)[], timed: boolean): number[] | undefined
napi_value RunProgram(Instance& instance, Args& args) {
  const napi_env env = instance.env;
  args.function("run");
  const double program_id = args.Number(0, "program");
  const size_t count = args.ArrayLength(1, "inputs");
  const int64_t run_id = args.Int(2, "runId", -kMaxInt, kMaxInt);
  const bool may_inline = args.Bool(3, "inline");
  const size_t num_targets = args.ArrayLength(4, "into");
  const bool timed = args.Bool(5, "timed");
  if (!args.ok()) return nullptr;
  const LoadedProgram* before = instance.programs.Find(program_id);
  if (before == nullptr) return Throw(env, "run: there is no such program");
  if (static_cast<size_t>(before->program->num_inputs) != count) {
    return Throw(env, "run: the program has " + std::to_string(before->program->num_inputs) +
                          " inputs, got " + std::to_string(count));
  }
  if (num_targets != 0 && num_targets != static_cast<size_t>(before->program->num_outputs)) {
    return Throw(env, "run: the program has " + std::to_string(before->program->num_outputs) +
                          " outputs, got " + std::to_string(num_targets) + " targets");
  }
  const bool queued = Queueable(instance, before, may_inline);
  std::vector<Input> inputs(count);
  std::vector<Input> targets(num_targets);
  if (!ReadInputs(env, args.value(1), queued, &inputs)) return nullptr;
  if (!ReadTargets(env, args.value(4), &targets)) return nullptr;

  LoadedProgram* loaded = instance.programs.Find(program_id);
  if (loaded == nullptr) return Throw(env, "run: there is no such program");
  const Program& program = *loaded->program;
  for (size_t i = 0; i < inputs.size(); i++) {
    const std::string error = Resolve(instance, program.locs[i], &inputs[i]);
    if (!error.empty()) return Throw(env, "run: input " + std::to_string(i) + " " + error);
  }
  for (size_t i = 0; i < targets.size(); i++) {
    const Loc& loc = program.locs[static_cast<size_t>(program.output_loc(static_cast<int>(i)))];
    const std::string error = CheckTarget(instance, loc, &targets[i]);
    if (!error.empty()) return Throw(env, "run: target " + std::to_string(i) + " " + error);
  }
  if (!queued) {
    Flight* flight = Bind(instance, loaded, inputs, targets, false, timed);
    if (flight == nullptr) return ThrowOutOfMemory(env);
    ExecuteHere(*flight);
    const napi_value result = MakeResult(instance, flight);
    Retire(instance, flight);
    return result;
  }

  if (instance.wake == nullptr) return Throw(env, "run: setup() was not called");
  if (instance.flights.count(run_id) != 0) return Throw(env, "run: runId is in use");
  if (!Pool::Process().Grow(program.threads)) return Throw(env, "run: no thread could be started");
  // The id is taken first, because that may fail and Bind() cannot be undone.
  Flight*& slot = instance.flights[run_id];
  Flight* flight = nullptr;
  try {
    flight = Bind(instance, loaded, inputs, targets, true, timed);
  } catch (const std::bad_alloc&) {
  }
  if (flight == nullptr) {
    instance.flights.erase(run_id);
    return ThrowOutOfMemory(env);
  }
  slot = flight;
  flight->id = run_id;
  if (instance.flights.size() == 1) napi_ref_threadsafe_function(env, instance.wake);
  {
    std::lock_guard<std::mutex> lock(instance.completions->mutex);
    instance.completions->in_pool++;
  }
  Pool::Process().Submit(flight);
  return Undefined(env);
}

// cancel(runId: number): void
napi_value Cancel(Instance& instance, Args& args) {
  args.function("cancel");
  const int64_t id = args.Int(0, "runId", -kMaxInt, kMaxInt);
  if (!args.ok()) return nullptr;
  const auto found = instance.flights.find(id);
  if (found != instance.flights.end()) found->second->cancelled.store(true, std::memory_order_relaxed);
  return Undefined(instance.env);
}

}  // namespace mia
