#include "runtime/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <new>

#include "runtime/cut.h"
#include "runtime/memory.h"
#include "runtime/placement.h"

namespace mia {
namespace {

// All in nanoseconds of estimated work. Waking a sleeper costs the waker a microsecond or two, and the
// sleeper arrives some five later; a spinning thread joins at once.
constexpr double kShareFrom = 8e3;   // a phase below this is not worth another core's caches
constexpr double kWakeFrom = 20e3;   // nor, below this, a system call
constexpr double kPerHelper = 10e3;  // work that each thread woken should find
constexpr int kNice = 4;
constexpr auto kSpin = std::chrono::microseconds(50);
constexpr auto kLate = std::chrono::microseconds(50);  // then a thread that was woken waits for a core
constexpr double kIdleSeconds = 3;                     // then a sleeping pool gives idle memory back

struct Scratch {
  Block block;
  ~Scratch() { Free(block); }
};
thread_local Scratch scratch;

}  // namespace

char* ThreadScratch() {
  if (scratch.block.data == nullptr) scratch.block = Allocate(kScratchBytes);
  return scratch.block.data;
}

// A thread, and the job it leads. The job is reused for every phase and never goes away, so a helper that
// comes late does no harm: it reads `cursor`, then `limits`, and a claim (a compare-and-swap of cursor, whose
// upper half numbers the jobs) succeeds only if both still belong to the job that is open. Everything behind
// the claim may be plain data: the leader waits until all claimed blocks are done before it changes anything.
struct Pool::Worker {
  static constexpr uint32_t kClosed = UINT32_MAX;

  Pool* pool;
  int index;
  Bed bed;
  Placement placement;
  Block scratch;

  alignas(64) std::atomic<uint64_t> cursor{kClosed};  // job number << 32 | next block
  std::atomic<uint64_t> limits{0};  // blocks << 32 | most blocks in one claim << 12 | threads
  RangeBody body = nullptr;
  void* context = nullptr;
  int64_t units = 0, block_units = 0;
  std::chrono::steady_clock::time_point woke;
  std::atomic<int> core{-1};                  // of the leader, when it opened the job
  alignas(64) std::atomic<uint32_t> done{0};  // blocks
  alignas(64) std::atomic<int> helpers{0};

  uint32_t Blocks() const { return static_cast<uint32_t>(limits.load(std::memory_order_acquire) >> 32); }
  int Threads() const { return static_cast<int>(limits.load(std::memory_order_relaxed) & 0xfff); }
};

namespace {
thread_local void* current_worker = nullptr;  // Pool::Worker of a pool thread
}

Pool& Pool::Process() {
  static Pool* const pool = new Pool;
  return *pool;
}

bool Pool::Grow(int threads) {
  threads = std::min(std::max(threads, 1), kMaxThreads - kGuests);
  if (size_.load(std::memory_order_acquire) >= threads) return true;
  std::lock_guard<std::mutex> lock(grow_mutex_);
  while (size_.load(std::memory_order_relaxed) < threads) {
    if (!AddThread()) break;
  }
  return size_.load(std::memory_order_relaxed) > 0;
}

bool Pool::AddThread() {
  auto* worker = new (std::nothrow) Worker;
  if (worker == nullptr) return false;
  const int index = size_.load(std::memory_order_relaxed);
  worker->pool = this;
  worker->index = index;
  worker->scratch = Allocate(kScratchBytes);
  // Signals belong to Node's threads.
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, SIGBUS);  // a page of a mapped file that is gone: bus_guard.h
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  // Before the thread can park, and be woken, under its number.
  workers_[index].store(worker, std::memory_order_release);
  const bool started = worker->scratch.data != nullptr && pthread_create(&thread, nullptr, Main, worker) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!started) {
    workers_[index].store(nullptr, std::memory_order_release);
    Free(worker->scratch);
    delete worker;
    return false;
  }
  pthread_detach(thread);
  size_.store(index + 1, std::memory_order_release);
  return true;
}

Pool::Guest::Guest() {
  if (current_worker != nullptr) return;
  Pool& pool = Process();
  for (int place = kMaxThreads - kGuests; place < kMaxThreads && place_ < 0; place++) {
    if (pool.places_.Add(place)) place_ = place;
  }
  if (place_ < 0) return;
  // The place is this thread's alone now.
  Worker* worker = pool.workers_[place_].load(std::memory_order_acquire);
  if (worker == nullptr) {
    worker = new (std::nothrow) Worker;
    if (worker == nullptr) {
      pool.places_.Remove(place_);
      place_ = -1;
      return;
    }
    worker->pool = &pool;
    worker->index = place_;
    pool.workers_[place_].store(worker, std::memory_order_release);
  }
  current_worker = worker;
}

