// What benches of kernels share: work on the real pool, and the peak that it is judged by.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#define main HarnessMain  // the fixture brings the test harness along
#include "kernel_fixture.h"
#undef main
#include "kernels/probe.h"
#include "runtime/memory.h"
#include "runtime/pool.h"

namespace {

using kernel::DType;
using kernel::Reg;
using Clock = std::chrono::steady_clock;
double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Job {
  const mia::Step* step;
  const mia::Frame* frame;
  int phase = 0;
};
void RunRange(void* context, int64_t begin, int64_t end) {
  const auto* job = static_cast<const Job*>(context);
  mia::Frame frame = *job->frame;
  frame.scratch = mia::ThreadScratch();
  job->step->kernel->run(*job->step, frame, job->phase, begin, end);
}

// Runs a function on a pool thread.
struct OnPool : mia::Task {
  explicit OnPool(std::function<void()> f) : function(std::move(f)) {
    run = [](mia::Task* task) {
      auto* self = static_cast<OnPool*>(task);
      self->function();
      std::lock_guard<std::mutex> lock(self->mutex);
      self->over = true;
      self->condition.notify_all();
    };
    mia::Pool::Process().Submit(this);
    std::unique_lock<std::mutex> lock(mutex);
    condition.wait(lock, [this] { return over; });
  }
  std::function<void()> function;
  std::mutex mutex;
  std::condition_variable condition;
  bool over = false;
};

// Billions of operations a second of a probe's loop.
double Peak(double (*loop)(int64_t), int threads) {
  std::vector<double> flops(static_cast<size_t>(threads));
  std::vector<std::thread> others;
  const auto start = Clock::now();
  const auto work = [&](int t) { flops[static_cast<size_t>(t)] = loop(threads > 1 ? 200000 : 100000); };
  for (int t = 1; t < threads; t++) others.emplace_back(work, t);
  work(0);
  for (auto& other : others) other.join();
  double sum = 0;
  for (double f : flops) sum += f;
  return sum / Since(start) * 1e-9;
}

}  // namespace
