// matmul.<T> on every ISA of this machine against sums in double (floats) or mod 2^64 (integers).
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
  }
  abort();
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

// Around every ISA's tile (rows 2 4 6 8, columns 4 12 16 64), thin and few rows, and its step along k (256,
// 512).
TEST(MatmulSizes) {
  const std::vector<int64_t> m = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 17, 47, 49, 61, 97},
                             n = {1,  2,  3,  4,  5,  7,  8,  11, 12, 13, 15,
                                  16, 17, 31, 33, 48, 63, 64, 65, 97, 129},
                             k = {0,  1,  2,  3,   4,   5,   7,   15,  16,  17,  31,
                                  61, 64, 65, 255, 256, 257, 511, 512, 513, 1027};
  for (const auto* table : Isas()) {
    for (unsigned i = 0; i < 400; i++) {
      Dice dice(i);
      Case c{"f32", DType::k_f32, DType::k_f32, {}, dice.Pick(m), dice.Pick(n), dice.Pick(k)};
      if (c.m * c.n * c.k > 1000000) c.k = 17;
      c.lay_a = dice.Pick(kDense);
      c.lay_b = dice.Pick(kDense);
      c.end = static_cast<End>(dice.Roll(static_cast<int64_t>(End::kCount)));
      c.piece = dice.Roll(3);
      Check(*table, c, i);
    }
  }
}

TEST(MatmulLayouts) {
  const int64_t sizes[][3] = {{1, 37, 19}, {3, 70, 33}, {4, 16, 40}, {7, 21, 18}, {50, 67, 23}, {7, 64, 515}};
  unsigned seed = 0;
  for (const auto* table : Isas()) {
    for (const auto& size : sizes) {
      for (int a = 0; a < static_cast<int>(Lay::kCount); a++) {
        for (int b = 0; b < static_cast<int>(Lay::kCount); b++) {
          Case c{"f32", DType::k_f32, DType::k_f32, {}, size[0], size[1], size[2]};
          c.lay_a = static_cast<Lay>(a);
          c.lay_b = static_cast<Lay>(b);
          Check(*table, c, seed++);
        }
      }
    }
  }
}

TEST(MatmulHalves) {
  const std::vector<DType> floats = {DType::k_f32, DType::k_f16, DType::k_bf16};
  for (const auto* table : Isas()) {
    for (unsigned i = 0; i < 150; i++) {
      Dice dice(i);
      Case c{"f32",        dice.Pick(floats), dice.Pick(floats), {}, 1 + dice.Roll(12), 1 + dice.Roll(80),
             dice.Roll(70)};
      if (i % 10 == 0) c.k = 5000;  // thin A is then converted in parts
      if (i % 10 == 1) c.k = 9001, c.m = 1 + dice.Roll(4), c.n = 5;
      c.lay_a = static_cast<Lay>(dice.Roll(static_cast<int64_t>(Lay::kCount)));
      c.lay_b = static_cast<Lay>(dice.Roll(static_cast<int64_t>(Lay::kCount)));
      c.end = static_cast<End>(dice.Roll(static_cast<int64_t>(End::kCount)));
      Check(*table, c, i);
    }
  }
}

TEST(MatmulBatches) {
  const std::vector<std::vector<int64_t>> batches = {{1}, {3}, {2, 3}, {4, 1}, {2, 1, 3}};
  for (const auto* table : Isas()) {
    for (unsigned i = 0; i < 150; i++) {
      Dice dice(i);
      Case c{"f32",
             DType::k_f32,
             DType::k_f32,
             dice.Pick(batches),
             1 + dice.Roll(20),
             1 + dice.Roll(80),
             1 + dice.Roll(40)};
      if (i % 5 == 0) c.n = 1;
      c.lay_a = static_cast<Lay>(dice.Roll(static_cast<int64_t>(Lay::kCount)));
      c.lay_b = static_cast<Lay>(dice.Roll(static_cast<int64_t>(Lay::kCount)));
      c.end = static_cast<End>(dice.Roll(static_cast<int64_t>(End::kCount)));
      c.share_a = dice.Roll(3) == 0;
      c.share_b = dice.Roll(2) == 0;
      c.piece = dice.Roll(4);
      Check(*table, c, i);
    }
  }
}

// Several chunks of rows, blocks of columns wider than scratch, panels packed while others are used.
TEST(MatmulBlocks) {
  const int64_t sizes[][3] = {{300, 200, 70}, {530, 130, 33}, {260, 65, 530}, {9, 1100, 40},
                              {150, 600, 20}, {145, 70, 300}, {49, 530, 64}};
  unsigned seed = 0;
  for (const auto* table : Isas()) {
    for (const auto& size : sizes) {
      for (int i = 0; i < 6; i++) {
        Case c{"f32", DType::k_f32, DType::k_f32, {}, size[0], size[1], size[2]};
        c.lay_a = i % 2 == 0 ? Lay::kRows : Lay::kCols;
        c.lay_b = i % 3 == 0 ? Lay::kCols : Lay::kRows;
        c.end = i < 3 ? End::kPlain : End::kBias;
        c.piece = i % 4 == 1 ? 5 : 0;
        Check(*table, c, seed++);
      }
    }
  }
}

