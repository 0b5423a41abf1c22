// Runs a prepared program once.
#pragma once

#include <atomic>
#include <chrono>
#include <vector>

#include "runtime/memory.h"
#include "runtime/program.h"

namespace mia {

struct Run {
  using Clock = std::chrono::steady_clock;

  // Set by the caller.
  const Program* program = nullptr;
  std::vector<char*> base;        // of every Loc; the caller fills in the inputs
  std::vector<Buffer*> outputs;   // a reference each; null where Execute() is to allocate, a donor's buffer otherwise
  std::vector<char*> into;        // by output: memory of the caller's that takes it instead, or null; may be empty
  Account* account = nullptr;     // of the outputs
  Clock::time_point origin;        // of the times
  std::vector<double> times;       // [steps, 2]: start and end of each, in nanoseconds since then; empty: not timed
  std::atomic<bool> cancelled{false};  // may be set at any time, looked at between ranges

  // Set by Execute(). Unless status is kOk there are no outputs.
  Status status = Status::kOk;
  int64_t detail = 0;  // the value that was out of range; the bytes that were not to be had
  int step = -1;       // where it happened
};

// On a pool thread, or a guest of the pool, with the help of others; on any other thread alone. Never throws.
void Execute(Run& run) noexcept;

}  // namespace mia