Pool::Guest::~Guest() {
  if (place_ < 0) return;
  current_worker = nullptr;
  Process().places_.Remove(place_);
}

void* Pool::Main(void* argument) {
  auto* self = static_cast<Worker*>(argument);
  Pool* const pool = self->pool;
  current_worker = self;
  scratch.block = self->scratch;
  self->placement.Enter();
  char name[16];
  snprintf(name, sizeof name, "mia-%d", self->index);
#ifdef __APPLE__
  pthread_setname_np(name);
#else
  pthread_setname_np(pthread_self(), name);
#endif
#ifdef __linux__
  // Where cores are short the event loop comes first: it needs little, and at once. A nice value is a
  // thread's own here.
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
#endif
  for (;;) {
    if (Task* task = pool->TakeTask()) {
      task->run(task);
    } else if (!pool->Help(self) && !pool->Spin()) {
      pool->Park(self);
    }
  }
  return nullptr;
}

void Pool::Submit(Task* task) {
  task->next = nullptr;
  {
    std::lock_guard<std::mutex> lock(queue_mutex_);
    (last_ == nullptr ? first_ : last_->next) = task;
    last_ = task;
    queued_.fetch_add(1);
  }
  if (queued_.load() > spinning_.load()) Wake(1);
}

bool Pool::Withdraw(Task* task) {
  std::lock_guard<std::mutex> lock(queue_mutex_);
  Task* before = nullptr;
  for (Task* one = first_; one != nullptr; before = one, one = one->next) {
    if (one != task) continue;
    (before == nullptr ? first_ : before->next) = one->next;
    if (last_ == one) last_ = before;
    queued_.fetch_sub(1);
    return true;
  }
  return false;
}

Task* Pool::TakeTask() {
  if (queued_.load(std::memory_order_relaxed) == 0) return nullptr;
  Task* task;
  {
    std::lock_guard<std::mutex> lock(queue_mutex_);
    task = first_;
    if (task == nullptr) return nullptr;
    first_ = task->next;
    if (first_ == nullptr) last_ = nullptr;
    queued_.fetch_sub(1);
  }
  // Whoever was counted on for the rest may have found something else to do.
  if (queued_.load() > spinning_.load()) Wake(1);
  return task;
}

bool Pool::Joinable(const Worker& leader) const {
  // The cursor is loaded first: see Worker.
  const auto next = static_cast<uint32_t>(leader.cursor.load());
  return next < leader.Blocks() && leader.helpers.load(std::memory_order_relaxed) < leader.Threads() - 1;
}

// Claims the next blocks of the open job: a share of what is left, so that ranges start long and end short.
bool Pool::Claim(Worker* leader, uint32_t* begin, uint32_t* end) {
  uint64_t cursor = leader->cursor.load(std::memory_order_acquire);
  for (;;) {
    const uint64_t limits = leader->limits.load(std::memory_order_acquire);
    const auto next = static_cast<uint32_t>(cursor), blocks = static_cast<uint32_t>(limits >> 32);
    if (next >= blocks) return false;
    const uint32_t max_claim = (limits >> 12) & 0xfffff, threads = limits & 0xfff;
    const uint32_t claim = std::max<uint32_t>(1, std::min(max_claim, (blocks - next) / (2 * threads)));
    if (leader->cursor.compare_exchange_weak(cursor, cursor + claim, std::memory_order_acq_rel,
                                             std::memory_order_acquire)) {
      if (next + claim == blocks) open_.Remove(leader->index);
      *begin = next;
      *end = next + claim;
      return true;
    }
  }
}

void Pool::WorkOn(Worker* leader, bool leads) {
  uint32_t begin, end;
  while (Claim(leader, &begin, &end)) {
    leader->body(leader->context, begin * leader->block_units,
                 std::min(end * leader->block_units, leader->units));
    leader->done.fetch_add(end - begin, std::memory_order_acq_rel);
    if (leads) MoveLate(*leader);
    if (!leads && queued_.load(std::memory_order_relaxed) != 0)
      return;  // a run that waits for a leader comes first
  }
}

// Threads that were woken for this leader's job and have not begun may be waiting for its own core.
void Pool::MoveLate(const Worker& leader) {
  if (called_.Empty() || std::chrono::steady_clock::now() - leader.woke < kLate) return;
  for (int i = 0; i < size_.load(std::memory_order_acquire); i++) {
    if (called_.Has(i)) workers_[i].load(std::memory_order_acquire)->placement.MoveOffThisCore();
  }
}

