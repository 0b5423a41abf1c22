// linear.<format>: weights packed once, times rows. Beside each: the share of the multiply peak of the
// format's arithmetic, and the share of the read stream that its image makes. Usage: linear_bench [isa]
// [threads] [format] [m n k].
#include "bench.h"

namespace {

struct Case {
  const char* format;
  double (*peak)(int64_t);
};

double ReadStream(const mia::KernelTable& table, const char* data, size_t bytes, int threads) {
  std::vector<std::thread> others;
  const auto start = Clock::now();
  const size_t part = bytes / static_cast<size_t>(threads) / 512 * 512;
  const auto work = [&](int t) { table.probes->read(data + static_cast<size_t>(t) * part, part); };
  for (int t = 1; t < threads; t++) others.emplace_back(work, t);
  work(0);
  for (auto& other : others) other.join();
  return static_cast<double>(part) * threads / Since(start) * 1e-9;
}

void Measure(const mia::KernelTable& table, const Case& c, int64_t m, int64_t n, int64_t k, int threads) {
  int64_t bytes = 0;
  for (int i = 0; i < table.num_formats; i++) {
    if (!strcmp(c.format, table.formats[i].name)) bytes = table.formats[i].image_bytes(n, k);
  }
  const mia::Block a = mia::Allocate(static_cast<size_t>(m * k) * 4),
                   image = mia::Allocate(static_cast<size_t>(bytes)),
                   out = mia::Allocate(static_cast<size_t>(m * n) * 4);
  const auto values = kernel::Random<float>(static_cast<size_t>(m * k), 1, 1);
  memcpy(a.data, values.data(), values.size() * 4);
  memset(image.data, 0x11, static_cast<size_t>(bytes));
  memset(out.data, 0, static_cast<size_t>(m * n) * 4);
  const std::vector<mia::View> views = {kernel::MakeView(0, DType::k_f32, {m, k}, {k, 1}),
                                        kernel::Linear(1, DType::k_u32, bytes / 4)};
  const kernel::Tile epilogue = kernel::StoreOf(kernel::Linear(2, DType::k_f32, m * n));
  const std::vector<int64_t> ints = {m, n, k};
  const std::string name = std::string("linear.") + c.format + ".f32";
  const mia::Step step{&table.kernels[kernel::KernelId(table, name)],
                       2,
                       3,
                       0,
                       views.data(),
                       ints.data(),
                       nullptr,
                       {},
                       epilogue.Program(),
                       0,
                       0};
  const mia::Block shared = mia::Allocate(step.kernel->shared_bytes(step) + 64);
  char* memories[] = {a.data, image.data, out.data};
  int32_t status = 0;
  int64_t detail = 0;
  const mia::Frame frame{memories, shared.data, nullptr, &status, &detail};
  Job job{&step, &frame};
  const mia::Work work[] = {step.kernel->work(step, 0), step.kernel->work(step, 1)};
  const double operations = 2.0 * static_cast<double>(m * n) * static_cast<double>(k);
  std::vector<double> times, peaks, streams;
  OnPool([&] {
    for (int r = 0; r < 9; r++) {
      peaks.push_back(Peak(c.peak, threads));
      streams.push_back(
          bytes > (64 << 20) ? ReadStream(table, image.data, static_cast<size_t>(bytes), threads) : 1);
      int runs = 0;
      const auto start = Clock::now();
      do {
        for (job.phase = 0; job.phase < 2; job.phase++) {
          mia::Pool::Process().ParallelFor(threads, work[job.phase], RunRange, &job);
        }
        runs++;
      } while (Since(start) < 0.03);
      times.push_back(Since(start) / runs);
    }
  });
  for (auto* list : {&times, &peaks, &streams}) std::sort(list->begin(), list->end());
  const double time = times[4], speed = operations / time * 1e-9,
               stream = static_cast<double>(bytes) / time * 1e-9;
  printf("%-6s %d thr %-5s [%lld, %lld] x [%lld, %lld]: %9.1f us %8.1f Gop/s %.3f of %.0f", table.isa,
         threads, c.format, (long long)m, (long long)k, (long long)k, (long long)n, time * 1e6, speed,
         speed / peaks[4], peaks[4]);
  if (streams[4] > 1) printf("  %.1f GB/s %.3f of %.1f", stream, stream / streams[4], streams[4]);
  printf("  est %.0f us\n",
         (work[0].cost_per_unit * work[0].units + work[1].cost_per_unit * work[1].units) * 1e-3);
  for (const mia::Block& block : {a, image, out, shared}) mia::Free(block);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string isa = argc > 1 ? argv[1] : "avx512", format = argc > 3 ? argv[3] : "all";
  const int threads = argc > 2 ? atoi(argv[2]) : 1;
  mia::Pool::Process().Grow(std::max(2, threads));
  for (const mia::KernelTable* table : kernel::Isas()) {
    if (isa != table->isa) continue;
    const auto* p = table->probes;
    const Case cases[] = {
        {"f32", p->fma_f32}, {"f16", p->fma_f32}, {"bf16", p->dot_bf16 ? p->dot_bf16 : p->fma_f32},
        {"i8", p->dot_i8},   {"q8_0", p->dot_i8}, {"q4_0", p->dot_i8},
        {"q4_k", p->dot_i8}, {"q6_k", p->dot_i8}};
    for (const Case& c : cases) {
      if (format != "all" && format != c.format) continue;
      if (argc > 6) {
        Measure(*table, c, atoi(argv[4]), atoi(argv[5]), atoi(argv[6]), threads);
        continue;
      }
      Measure(*table, c, 512, 2048, 2048, threads);
      Measure(*table, c, 2048, 2048, 2048, threads);
      Measure(*table, c, 8, 2048, 2048, threads);
      Measure(*table, c, 1, 65536, 2048, threads);
    }
  }
  return 0;
}
