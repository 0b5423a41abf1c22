// The process-wide thread pool. A task (one run of a program) is led by one thread; where the leader meets a
// phase worth sharing it opens a job, and idle threads help. Nothing blocks the caller of Submit().
#pragma once

#include <atomic>
#include <mutex>

#include "kernels/kernels.h"
#include "runtime/parking.h"

namespace mia {

// Queued once, run once on some pool thread. The pool does not touch it after `run` was entered.
struct Task {
  void (*run)(Task*) = nullptr;
  Task* next = nullptr;
};

// Processes [begin, end) of a job, on any thread.
using RangeBody = void (*)(void* context, int64_t begin, int64_t end);

class Pool {
 public:
  // Created at first use and never destroyed: threads may still work while the process exits.
  static Pool& Process();

  // Makes sure of `threads` threads if the system allows; false if there is none at all.
  bool Grow(int threads);
  int threads() const { return size_.load(std::memory_order_acquire); }

  void Submit(Task* task);
  // Takes a task back that no thread has begun; false if one has.
  bool Withdraw(Task* task);

  // Calls body on ranges that together cover [0, work.units) once, and returns when all are done. Uses the
  // calling thread, and up to threads - 1 idle ones if the caller is a pool thread or a guest and the work is
  // worth it.
  void ParallelFor(int threads, const Work& work, RangeBody body, void* context);

  // While it lives, the calling thread, which is none of the pool's, may lead jobs. Places are few; whoever
  // gets none works alone.
  class Guest {
   public:
    Guest();
    ~Guest();
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;

   private:
    int place_ = -1;
  };

 private:
  struct Worker;
  static constexpr int kGuests = 16;  // the last numbers of workers_
  Pool() = default;
  static void* Main(void* worker);
  bool AddThread();
  Task* TakeTask();
  bool Help(Worker* self);
  bool HasWork() const;
  Worker* FindLeader(int first) const;
  bool Joinable(const Worker& leader) const;
  bool Claim(Worker* leader, uint32_t* begin, uint32_t* end);
  void WorkOn(Worker* leader, bool leads);
  void MoveLate(const Worker& leader);
  bool Spin();
  void Park(Worker* self);
  void Wake(int threads);

  std::mutex grow_mutex_;
  std::atomic<int> size_{0};
  std::atomic<Worker*> workers_[kMaxThreads] = {};

  std::mutex queue_mutex_;
  Task* first_ = nullptr;  // guarded by queue_mutex_
  Task* last_ = nullptr;
  std::atomic<int> queued_{0};

  std::atomic<int> spinning_{0};
  ThreadSet parked_;
  ThreadSet called_;  // out of parked_, on their way
  ThreadSet open_;    // leaders whose job still has ranges to give away
  ThreadSet places_;  // of guests, that are taken
};

// kScratchBytes of the calling thread, kept until it ends. Null: out of memory.
char* ThreadScratch();

}  // namespace mia
