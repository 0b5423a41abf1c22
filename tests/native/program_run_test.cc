// Execute(): results, in-place outputs, failures, cancellation.
#include <math.h>

#include <condition_variable>
#include <mutex>

#include "program_fixture.h"
#include "runtime/executor.h"
#include "runtime/pool.h"
#include "test.h"

using namespace mia;
using namespace fixture;

namespace {

std::unique_ptr<Program> Make(const ProgramWords& words, int threads) {
  std::string error;
  const Words encoded = words.Encode();
  auto program = Prepare(kTable, threads, encoded.data(), encoded.size(), &error);
  CHECK_EQ(error, std::string());
  return program;
}

// A run that is queued on the pool.
struct Queued : Task, Run {
  explicit Queued(const Program* p, std::vector<float*> inputs = {}) {
    program = p;
    base.resize(p->locs.size());
    outputs.resize(static_cast<size_t>(p->num_outputs));
    for (size_t i = 0; i < inputs.size(); i++) base[i] = reinterpret_cast<char*>(inputs[i]);
    Task::run = [](Task* task) {
      auto* self = static_cast<Queued*>(task);
      Execute(*self);
      std::lock_guard<std::mutex> lock(self->mutex);
      self->over = true;
      self->condition.notify_all();
    };
  }
  ~Queued() {
    for (Buffer* output : outputs) {
      if (output != nullptr) output->Unref();
    }
  }
  void Start(int threads) {
    Pool::Process().Grow(threads);
    Pool::Process().Submit(this);
  }
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex);
    condition.wait(lock, [this] { return over; });
  }
  float Value(size_t output, size_t i) const { return reinterpret_cast<float*>(outputs[output]->data())[i]; }
  std::mutex mutex;
  std::condition_variable condition;
  bool over = false;
};

// a = x + y + y, b = sum(a)
ProgramWords Sample(double n) {
  ProgramWords words;
  words.inputs = {4 * n, 4 * n};
  words.outputs = {{4 * n, 0}, {4, -1}};
  words.temps = {{0, 4 * n}};
  words.steps = {AddStep(n, 0, 1, 4), AddStep(n, 4, 1, 2), SumStep(n, 2, 3)};
  return words;
}

}  // namespace

TEST(program_runs) {
  for (int threads : {1, 2, 4}) {
    for (int n : {1, 7, 1000, 20000}) {
      const auto program = Make(Sample(n), threads);
      std::vector<float> x(static_cast<size_t>(n)), y(static_cast<size_t>(n), 2);
      double sum = 0;
      for (int i = 0; i < n; i++) sum += (x[static_cast<size_t>(i)] = static_cast<float>(i % 10)) + 4;
      for (int queued = 0; queued < 2; queued++) {
        Account account;
        {
          Queued run(program.get(), {x.data(), y.data()});
          run.account = &account;
          if (queued != 0) {
            run.Start(threads);
            run.Wait();
          } else {
            Execute(run);
          }
          CHECK(run.status == Status::kOk);
          for (size_t i = 0; i < x.size(); i++) CHECK_EQ(run.Value(0, i), x[i] + 4);
          CHECK_NEAR(run.Value(1, 0), sum, sum * 1e-6);
          CHECK_EQ(account.buffers.load(), 2);
        }
        CHECK_EQ(account.bytes.load(), 0);
      }
    }
  }
}

TEST(program_times_its_steps_when_asked) {
  const auto program = Make(Sample(500), 2);
  std::vector<float> x(500, 1), y(500, 2);
  for (size_t timed = 0; timed < 2; timed++) {
    Queued run(program.get(), {x.data(), y.data()});
    run.times.assign(timed * 6, -1);
    run.origin = Run::Clock::now();
    run.Start(2);
    run.Wait();
    const double end = std::chrono::duration<double, std::nano>(Run::Clock::now() - run.origin).count();
    CHECK(run.status == Status::kOk);
    CHECK_EQ(run.times.size(), timed * 6);
    double last = 0;
    for (double time : run.times) {
      CHECK(time >= last && time <= end);
      last = time;
    }
  }
}

TEST(program_runs_in_place) {
  const auto program = Make(Sample(500), 2);
  Buffer* x = Buffer::Create(2000, nullptr);
  std::vector<float> y(500, 1);
  for (int i = 0; i < 500; i++) reinterpret_cast<float*>(x->data())[i] = static_cast<float>(i);
  char* memory = x->data();
  Queued run(program.get(), {reinterpret_cast<float*>(x->data()), y.data()});
  run.outputs[0] = x;
  run.Start(2);
  run.Wait();
  CHECK(run.status == Status::kOk);
  CHECK(run.outputs[0]->data() == memory);
  for (size_t i = 0; i < 500; i++) CHECK_EQ(run.Value(0, i), static_cast<float>(i) + 2);
}

TEST(program_failure_stops_the_run) {
  ProgramWords words;
  words.outputs = {{64, -1}};
  words.steps = {{kFail, {}, {1000, -1}, {}, {}, {}}, {kFail, {}, {1000, 777}, {}, {}, {}},
                 {kFail, {}, {1000, 3}, {}, {}, {}}};
  const auto program = Make(words, 3);
  Account account;
  Queued run(program.get());
  run.account = &account;
  run.Start(3);
  run.Wait();
  CHECK(run.status == Status::kIndexOutOfRange);
  CHECK_EQ(run.detail, 777);
  CHECK_EQ(run.step, 1);
  CHECK(run.outputs[0] == nullptr);
  CHECK_EQ(account.buffers.load(), 0);
}

TEST(program_out_of_memory_is_a_status) {
  for (int where = 0; where < 2; where++) {
    ProgramWords words;
    words.outputs = {{64, -1}, {where == 0 ? 0x1p50 : 64, -1}};
    if (where == 1) words.temps = {{0, 0x1p50}};
    const auto program = Make(words, 1);
    Queued run(program.get());
    Execute(run);
    CHECK(run.status == Status::kOutOfMemory);
    CHECK_EQ(static_cast<double>(run.detail), 0x1p50);
    CHECK(run.outputs[0] == nullptr && run.outputs[1] == nullptr);
  }
}

TEST(program_is_cancelled) {
  ProgramWords words;
  words.steps = {{kSlow, {}, {100000, 1000}, {}, {}, {}}};
  const auto program = Make(words, 2);
  Queued run(program.get());
  run.Start(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto start = std::chrono::steady_clock::now();
  run.cancelled = true;
  run.Wait();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(500));
  CHECK(run.status == Status::kCancelled);
  CHECK_EQ(run.step, 0);

  Queued never(program.get());
  never.cancelled = true;
  Execute(never);
  CHECK(never.status == Status::kCancelled);
  CHECK_EQ(never.step, -1);
}

TEST(program_many_runs_at_once) {
  const auto program = Make(Sample(3000), 3);
  std::vector<float> x(3000, 1), y(3000, 2);
  std::vector<std::unique_ptr<Queued>> runs;
  for (int i = 0; i < 200; i++) {
    runs.push_back(std::make_unique<Queued>(program.get(), std::vector<float*>{x.data(), y.data()}));
    if (i % 5 == 4) runs.back()->cancelled = true;
    runs.back()->Start(4);
  }
  for (size_t i = 0; i < runs.size(); i++) {
    runs[i]->Wait();
    CHECK(runs[i]->status == (i % 5 == 4 ? Status::kCancelled : Status::kOk));
    if (i % 5 != 4) CHECK_EQ(runs[i]->Value(1, 0), 15000.0f);
  }
}
