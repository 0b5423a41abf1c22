// What one JavaScript environment (the main thread, a worker) holds. Everything here belongs to that environment's
// thread, except the completions that pool threads report.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "binding/args.h"
#include "binding/table.h"
#include "runtime/executor.h"
#include "runtime/mapped_file.h"
#include "runtime/pool.h"

namespace mia {

struct Flight;

// A prepared program with the constants it holds on to.
struct LoadedProgram {
  std::unique_ptr<Program> program;
  std::vector<napi_ref> arrays;
  std::vector<Buffer*> buffers;
  int users = 1;  // the table, and runs in flight
};

// Where pool threads leave what they have finished. Shared by every run, because the last one to use it may be a pool
// thread that is still unlocking the mutex when the environment is gone.
struct Completions {
  std::mutex mutex;
  std::condition_variable all_left;
  int in_pool = 0;
  Task* done = nullptr;  // in the order they finished, through Task::next
  Task* last_done = nullptr;
  napi_threadsafe_function wake = nullptr;  // called when `done` stops being empty

  void Push(Task* task) {
    task->next = nullptr;
    (done == nullptr ? done : last_done->next) = task;
    last_done = task;
  }
  Task* TakeAll() {
    std::lock_guard<std::mutex> lock(mutex);
    Task* all = done;
    done = nullptr;
    return all;
  }
};

struct Instance {
  napi_env env = nullptr;
  Account account;
  Table<Buffer> buffers;
  Table<LoadedProgram> programs;
  Table<MappedFile> files;

  std::shared_ptr<Completions> completions = std::make_shared<Completions>();
  napi_threadsafe_function wake = nullptr;
  napi_ref on_complete = nullptr;
  std::unordered_map<int64_t, Flight*> flights;  // queued, running, or finished but not reported, by run id
  std::vector<std::unique_ptr<Flight>> spare;    // used again, with the vectors they own

  Instance() { spare.reserve(64); }
  ~Instance();
};

// One run on its way.
struct Flight : Task, Run {
  explicit Flight(std::shared_ptr<Completions> c) : completions(std::move(c)) {}
  std::shared_ptr<Completions> completions;
  int64_t id = 0;
  LoadedProgram* loaded = nullptr;
  std::vector<napi_ref> pins;    // typed arrays whose memory is read
  std::vector<Buffer*> held;     // a reference each
};

// Kernels of an ISA that this machine has, or null.
const KernelTable* FindTable(const std::string& isa);

// One user less.
void Drop(napi_env env, LoadedProgram* loaded);
// Releases what the run held, outputs too, and keeps the object for another.
void Retire(Instance& instance, Flight* flight);
// Cancels every run and waits until none touches this environment's memory any more.
void StopRuns(Instance& instance);

// The addon's functions; lib/cpu/addon.ts describes them.
napi_value Setup(Instance& instance, Args& args);
napi_value PrepareProgram(Instance& instance, Args& args);
napi_value ImageBytes(Instance& instance, Args& args);
napi_value ReleaseProgram(Instance& instance, Args& args);
napi_value RunProgram(Instance& instance, Args& args);
napi_value Cancel(Instance& instance, Args& args);
napi_value Alloc(Instance& instance, Args& args);
napi_value CopyIn(Instance& instance, Args& args);
napi_value Release(Instance& instance, Args& args);
napi_value BytesOf(Instance& instance, Args& args);
napi_value ToArrayBuffer(Instance& instance, Args& args);
napi_value Peek(Instance& instance, Args& args);
napi_value Stats(Instance& instance, Args& args);
napi_value Trim(Instance& instance, Args& args);
napi_value Probe(Instance& instance, Args& args);
napi_value MapFile(Instance& instance, Args& args);
napi_value FileBytes(Instance& instance, Args& args);
napi_value TrimFile(Instance& instance, Args& args);
napi_value FileShrank(Instance& instance, Args& args);
napi_value CloseFile(Instance& instance, Args& args);

}  // namespace mia
