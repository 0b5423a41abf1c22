// Products against a float64 reference: cases with any strides, dtypes and epilogues, and how they are checked.
#pragma once

#include "operand_fixture.h"

using namespace kernel;

namespace {

enum class End { kPlain, kBias, kBiasMax, kHalf, kTransposed, kAddTo, kCount };

struct Case {
  std::string type;  // of the kernel
  DType a, b;
  std::vector<int64_t> batch;
  int64_t m, n, k;
  Lay lay_a = Lay::kRows, lay_b = Lay::kRows;
  End end = End::kPlain;
  bool share_a = false, share_b = false;
  int64_t piece = 0;
};
std::string Describe(const mia::KernelTable& table, const Case& c) {
  std::ostringstream out;
  out << table.isa << " matmul." << c.type << " [" << c.batch.size() << " batch dims, " << c.m << ", " << c.k
      << "] x [" << c.k << ", " << c.n << "] dtypes " << mia::kDTypeNames[static_cast<int>(c.a)] << ' '
      << mia::kDTypeNames[static_cast<int>(c.b)] << " layouts " << static_cast<int>(c.lay_a) << ' '
      << static_cast<int>(c.lay_b) << " end " << static_cast<int>(c.end) << " shared " << c.share_a
      << c.share_b << " piece " << c.piece;
  return out.str();
}

inline void Check(const mia::KernelTable& table, const Case& c, unsigned seed) {
  Dice dice(seed);
  const DType own = Own(c.type), out_type = c.end == End::kHalf ? DType::k_f16 : own;
  int64_t batch = 1;
  for (int64_t size : c.batch) batch *= size;
  const Operand a(0, c.a, c.batch, c.m, c.k, c.lay_a, c.share_a, dice),
      b(1, c.b, c.batch, c.k, c.n, c.lay_b, c.share_b, dice);
  const Operand bias(3, own, {}, 1, c.n, Lay::kRows, false, dice);
  const int64_t count = batch * c.m * c.n, rows = batch * c.m;
  const Memory out(static_cast<size_t>(count) * mia::kDTypeBytes[static_cast<int>(out_type)]);
  for (int64_t i = 0; i < count; i++) Set(out.data(), out_type, i, 1);

  Call call;
  call.kernel = "matmul." + c.type;
  call.ints = {batch, c.m, c.n, c.k};
  call.views = {a.view, b.view};
  call.piece = c.piece;
  call.epilogue.Reserve(1);
  const bool transposed = c.end == End::kTransposed;
  const mia::View to = transposed ? MakeView(2, own, {rows, c.n}, {1, rows}) : Linear(2, out_type, count);
  int result = 0;
  if (c.end == End::kBias || c.end == End::kBiasMax) {
    const int loaded = call.epilogue.Load(MakeView(3, own, {rows, c.n}, {0, 1}));
    result = call.epilogue.Op("add." + c.type, 0, loaded);
  }
  if (c.end == End::kBiasMax)
    result = call.epilogue.Op("max." + c.type, result, call.epilogue.Const(static_cast<Reg>(0), 0));
  if (c.end == End::kAddTo) result = call.epilogue.Op("add." + c.type, 0, call.epilogue.Load(to));
  call.epilogue.Store(result, to);
  char* const memories[] = {const_cast<char*>(a.memory.data()), const_cast<char*>(b.memory.data()),
                            out.data(), const_cast<char*>(bias.memory.data())};
  const int before = test::failures;
  CHECK(call.Run(table, {memories, memories + 4}));
  CHECK(out.Intact());

  const std::vector<double> as = a.Values(), bs = b.Values(), biases = bias.Values();
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t j = 0; j < c.n; j++) {
      double sum = 0, size = 0;
      const double *x = as.data() + r * c.k, *y = bs.data() + r / c.m * c.k * c.n + j;
      for (int64_t k = 0; k < c.k; k++) {
        sum += x[k] * y[k * c.n];
        size += fabs(x[k] * y[k * c.n]);
      }
      if (c.end == End::kBias || c.end == End::kBiasMax) sum += biases[static_cast<size_t>(j)];
      if (c.end == End::kBiasMax && sum < 0) sum = 0;
      if (c.end == End::kAddTo) sum += 1;
      double tolerance = IsFloat(own) ? (size + fabs(sum)) * static_cast<double>(c.k + 2) *
                                            (own == DType::k_f32 ? 0x1p-24 : 0x1p-53)
                                      : 0;
      if (c.end == End::kHalf) tolerance += fabs(sum) * 0x1p-11 + 0x1p-25;
      CHECK_NEAR(Get(out.data(), out_type, transposed ? j * rows + r : r * c.n + j), sum, tolerance);
      if (test::failures > before) return test::Fail(__FILE__, __LINE__, Describe(table, c));
    }
  }
}

const std::vector<Lay> kDense = {Lay::kRows, Lay::kCols, Lay::kPaddedRows, Lay::kPaddedCols};

}  // namespace
