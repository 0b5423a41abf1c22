#include "runtime/executor.h"

#include "runtime/pool.h"

namespace mia {
namespace {

struct Phase {
  const Run* run;
  const Step* step;
  int index;
  char* shared;
  int32_t* status;
  int64_t* detail;

  bool Stopped() const {
    return run->cancelled.load(std::memory_order_relaxed) || __atomic_load_n(status, __ATOMIC_RELAXED) != 0;
  }
};

void RunRange(void* context, int64_t begin, int64_t end) {
  const auto* phase = static_cast<const Phase*>(context);
  if (phase->Stopped()) return;
  const Frame frame{phase->run->base.data(), phase->shared, ThreadScratch(), phase->status, phase->detail};
  phase->step->kernel->run(*phase->step, frame, phase->index, begin, end);
}

void Stop(Run& run, Status status, int64_t detail, int step) {
  run.status = status;
  run.detail = detail;
  run.step = step;
}

// Binds everything but the inputs. Outputs come from here, not from the caller, to keep page faults off Node's thread.
bool BindMemory(Run& run, const Arena& arena) {
  const Program& program = *run.program;
  if (!arena.ok()) {
    Stop(run, Status::kOutOfMemory, static_cast<int64_t>(program.arena_bytes), -1);
    return false;
  }
  for (int i = 0; i < program.num_outputs; i++) {
    const auto loc = static_cast<size_t>(program.output_loc(i));
    if (!run.into.empty() && run.into[static_cast<size_t>(i)] != nullptr) {
      run.base[loc] = run.into[static_cast<size_t>(i)];
      continue;
    }
    Buffer*& output = run.outputs[static_cast<size_t>(i)];
    if (output == nullptr) output = Buffer::Create(program.locs[loc].bytes, run.account);
    if (output == nullptr) {
      Stop(run, Status::kOutOfMemory, static_cast<int64_t>(program.locs[loc].bytes), -1);
      return false;
    }
    run.base[loc] = output->data();
  }
  for (int i = 0; i < program.num_consts; i++) {
    run.base[static_cast<size_t>(program.const_loc(i))] = program.const_data[static_cast<size_t>(i)];
  }
  for (int i = 0; i < program.num_temps; i++) {
    const auto loc = static_cast<size_t>(program.temp_loc(i));
    run.base[loc] = arena.data() + program.locs[loc].offset;
  }
  return true;
}

void Note(Run& run, size_t index) {
  if (run.times.empty()) return;
  run.times[index] = std::chrono::duration<double, std::nano>(Run::Clock::now() - run.origin).count();
}

void RunSteps(Run& run, char* arena) {
  Pool& pool = Pool::Process();
  const Work* work = run.program->work.data();
  const int num_steps = static_cast<int>(run.program->steps.size());
  for (int i = 0; i < num_steps; i++) {
    const Step& step = run.program->steps[static_cast<size_t>(i)];
    int32_t status = 0;
    int64_t detail = 0;
    Note(run, 2 * static_cast<size_t>(i));
    Phase phase{&run, &step, 0, step.shared_bytes == 0 ? nullptr : arena + step.shared_offset, &status, &detail};
    for (; phase.index < step.kernel->phases; phase.index++) {
      pool.ParallelFor(run.program->threads, *work++, RunRange, &phase);
      if (!phase.Stopped()) continue;
      return Stop(run, status != 0 ? static_cast<Status>(status) : Status::kCancelled, detail, i);
    }
    Note(run, 2 * static_cast<size_t>(i) + 1);
  }
}

}  // namespace

void Execute(Run& run) noexcept {
  run.status = Status::kOk;
  if (run.cancelled.load(std::memory_order_relaxed)) {
    Stop(run, Status::kCancelled, 0, -1);
  } else if (ThreadScratch() == nullptr) {
    Stop(run, Status::kOutOfMemory, static_cast<int64_t>(kScratchBytes), -1);
  } else {
    const Arena arena(run.program->arena_bytes);
    if (BindMemory(run, arena)) RunSteps(run, arena.data());
  }
  if (run.status == Status::kOk) return;
  for (Buffer*& output : run.outputs) {
    if (output != nullptr) output->Unref();
    output = nullptr;
  }
}

}  // namespace mia
