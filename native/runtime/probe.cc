#include "runtime/probe.h"

#include <string.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "kernels/probe.h"
#include "runtime/memory.h"
#include "runtime/pool.h"

namespace mia {
namespace {

constexpr size_t kSlice = size_t{8} << 20;  // bytes that a thread takes at a time
constexpr int64_t kRounds = 20000;          // of the multiply-add loop; about as long
constexpr double kSeconds = 0.2;
constexpr int kPasses = 3;

struct Pass : Task {
  const Probes* probes;
  double (*multiply)(int64_t rounds) = nullptr;
  int threads;
  int64_t slices;
  void (*slice)(Pass*, int64_t index);  // does the work of one, on any thread
  char *src = nullptr, *dst = nullptr;
  std::atomic<double> operations{0};
  double best_seconds = 1e9;

  std::mutex mutex;
  std::condition_variable condition;
  bool over = false;

  void RunAll() {
    // The estimate only has to say that every slice is worth a thread.
    Pool::Process().ParallelFor(threads, {slices, 1, 1e6}, [](void* context, int64_t begin, int64_t end) {
      auto* self = static_cast<Pass*>(context);
      for (int64_t i = begin; i < end; i++) self->slice(self, i);
    }, this);
  }
};

void MultiplySlice(Pass* pass, int64_t) { pass->operations = pass->multiply(kRounds); }
void CopySlice(Pass* pass, int64_t i) {
  const auto at = static_cast<size_t>(i) * kSlice;
  pass->probes->copy(pass->dst + at, pass->src + at, kSlice);
}
void ReadSlice(Pass* pass, int64_t i) {
  pass->operations = pass->probes->read(pass->src + static_cast<size_t>(i) * kSlice, kSlice);
}

// On a pool thread: passes until the time is over.
void TimePasses(Task* task) {
  using Clock = std::chrono::steady_clock;
  auto* pass = static_cast<Pass*>(task);
  const auto start = Clock::now();
  for (int i = 0; i < kPasses || Clock::now() - start < std::chrono::duration<double>(kSeconds); i++) {
    const auto before = Clock::now();
    pass->RunAll();
    pass->best_seconds = std::min(pass->best_seconds, std::chrono::duration<double>(Clock::now() - before).count());
  }
  std::lock_guard<std::mutex> lock(pass->mutex);
  pass->over = true;
  pass->condition.notify_all();
}

double BestSeconds(Pass* pass) {
  if (!Pool::Process().Grow(pass->threads)) return -1;
  pass->run = TimePasses;
  Pool::Process().Submit(pass);
  std::unique_lock<std::mutex> lock(pass->mutex);
  pass->condition.wait(lock, [pass] { return pass->over; });
  return pass->best_seconds;
}

// Memory that really exists: untouched pages would all be the same one.
struct Touched {
  Block block;
  explicit Touched(size_t bytes) : block(Allocate(bytes)) {
    if (block.data != nullptr) memset(block.data, 1, bytes);
  }
  ~Touched() { Free(block); }
};

double MeasureMemory(Pass* pass, size_t bytes, bool copies) {
  double seconds = -1;
  {
    const Touched src(bytes), dst(copies ? bytes : kAlign);
    if (src.block.data != nullptr && dst.block.data != nullptr) {
      pass->src = src.block.data;
      pass->dst = dst.block.data;
      pass->slices = static_cast<int64_t>(bytes / kSlice);
      pass->slice = copies ? CopySlice : ReadSlice;
      seconds = BestSeconds(pass);
    }
  }
  TrimIdle(0);
  return seconds > 0 ? static_cast<double>(bytes) * (copies ? 2 : 1) / seconds * 1e-9 : -1;
}

}  // namespace

double Measure(const KernelTable& table, const std::string& name, int threads) {
  if (table.probes == nullptr) return -1;
  Pass pass;
  pass.probes = table.probes;
  pass.threads = threads;
  if (name == "copy") return MeasureMemory(&pass, size_t{256} << 20, true);
  if (name == "read") return MeasureMemory(&pass, size_t{1} << 30, false);
  if (name == "fma.f32") pass.multiply = table.probes->fma_f32;
  if (name == "dot.i8") pass.multiply = table.probes->dot_i8;
  if (name == "dot.bf16") pass.multiply = table.probes->dot_bf16;
  if (pass.multiply == nullptr) return -1;
  pass.slices = 16 * threads;
  pass.slice = MultiplySlice;
  const double seconds = BestSeconds(&pass);
  return seconds > 0 ? pass.operations * static_cast<double>(pass.slices) / seconds * 1e-9 : -1;
}

}  // namespace mia
