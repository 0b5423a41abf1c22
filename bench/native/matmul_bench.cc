// matmul.f32 and its share of the register multiply-add peak, both measured in turns in one run, on the real
// pool. Usage: matmul_bench [isa] [threads] [repeats]. Link it with the objects of the engine; include path
// native/, tests/native/.
#include "bench.h"

namespace {

struct Shape {
  int64_t batch, m, n, k;
  bool b_transposed, epilogue;
  DType dtype;
};

void Measure(const mia::KernelTable& table, const Shape& s, int threads, int repeats) {
  const int64_t a_n = s.batch * s.m * s.k, b_n = s.batch * s.k * s.n, c_n = s.batch * s.m * s.n;
  const size_t bytes = mia::kDTypeBytes[static_cast<int>(s.dtype)];
  mia::Block a = mia::Allocate(static_cast<size_t>(a_n) * bytes),
             b = mia::Allocate(static_cast<size_t>(b_n) * bytes);
  mia::Block c = mia::Allocate(static_cast<size_t>(c_n) * 4),
             bias = mia::Allocate(static_cast<size_t>(s.n) * 4);
  for (mia::Block* block : {&a, &b}) {
    const auto n = static_cast<size_t>(block == &a ? a_n : b_n);
    if (s.dtype == DType::k_f32) {
      const auto values = kernel::Random<float>(n, 1, 1);
      memcpy(block->data, values.data(), n * 4);
    } else {
      memset(block->data, 0x3c, n * bytes);
    }
  }
  memset(c.data, 0, static_cast<size_t>(c_n) * 4);
  memset(bias.data, 0, static_cast<size_t>(s.n) * 4);
  std::vector<int64_t> b_stride = {s.k * s.n, s.n, 1};
  if (s.b_transposed) b_stride = {s.k * s.n, 1, s.k};
  const std::vector<mia::View> views = {
      kernel::MakeView(0, s.dtype, {s.batch, s.m, s.k}, {s.m * s.k, s.k, 1}),
      kernel::MakeView(1, s.dtype, {s.batch, s.k, s.n}, b_stride)};
  kernel::Tile epilogue;
  epilogue.Reserve(1);
  int result = 0;
  if (s.epilogue) {
    const int added = epilogue.Op(
        "add.f32", 0, epilogue.Load(kernel::MakeView(3, DType::k_f32, {s.batch * s.m, s.n}, {0, 1})));
    result = epilogue.Op("max.f32", added, epilogue.Const(Reg::k_f32, 0));
  }
  epilogue.Store(result, kernel::Linear(2, DType::k_f32, c_n));
  const std::vector<int64_t> ints = {s.batch, s.m, s.n, s.k};
  const mia::Step step{&table.kernels[kernel::KernelId(table, "matmul.f32")],
                       2,
                       4,
                       0,
                       views.data(),
                       ints.data(),
                       nullptr,
                       {},
                       epilogue.Program(),
                       0,
                       0};
  char* memories[] = {a.data, b.data, c.data, bias.data};
  int32_t status = 0;
  int64_t detail = 0;
  const mia::Frame frame{memories, nullptr, nullptr, &status, &detail};
  Job job{&step, &frame};

  const mia::Work work = step.kernel->work(step, 0);
  const double flops = 2.0 * static_cast<double>(c_n) * static_cast<double>(s.k);
  const int inner = static_cast<int>(std::max(1.0, std::min(20000.0, 2e9 / (flops + 1e5))));
  double best = 0, peak = 0;
  std::vector<double> shares;
  OnPool([&] {
    for (int r = 0; r < repeats; r++) {
      const double now_peak = Peak(table.probes->fma_f32, threads);
      const auto start = Clock::now();
      for (int i = 0; i < inner; i++) mia::Pool::Process().ParallelFor(threads, work, RunRange, &job);
      const double speed = flops * inner / Since(start) * 1e-9;
      best = std::max(best, speed);
      peak = std::max(peak, now_peak);
      shares.push_back(speed / now_peak);
    }
  });
  std::sort(shares.begin(), shares.end());
  printf(
      "%-7s %d thr [%lld,%lld,%lld]x[%lld,%lld]%s%s%s: %8.1f GFLOP/s  %9.2f us  peak %6.1f  best/peak %.3f  "
      "median %.3f  est %.1f us\n",
      table.isa, threads, (long long)s.batch, (long long)s.m, (long long)s.k, (long long)s.k, (long long)s.n,
      s.b_transposed ? "^T" : "", s.epilogue ? "+bias,max" : "", s.dtype == DType::k_f32 ? "" : " f16", best,
      flops / best * 1e-3, peak, best / peak, shares[shares.size() / 2],
      work.cost_per_unit * work.units * 1e-3);
  for (mia::Block* block : {&a, &b, &c, &bias}) mia::Free(*block);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string isa = argc > 1 ? argv[1] : "all";
  const int only = argc > 2 ? atoi(argv[2]) : 0, repeats = argc > 3 ? atoi(argv[3]) : 7;
  const auto f32 = DType::k_f32;
  const Shape shapes[] = {
      {1, 1024, 1024, 1024, false, false, f32},
      {1, 2048, 2048, 2048, false, false, f32},
      {1, 512, 512, 512, false, false, f32},
      {1, 128, 1536, 384, false, false, f32},
      {1, 128, 1536, 384, false, true, f32},
      {1, 128, 384, 1536, false, true, f32},
      {1, 128, 1536, 384, true, true, f32},
      {1, 1024, 1024, 1024, true, false, f32},
      {1, 1024, 1024, 1024, false, true, f32},
      {1, 360, 256, 64, false, false, f32},
      {1, 64, 64, 64, false, false, f32},
      {1, 8, 8, 8, false, false, f32},
      {1, 1, 256, 64, false, false, f32},
      {1, 1, 4096, 4096, false, false, f32},
      {1, 1, 4096, 4096, true, false, f32},
      {1, 4, 4096, 1024, true, true, f32},
      {1, 8, 1024, 1024, false, false, f32},
      {96, 128, 128, 32, true, false, f32},
      {96, 128, 32, 128, false, false, f32},
      {1, 512, 512, 512, false, false, DType::k_f16},
      {1, 1, 4096, 4096, true, false, DType::k_f16},
  };
  mia::Pool::Process().Grow(std::max(2, only));
  for (const mia::KernelTable* table : kernel::Isas()) {
    if (isa != "all" && isa != table->isa) continue;
    for (int threads = only > 0 ? only : 1; threads <= (only > 0 ? only : 2); threads++) {
      for (const Shape& shape : shapes) {
        if (argc > 4 && &shape - shapes != atoi(argv[4])) continue;
        Measure(*table, shape, threads, repeats);
      }
    }
  }
  return 0;
}
