#include "runtime/pool.h"

#include <chrono>
#include <functional>
#include <thread>

#include "runtime/memory.h"
#include "test.h"

using namespace mia;

namespace {

// A task that runs a function and says when it is over.
struct Call : Task {
  explicit Call(std::function<void()> f) : function(std::move(f)) {
    run = [](Task* task) {
      auto* self = static_cast<Call*>(task);
      self->function();
      std::lock_guard<std::mutex> lock(self->mutex);
      self->over = true;
      self->condition.notify_all();
    };
  }
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex);
    condition.wait(lock, [this] { return over; });
  }
  std::function<void()> function;
  std::mutex mutex;
  std::condition_variable condition;
  bool over = false;
};

struct Counts {
  std::vector<std::atomic<int>> of;
  std::atomic<int> running{0}, most{0};
  int64_t grain = 1;
  explicit Counts(size_t n) : of(n) {}
};
void CountRange(void* context, int64_t begin, int64_t end) {
  auto* counts = static_cast<Counts*>(context);
  const int now = counts->running.fetch_add(1) + 1;
  int most = counts->most.load();
  while (most < now && !counts->most.compare_exchange_weak(most, now)) {
  }
  if (begin % counts->grain != 0) counts->of[0] += 1000;
  for (int64_t i = begin; i < end; i++) counts->of[i].fetch_add(1, std::memory_order_relaxed);
  counts->running.fetch_sub(1);
}
bool AllOnce(const Counts& counts) {
  for (const auto& one : counts.of) {
    if (one.load() != 1) return false;
  }
  return true;
}

void SleepMs(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

}  // namespace

TEST(pool_covers_every_unit_once) {
  Pool& pool = Pool::Process();
  CHECK(pool.Grow(4));
  for (int64_t units : {1, 2, 7, 64, 1000, 4097}) {
    for (int64_t grain : {1, 3, 64, 5000}) {
      for (double cost : {0.0, 1.0, 1e3, 1e5, 1e12, static_cast<double>(NAN)}) {
        Counts counts(static_cast<size_t>(units));
        counts.grain = grain;
        Call call([&] { pool.ParallelFor(3, {units, grain, cost}, CountRange, &counts); });
        pool.Submit(&call);
        call.Wait();
        CHECK(AllOnce(counts));
        CHECK(counts.most.load() <= 3);
      }
    }
  }
}

TEST(pool_keeps_to_the_threads_of_a_run) {
  Pool& pool = Pool::Process();
  pool.Grow(4);
  for (int threads : {1, 2, 3, 4}) {
    Counts counts(24);
    Call call([&] {
      pool.ParallelFor(threads, {24, 1, 1e6}, [](void* context, int64_t begin, int64_t end) {
        auto* c = static_cast<Counts*>(context);
        int now = c->running.fetch_add(1) + 1, most = c->most.load();
        while (most < now && !c->most.compare_exchange_weak(most, now)) {
        }
        SleepMs(2);
        for (int64_t i = begin; i < end; i++) c->of[static_cast<size_t>(i)]++;
        c->running.fetch_sub(1);
      }, &counts);
    });
    pool.Submit(&call);
    call.Wait();
    CHECK(AllOnce(counts));
    CHECK(counts.most.load() <= threads);
    CHECK(threads == 1 || counts.most.load() > 1);
  }
}

TEST(pool_works_alone_outside_its_threads) {
  Counts counts(1000);
  Pool::Process().ParallelFor(8, {1000, 1, 1e5}, CountRange, &counts);
  CHECK(AllOnce(counts));
  CHECK_EQ(counts.most.load(), 1);
}

TEST(pool_phases_follow_each_other) {
  // Each phase reads what the one before wrote: wrong if a phase returns early or a late helper claims from the next.
  Pool& pool = Pool::Process();
  pool.Grow(4);
  constexpr int64_t kUnits = 64, kPhases = 2000;
  struct Wave {
    int64_t phase = 0;
    int64_t values[kUnits] = {};
    std::atomic<int> wrong{0};
  } wave;
  Call call([&] {
    for (wave.phase = 0; wave.phase < kPhases; wave.phase++) {
      pool.ParallelFor(4, {1 + wave.phase % kUnits, 1, 1e4}, [](void* context, int64_t begin, int64_t end) {
        auto* w = static_cast<Wave*>(context);
        for (int64_t i = begin; i < end; i++) {
          if (w->values[i] > w->phase) w->wrong++;
          w->values[i] = w->phase + 1;
        }
      }, &wave);
      for (int64_t i = 0; i <= wave.phase % kUnits; i++) {
        if (wave.values[i] != wave.phase + 1) wave.wrong++;
      }
    }
  });
  pool.Submit(&call);
  call.Wait();
  CHECK_EQ(wave.wrong.load(), 0);
}