// Some leader whose job takes another thread, or null. Different threads look at different leaders first.
Pool::Worker* Pool::FindLeader(int first) const {
  for (int w = 0; w < ThreadSet::kWords; w++) {
    const int turn = first % 64;
    const uint64_t word = open_.Word(w);
    for (uint64_t bits = turn == 0 ? word : word >> turn | word << (64 - turn); bits != 0; bits &= bits - 1) {
      const int index = w * 64 + (__builtin_ctzll(bits) + turn) % 64;
      Worker* leader = workers_[index].load(std::memory_order_acquire);
      if (Joinable(*leader)) return leader;
    }
  }
  return nullptr;
}

bool Pool::Help(Worker* self) {
  Worker* leader = FindLeader(self->index);
  if (leader == nullptr) return false;
  const bool welcome = leader->helpers.fetch_add(1, std::memory_order_relaxed) < leader->Threads() - 1;
  if (welcome) {
    // Here first while the leader waits for this core: it would go on waiting.
    const int core = leader->core.load(std::memory_order_relaxed);
    if (core >= 0 && core == ThisCore()) {
      self->placement.MoveOffThisCore();
      self->placement.Return();
    }
    WorkOn(leader, false);
  }
  leader->helpers.fetch_sub(1, std::memory_order_relaxed);
  return welcome;
}

bool Pool::HasWork() const { return queued_.load() != 0 || FindLeader(0) != nullptr; }

// Looks for work busily, for a while.
bool Pool::Spin() {
  spinning_.fetch_add(1);
  bool found = HasWork();
  const auto end = std::chrono::steady_clock::now() + kSpin;
  while (!found && std::chrono::steady_clock::now() < end) {
    for (int i = 0; i < 8 && !found; i++) {
      Pause();
      found = HasWork();
    }
  }
  spinning_.fetch_sub(1);
  return found;
}

void Pool::Park(Worker* self) {
  parked_.Add(self->index);
  // Announced; now look again. If somebody already chose this thread, the wake-up is on its way and must be
  // taken.
  if (HasWork() && parked_.Remove(self->index)) return;
  int more = self->bed.Sleep(IdleBytes() != 0 ? kIdleSeconds : 0);
  if (more < 0) {
    if (parked_.Remove(self->index)) {
      TrimIdle(kIdleSeconds);
      return;
    }
    more = self->bed.Sleep(0);
  }
  called_.Remove(self->index);
  self->placement.Return();
  Wake(more);
}

// Wakes up to so many sleepers; each passes half of what is left on, so a large pool wakes in a few steps.
void Pool::Wake(int threads) {
  while (threads > 0) {
    const int index = parked_.RemoveAny();
    if (index < 0) return;
    const int pass_on = (threads - 1) / 2;
    called_.Add(index);
    workers_[index].load(std::memory_order_acquire)->bed.Wake(pass_on);
    threads -= 1 + pass_on;
  }
}

void Pool::ParallelFor(int threads, const Work& work, RangeBody body, void* context) {
  if (work.units <= 0) return;
  const Cut cut = CutWork(work);
  auto* self = static_cast<Worker*>(current_worker);
  if (self == nullptr || threads < 2 || cut.blocks < 2 || !(cut.cost >= kShareFrom)) {
    const int64_t step = cut.max_claim * cut.block_units;
    for (int64_t begin = 0; begin < work.units; begin += step) {
      body(context, begin, std::min(begin + step, work.units));
    }
    return;
  }
  // Close, change, open: a late helper of the last job must not claim from a mixture of two.
  const uint64_t job = (self->cursor.load(std::memory_order_relaxed) >> 32) + 1;
  self->cursor.store(job << 32 | Worker::kClosed, std::memory_order_relaxed);
  self->body = body;
  self->context = context;
  self->units = work.units;
  self->block_units = cut.block_units;
  self->core.store(ThisCore(), std::memory_order_relaxed);
  self->done.store(0, std::memory_order_relaxed);
  self->limits.store(
      static_cast<uint64_t>(cut.blocks) << 32 | cut.max_claim << 12 | static_cast<uint32_t>(threads),
      std::memory_order_release);
  open_.Add(self->index);
  self->cursor.store(job << 32);
  if (cut.cost >= kWakeFrom) {
    const int64_t want = Quotient(cut.cost, kPerHelper, std::min<int64_t>(threads - 1, cut.blocks - 1));
    self->woke = std::chrono::steady_clock::now();
    Wake(static_cast<int>(want) - spinning_.load());
  }
  WorkOn(self, true);
  for (int i = 0; self->done.load(std::memory_order_acquire) != cut.blocks; i++) {
    if (i < 1000) {
      Pause();
    } else {
      sched_yield();
    }
  }
}

}  // namespace mia
