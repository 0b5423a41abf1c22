// rows.* on every ISA against double references: columns around vectors and tiles, rows longer than scratch, prologues
// and epilogues, in place, and rows of special values.
#include <cmath>

#include "kernel_fixture.h"

namespace {

using kernel::DType;
using kernel::Linear;
using kernel::MakeView;

constexpr double kEps = 1e-5;

// One row of the exact result.
std::vector<double> Exact(const std::string& fn, const std::vector<double>& x) {
  const auto n = static_cast<long double>(x.size());
  double max = -INFINITY;
  long double sum = 0, squares = 0, exps = 0, variance = 0;
  for (const double v : x) {
    max = std::max(max, v);
    sum += v;
    squares += static_cast<long double>(v) * v;
  }
  const long double mean = sum / n;
  const bool exponential = fn == "softmax" || fn == "logSoftmax";  // slow where long double is emulated
  for (const double v : x) {
    if (exponential) exps += exp(v - max);
    variance += (v - mean) * (v - mean) / n;
  }
  const long double log_exps = exponential ? logl(exps) : 0;
  const long double deviation = fn == "normalize" ? sqrtl(variance + kEps)
                                : fn == "rmsNorm" ? sqrtl(squares / n + kEps)
                                                  : sqrtl(std::max<long double>(squares, kEps));
  std::vector<double> y;
  long double running = 0;
  for (const double v : x) {
    running += v;
    y.push_back(static_cast<double>(fn == "softmax"      ? exp(v - max) / exps
                : fn == "logSoftmax" ? v - max - log_exps
                : fn == "normalize"  ? (v - mean) / deviation
                : fn == "cumsum"     ? running
                                     : v / deviation));
  }
  return y;
}

template <class T>
constexpr DType kDTypeOf = sizeof(T) == 4 ? DType::k_f32 : DType::k_f64;

template <class T>
kernel::Call RowsCall(const std::string& fn, int64_t rows, int64_t cols, int out) {
  kernel::Call call;
  call.kernel = "rows." + fn + (sizeof(T) == 4 ? ".f32" : ".f64");
  call.ints = {rows, cols};
  call.floats = {kEps};
  call.prologue = kernel::LoadOf(Linear(0, kDTypeOf<T>, rows * cols));
  call.epilogue = kernel::StoreOf(Linear(out, kDTypeOf<T>, rows * cols));
  return call;
}

template <class T>
void Compare(const std::string& where, const std::string& fn, const std::vector<T>& x, const std::vector<T>& y,
             int64_t rows, int64_t cols) {
  const double unit = sizeof(T) == 4 ? 1.2e-7 : 2.3e-16;
  for (int64_t r = 0; r < rows; r++) {
    std::vector<double> row(x.begin() + r * cols, x.begin() + (r + 1) * cols);
    const auto exact = Exact(fn, row);
    double size = 0;  // what rounding errors are measured by
    for (const double v : row) size = fn == "cumsum" ? size + fabs(v) : std::max(size, fabs(v));
    for (int64_t c = 0; c < cols; c++) {
      const double want = exact[size_t(c)], got = static_cast<double>(y[size_t(r * cols + c)]);
      double bound = 8 * unit * (fabs(want) + (fn == "cumsum" || fn == "logSoftmax" ? size : 0));
      if (fn == "normalize") bound = 8 * unit * (fabs(want) + 1);
      if (fn == "softmax") bound += fabs(want) * unit * size * 2;
      if (fabs(got - want) <= bound) continue;
      std::ostringstream text;
      text << where << " rows." << fn << " [" << rows << ", " << cols << "] at (" << r << ", " << c << "): " << got
           << " instead of " << want;
      return test::Fail(__FILE__, __LINE__, text.str());
    }
  }
}

template <class T>
void CheckShapes() {
  const int64_t shapes[][2] = {{1, 1},   {5, 3},   {700, 7},   {40, 15},   {33, 16},    {20, 17},  {9, 511}, {4, 512},
                               {3, 513}, {2, 1021}, {3, 4096}, {2, 131072}, {2, 200003}, {257, 256}, {3, 0}};
  for (const auto* isa : kernel::Isas()) {
    for (const auto& shape : shapes) {
      const int64_t rows = shape[0], cols = shape[1];
      const auto x = kernel::Random<T>(static_cast<size_t>(rows * cols), 1, 4);
      for (const char* fn : {"softmax", "logSoftmax", "normalize", "rmsNorm", "l2Norm", "cumsum"}) {
        std::vector<T> y(x.size() + 1, 77), again = y;
        kernel::Call call = RowsCall<T>(fn, rows, cols, 1);
        if (strcmp(fn, "cumsum") == 0) call.floats.clear();
        CHECK(call.Run(*isa, {(char*)x.data(), (char*)y.data()}));
        CHECK_EQ(y.back(), 77);
        Compare(isa->isa, fn, x, y, rows, cols);
        call.piece = 1;
        CHECK(call.Run(*isa, {(char*)x.data(), (char*)again.data()}));
        CHECK(y == again);
        auto in_place = x;
        in_place.push_back(77);
        call.epilogue = kernel::StoreOf(Linear(0, kDTypeOf<T>, rows * cols));
        CHECK(call.Run(*isa, {(char*)in_place.data()}));
        CHECK(in_place == y);
      }
    }
  }
}
TEST(RowsF32) { CheckShapes<float>(); }
TEST(RowsF64) { CheckShapes<double>(); }

// fn(x * 0.5 + bias) * scale, x transposed in memory, stored as f32 backwards: nothing is plain.
TEST(RowsFuseBothSides) {
  for (const auto* isa : kernel::Isas()) {
    for (const int64_t cols : {5, 100, 600, 140000}) {
      const int64_t rows = 3, n = rows * cols;
      const auto x = kernel::Random<float>(static_cast<size_t>(n), 2), bias = kernel::Random<float>(size_t(cols), 3);
      for (const char* fn : {"softmax", "logSoftmax", "normalize", "rmsNorm", "l2Norm", "cumsum"}) {
        std::vector<float> y(static_cast<size_t>(n)), input(y), output(y);
        kernel::Call call = RowsCall<float>(fn, rows, cols, 1);
        call.prologue = kernel::Tile();
        kernel::Tile& in = call.prologue;
        const int a = in.Load(MakeView(0, DType::k_f32, {rows, cols}, {1, rows}));
        const int b = in.Load(MakeView(1, DType::k_f32, {rows, cols}, {0, 1}));
        const int half = in.Const(kernel::Reg::k_f32, 0.5);
        in.OpInto(a, "mul.f32", a, half);
        call.result = in.Op("add.f32", a, b);
        call.epilogue = kernel::Tile();
        kernel::Tile& after = call.epilogue;
        after.Reserve(1);
        const int scale = after.Load(MakeView(1, DType::k_f32, {rows, cols}, {0, 1}));
        const int plain = after.Op("mov.f32", 0);
        after.OpInto(0, "mul.f32", 0, scale);
        after.Store(0, MakeView(2, DType::k_f32, {n}, {-1}, n - 1));
        after.Store(plain, Linear(3, DType::k_f32, n), true);
        CHECK(call.Run(*isa, {(char*)x.data(), (char*)bias.data(), (char*)y.data(), (char*)output.data()}));
        for (int64_t i = 0; i < n; i++) {
          const int64_t r = i / cols, c = i % cols;
          input[size_t(i)] = x[size_t(c * rows + r)] * 0.5f + bias[size_t(c)];
          CHECK_EQ(y[size_t(n - 1 - i)], output[size_t(i)] * bias[size_t(c)]);
        }
        Compare(isa->isa, fn, input, output, rows, cols);
      }
    }
  }
}

// The mean is far from zero: E[x^2] - E[x]^2 would have no digit left.
TEST(RowsNormalizeFarFromZero) {
  for (const auto* isa : kernel::Isas()) {
    for (const int64_t cols : {64, 1000, 140000}) {
      auto x = kernel::Random<float>(size_t(cols), 3, 1);
      for (float& v : x) v += 10000;
      std::vector<float> y(x.size());
      CHECK(RowsCall<float>("normalize", 1, cols, 1).Run(*isa, {(char*)x.data(), (char*)y.data()}));
      Compare(isa->isa, "normalize", x, y, 1, cols);
    }
  }
}

TEST(RowsOfSpecialValues) {
  const float inf = INFINITY;
  for (const auto* isa : kernel::Isas()) {
    const auto run = [&](const char* fn, std::vector<float> x) {
      std::vector<float> y(x.size());
      const auto n = static_cast<int64_t>(x.size());
      CHECK(RowsCall<float>(fn, 1, n, 1).Run(*isa, {(char*)x.data(), (char*)y.data()}));
      return y;
    };
    CHECK(run("softmax", {-inf, 0, -inf, 0}) == (std::vector<float>{0, 0.5f, 0, 0.5f}));
    CHECK(run("softmax", {1000, 1000, -1000, -inf}) == (std::vector<float>{0.5f, 0.5f, 0, 0}));
    CHECK_EQ(run("logSoftmax", {-1e30f, 0, -inf})[2], -inf);
    CHECK_EQ(run("logSoftmax", {-1e30f, 0, -inf})[1], 0);
    for (const char* fn : {"softmax", "logSoftmax", "normalize", "rmsNorm", "l2Norm"}) {
      for (const float v : run(fn, {1, NAN, 2})) CHECK(isnan(v));
    }
    for (const float v : run("softmax", {-inf, -inf})) CHECK(isnan(v));
    for (const char* fn : {"normalize", "rmsNorm", "l2Norm"}) {
      for (const float v : run(fn, std::vector<float>(37, 0))) CHECK_EQ(v, 0);
    }
    for (const float v : run("normalize", std::vector<float>(37, 5))) CHECK_EQ(v, 0);
    const auto sums = run("cumsum", {1, inf, 2, -inf, 3});
    CHECK(sums[1] == inf && sums[2] == inf && isnan(sums[3]) && isnan(sums[4]));
  }
}

TEST(RowsCumsumOfIntegersWraps) {
  for (const auto* isa : kernel::Isas()) {
    constexpr int64_t rows = 7, cols = 300;
    const auto x = kernel::Random<int32_t>(rows * cols, 3, 2e9);
    std::vector<int32_t> y(x.size());
    kernel::Call call;
    call.kernel = "rows.cumsum.i32";
    call.ints = {rows, cols};
    call.prologue = kernel::LoadOf(Linear(0, DType::k_i32, rows * cols));
    call.epilogue = kernel::StoreOf(Linear(1, DType::k_i32, rows * cols));
    CHECK(call.Run(*isa, {(char*)x.data(), (char*)y.data()}));
    for (int64_t r = 0; r < rows; r++) {
      uint32_t sum = 0;
      for (int64_t c = 0; c < cols; c++) {
        sum += static_cast<uint32_t>(x[size_t(r * cols + c)]);
        CHECK_EQ(y[size_t(r * cols + c)], static_cast<int32_t>(sum));
      }
    }
  }
}

TEST(RowsRefuseWhatDoesNotFit) {
  float memory[8] = {};
  const auto refused = [&](std::vector<int64_t> ints, int64_t n) {
    kernel::Call call = RowsCall<float>("softmax", 1, n, 0);
    call.ints = ints;
    return !call.Run(*mia::kTables[mia::kNumTables - 1], {(char*)memory});
  };
  CHECK(!refused({2, 4}, 8));
  CHECK(refused({2, 5}, 8));
  CHECK(refused({8}, 8));
  CHECK(refused({-2, -4}, 8));
}

}  // namespace