TEST(pool_runs_many_tasks_from_many_threads) {
  Pool& pool = Pool::Process();
  pool.Grow(4);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; t++) {
    callers.emplace_back([&] {
      for (int i = 0; i < 100; i++) {
        Counts counts(97);
        Call call([&] {
          for (int phase = 0; phase < 3; phase++) {
            pool.ParallelFor(1 + i % 4, {97, 1, i % 3 == 0 ? 1.0 : 2e3}, CountRange, &counts);
          }
        });
        pool.Submit(&call);
        call.Wait();
        for (const auto& one : counts.of) wrong += one.load() != 3;
        wrong += counts.most.load() > 1 + i % 4;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK_EQ(wrong.load(), 0);
}

TEST(pool_wakes_sleepers) {
  Pool& pool = Pool::Process();
  pool.Grow(4);
  for (int i = 0; i < 20; i++) {
    SleepMs(2);  // longer than anybody spins
    Counts counts(4);
    Call call([&] {
      pool.ParallelFor(4, {4, 1, 1e6}, [](void* context, int64_t begin, int64_t end) {
        SleepMs(3);
        CountRange(context, begin, end);
      }, &counts);
    });
    const auto start = std::chrono::steady_clock::now();
    pool.Submit(&call);
    call.Wait();
    CHECK(AllOnce(counts));
    if (i == 0) continue;
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(500));
  }
}

TEST(pool_leads_a_new_task_while_others_are_busy) {
  // All threads share one job without end; a short task must not wait for it.
  Pool& pool = Pool::Process();
  pool.Grow(4);
  std::atomic<bool> stop{false};
  struct Busy {
    std::atomic<bool>* stop;
  } busy{&stop};
  Call long_call([&] {
    pool.ParallelFor(kMaxThreads, {1 << 20, 1, 1e6}, [](void* context, int64_t, int64_t) {
      if (!*static_cast<Busy*>(context)->stop) SleepMs(1);
    }, &busy);
  });
  pool.Submit(&long_call);
  SleepMs(20);
  Call short_call([] {});
  pool.Submit(&short_call);
  short_call.Wait();
  stop = true;  // never reached if nobody leaves the long job
  long_call.Wait();
}

TEST(pool_gives_back_what_has_not_begun) {
  Pool& pool = Pool::Process();
  pool.Grow(4);
  std::atomic<bool> stop{false};
  std::atomic<int> begun{0};
  std::vector<std::unique_ptr<Call>> busy, waiting;
  for (int i = 0; i < pool.threads(); i++) {
    busy.push_back(std::make_unique<Call>([&] {
      begun++;
      while (!stop) SleepMs(1);
    }));
    pool.Submit(busy.back().get());
  }
  while (begun < pool.threads()) SleepMs(1);
  for (int i = 0; i < 5; i++) {
    waiting.push_back(std::make_unique<Call>([&] { begun++; }));
    pool.Submit(waiting.back().get());
  }
  CHECK(!pool.Withdraw(busy[0].get()));
  for (int i : {4, 0, 2}) CHECK(pool.Withdraw(waiting[static_cast<size_t>(i)].get()));
  CHECK(!pool.Withdraw(waiting[0].get()));
  Call last([&] { begun++; });
  pool.Submit(&last);
  stop = true;
  for (auto& call : busy) call->Wait();
  for (int i : {1, 3}) waiting[static_cast<size_t>(i)]->Wait();
  last.Wait();
  CHECK_EQ(begun.load(), pool.threads() + 3);
}

TEST(pool_scratch_is_per_thread_and_aligned) {
  char* mine = ThreadScratch();
  CHECK(mine != nullptr && mine == ThreadScratch());
  CHECK_EQ(reinterpret_cast<uintptr_t>(mine) % kAlign, 0u);
  char* theirs = nullptr;
  std::thread([&] { theirs = ThreadScratch(); }).join();
  CHECK(theirs != nullptr && theirs != mine);
}
