// Products against a float64 reference: cases with any strides, dtypes and epilogues, and how they are checked.
#pragma once

#include "kernel_fixture.h"

using namespace kernel;

namespace {

// Two values of one step of a sequence: the same in every run.
struct Dice {
  std::mt19937 engine;
  explicit Dice(unsigned seed) : engine(seed) {}
  int64_t Roll(int64_t sides) { return static_cast<int64_t>(engine() % static_cast<uint64_t>(sides)); }
  template <class T>
  T Pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(Roll(static_cast<int64_t>(from.size())))];
  }
};

// Memory of any dtype as numbers. Integers are small, so their sums are exact in a double; what wraps has its
// own test.
uint16_t HalfBits(double x) {  // for multiples of 1/64 below 8: exact
  if (x == 0) return 0;
  int exponent;
  const double fraction = frexp(fabs(x), &exponent);  // [0.5, 1)
  return static_cast<uint16_t>((x < 0 ? 0x8000 : 0) | (exponent + 14) << 10 |
                               static_cast<int>((fraction * 2 - 1) * 1024));
}
double HalfValue(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double value = exponent == 0 ? ldexp(mantissa, -24) : ldexp(1024 + mantissa, exponent - 25);
  return bits & 0x8000 ? -value : value;
}
template <class Fn>
auto WithStorage(DType dtype, Fn fn) {
  switch (dtype) {
#define X(name, storage, reg) \
  case DType::k_##name:       \
    return fn(storage{});
#include "kernels/dtypes.def"
#undef X
    default: abort();
  }
}
double Get(const char* data, DType dtype, int64_t i) {
  return WithStorage(dtype, [&](auto zero) -> double {
    auto value = zero;
    memcpy(&value, data + i * static_cast<int64_t>(sizeof value), sizeof value);
    if (dtype == DType::k_f16) return HalfValue(static_cast<uint16_t>(value));
    if (dtype == DType::k_bf16) {
      const uint32_t bits = static_cast<uint32_t>(value) << 16;
      float wide;
      memcpy(&wide, &bits, sizeof wide);
      return wide;
    }
    return static_cast<double>(value);
  });
}
void Set(char* data, DType dtype, int64_t i, double x) {
  WithStorage(dtype, [&](auto value) {
    value = static_cast<decltype(value)>(x);
    if (dtype == DType::k_f16) value = static_cast<decltype(value)>(HalfBits(x));
    if (dtype == DType::k_bf16) {
      const float wide = static_cast<float>(x);
      uint32_t bits;
      memcpy(&bits, &wide, sizeof bits);
      value = static_cast<decltype(value)>(bits >> 16);
    }
    memcpy(data + i * static_cast<int64_t>(sizeof value), &value, sizeof value);
  });
}
bool IsFloat(DType dtype) { return dtype <= DType::k_bf16; }
bool IsSigned(DType d) {
  return IsFloat(d) || d == DType::k_i8 || d == DType::k_i16 || d == DType::k_i32 || d == DType::k_i64;
}

// How a [batch..., rows, cols] operand lies in memory.
enum class Lay {
  kRows,
  kCols,
  kPaddedRows,
  kPaddedCols,
  kEverySecond,
  kReversed,
  kOneRow,
  kOneCol,
  kOneValue,
  kCount
};
struct Operand {
  mia::View view;
  std::vector<char> memory;  // exactly what the view reaches, for AddressSanitizer
  DType dtype;

  Operand(int loc, DType type, std::vector<int64_t> batch, int64_t rows, int64_t cols, Lay lay, bool shared,
          Dice& dice)
      : dtype(type) {
    int64_t row = cols, col = 1, offset = 0;
    if (lay == Lay::kCols) row = 1, col = rows;
    if (lay == Lay::kPaddedRows) row = cols + 5;
    if (lay == Lay::kPaddedCols) row = 1, col = rows + 3;
    if (lay == Lay::kEverySecond) row = 2 * cols + 1, col = 2;
    if (lay == Lay::kReversed) row = -cols, col = -1, offset = rows * cols - 1;
    if (lay == Lay::kOneRow) row = 0;
    if (lay == Lay::kOneCol) row = 1, col = 0;
    if (lay == Lay::kOneValue) row = col = 0;
    int64_t reach = 1 + (rows - 1) * llabs(row) + (cols - 1) * llabs(col);
    if (rows * cols == 0) reach = offset = 0;
    std::vector<int64_t> size = batch, stride(batch.size());
    int64_t step = reach;
    for (size_t d = batch.size(); d-- > 0; step *= batch[d]) stride[d] = shared ? 0 : step;
    size.insert(size.end(), {rows, cols});
    stride.insert(stride.end(), {row, col});
    view = MakeView(loc, dtype, size, stride, offset);
    const int64_t count = shared ? reach : step;
    memory.resize(static_cast<size_t>(count) * mia::kDTypeBytes[static_cast<int>(dtype)]);
    for (int64_t i = 0; i < count; i++) {
      const int64_t n = dice.Roll(256) - (IsSigned(dtype) ? 128 : 0);
      const double small = IsFloat(dtype) ? static_cast<double>(n) / 64
                                          : static_cast<double>(dtype == DType::k_bool ? n & 1 : n % 100);
      Set(memory.data(), dtype, i, small);
    }
  }
  // Row-major, as the view enumerates it.
  std::vector<double> Values() const {
    std::vector<double> values;
    for (int64_t i = 0; i < view.count; i++) {
      int64_t offset = view.offset, rest = i;
      for (int d = view.nd - 1; d >= 0; d--) {
        offset += rest % view.size[d] * view.stride[d];
        rest /= view.size[d];
      }
      values.push_back(Get(memory.data(), dtype, offset));
    }
    return values;
  }
};

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
DType Own(const std::string& type) {
  for (int i = 0; i < mia::kNumDTypes; i++) {
    if (type == mia::kDTypeNames[i]) return static_cast<DType>(i);
  }
  abort();
}

std::string Describe(const mia::KernelTable& table, const Case& c) {
  std::ostringstream out;
  out << table.isa << " matmul." << c.type << " [" << c.batch.size() << " batch dims, " << c.m << ", " << c.k
      << "] x [" << c.k << ", " << c.n << "] dtypes " << mia::kDTypeNames[static_cast<int>(c.a)] << ' '
      << mia::kDTypeNames[static_cast<int>(c.b)] << " layouts " << static_cast<int>(c.lay_a) << ' '
      << static_cast<int>(c.lay_b) << " end " << static_cast<int>(c.end) << " shared " << c.share_a
      << c.share_b << " piece " << c.piece;
  return out.str();
}

void Check(const mia::KernelTable& table, const Case& c, unsigned seed) {
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