TEST(MatmulTypes) {
  const std::vector<std::pair<std::string, std::vector<DType>>> types = {
      {"f64", {DType::k_f64}},
      {"i32", {DType::k_i32, DType::k_i8, DType::k_u8, DType::k_i16, DType::k_u16, DType::k_bool}},
      {"u32", {DType::k_u32}},
      {"i64", {DType::k_i64}},
      {"u64", {DType::k_u64}}};
  for (const auto* table : Isas()) {
    for (const auto& [type, storages] : types) {
      for (unsigned i = 0; i < 60; i++) {
        Dice dice(i);
        Case c{type,         dice.Pick(storages), dice.Pick(storages),
               {},           1 + dice.Roll(14),   1 + dice.Roll(70),
               dice.Roll(50)};
        if (i % 20 == 0) c.m = 160, c.k = 300;
        if (i % 3 == 0) c.batch = {2};
        c.lay_a = static_cast<Lay>(dice.Roll(static_cast<int64_t>(Lay::kCount)));
        c.lay_b = static_cast<Lay>(dice.Roll(static_cast<int64_t>(Lay::kCount)));
        c.end = std::vector<End>{End::kPlain, End::kBias, End::kTransposed, End::kAddTo}[i % 4];
        c.piece = dice.Roll(3);
        Check(*table, c, i);
      }
    }
  }
}

TEST(MatmulIntegersWrap) {
  for (const auto* table : Isas()) {
    int32_t a[2] = {INT32_MAX, INT32_MIN}, b[2] = {3, -1}, c = 0;
    Call call;
    call.kernel = "matmul.i32";
    call.ints = {1, 1, 1, 2};
    call.views = {MakeView(0, DType::k_i32, {1, 2}, {2, 1}), MakeView(1, DType::k_i32, {2, 1}, {1, 1})};
    call.epilogue = StoreOf(Linear(2, DType::k_i32, 1));
    CHECK(call.Run(*table,
                   {reinterpret_cast<char*>(a), reinterpret_cast<char*>(b), reinterpret_cast<char*>(&c)}));
    CHECK_EQ(c, static_cast<int32_t>(static_cast<uint32_t>(INT32_MAX) * 3u +
                                     static_cast<uint32_t>(INT32_MIN) * static_cast<uint32_t>(-1)));
  }
}

// NaN and infinity in one row reach that row only, and -0 is not lost to padding.
TEST(MatmulSpecialValues) {
  for (const auto* table : Isas()) {
    for (int64_t m : {1, 7}) {
      const int64_t n = 19, k = 5;
      std::vector<float> a(static_cast<size_t>(m * k), 1), b(static_cast<size_t>(k * n), -0.0f),
          c(static_cast<size_t>(m * n));
      a[0] = INFINITY;
      b[1] = NAN;
      b[2] = 2;
      Call call;
      call.kernel = "matmul.f32";
      call.ints = {1, m, n, k};
      call.views = {MakeView(0, DType::k_f32, {m, k}, {k, 1}), MakeView(1, DType::k_f32, {k, n}, {n, 1})};
      call.epilogue = StoreOf(Linear(2, DType::k_f32, m * n));
      CHECK(call.Run(*table, {reinterpret_cast<char*>(a.data()), reinterpret_cast<char*>(b.data()),
                              reinterpret_cast<char*>(c.data())}));
      for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
          const float value = c[static_cast<size_t>(i * n + j)];
          if (j == 1 || (i == 0 && j != 2))
            CHECK(isnan(value));
          else
            CHECK_EQ(value, j != 2 ? 0.0f : i == 0 ? INFINITY : 2.0f);
        }
      }
    }
  }
}

TEST(MatmulOfOneElement) {
  for (const auto* table : Isas()) {
    float a = 3, b = -5, c = 0;
    Call call;
    call.kernel = "matmul.f32";
    call.ints = {1, 1, 1, 1};
    call.views = {MakeView(0, DType::k_f32, {}, {}), MakeView(1, DType::k_f32, {}, {})};
    call.epilogue = StoreOf(MakeView(2, DType::k_f32, {}, {}));
    CHECK(call.Run(*table,
                   {reinterpret_cast<char*>(&a), reinterpret_cast<char*>(&b), reinterpret_cast<char*>(&c)}));
    CHECK_EQ(c, -15.0f);
  }
}

TEST(MatmulRefuses) {
  const auto* table = Isas().back();
  float memory[64] = {};
  char* const p = reinterpret_cast<char*>(memory);
  const auto refused = [&](std::vector<int64_t> ints, mia::View a, mia::View b, mia::View out) {
    Call call;
    call.kernel = "matmul.f32";
    call.ints = std::move(ints);
    call.views = {a, b};
    call.epilogue = StoreOf(out);
    return !call.Run(*table, {p, p, p});
  };
  const auto f32 = DType::k_f32;
  const mia::View a = MakeView(0, f32, {2, 3}, {3, 1}), b = MakeView(1, f32, {3, 4}, {4, 1}),
                  out = Linear(2, f32, 8);
  CHECK(!refused({1, 2, 4, 3}, a, b, out));
  CHECK(refused({1, 2, 4}, a, b, out));
  CHECK(refused({1, 2, 4, 2}, a, b, out));
  CHECK(refused({1, 2, 5, 3}, a, b, out));
  CHECK(refused({2, 2, 4, 3}, a, b, Linear(2, f32, 16)));
  CHECK(refused({1, 2, 4, 3}, a, b, Linear(2, f32, 9)));
  CHECK(refused({-1, -2, 4, 3}, a, b, out));
  CHECK(refused({1, 2, 4, 3}, MakeView(0, DType::k_i32, {2, 3}, {3, 1}), b, out));
  CHECK(refused({2, 1, 4, 3}, MakeView(0, f32, {2, 1, 3}, {3, 3, 1}),
                MakeView(1, f32, {1, 2, 3, 4}, {0, 0, 4, 1}), out));
}
