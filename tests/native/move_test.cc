// gather, takeAlong, scatter and topk on every ISA: all element sizes and index types, strided operands, repeated and
// wrong indices, ties and NaN.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernel_fixture.h"

namespace {

using kernel::DType;
using kernel::Linear;
using kernel::MakeView;

std::vector<int32_t> Indices(size_t n, int64_t limit, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<int32_t> indices(n);
  for (int32_t& i : indices) i = static_cast<int32_t>(engine() % static_cast<uint64_t>(limit));
  return indices;
}
size_t U(int64_t x) { return static_cast<size_t>(x); }

struct Dims {
  int64_t outer, axis, inner, n;
};
const Dims kDims[] = {{1, 10, 1, 7},   {1, 100, 64, 30}, {3, 5, 7, 1300}, {2, 9, 1, 600},
                      {4, 3, 600, 20}, {1, 1, 1, 1},     {2, 4, 1, 0},    {513, 2, 3, 5}};

// The table [outer, axis, inner] lies plainly, or with its dims the other way round in memory.
template <class T>
void CheckGather(DType dtype, bool turned) {
  for (const auto* isa : kernel::Isas()) {
    for (const Dims& d : kDims) {
      const auto table = kernel::Random<T>(U(d.outer * d.axis * d.inner), 1, 1e9);
      const auto indices = Indices(U(d.n), d.axis, 2);
      const kernel::Memory out(U(d.outer * d.n * d.inner) * sizeof(T));
      const std::vector<int64_t> stride = turned ? std::vector<int64_t>{1, d.outer, d.outer * d.axis}
                                                 : std::vector<int64_t>{d.axis * d.inner, d.inner, 1};
      kernel::Call call;
      call.kernel = "gather";
      call.ints = {d.outer, d.axis, d.inner, d.n};
      call.views = {MakeView(0, dtype, {d.outer, d.axis, d.inner}, stride), Linear(1, DType::k_i32, d.n),
                    Linear(2, dtype, d.outer * d.n * d.inner)};
      call.piece = 100;
      CHECK(call.Run(*isa, {(char*)table.data(), (char*)indices.data(), out.data()}));
      CHECK(out.Intact());
      const T* y = reinterpret_cast<const T*>(out.data());
      int64_t wrong = 0;
      for (int64_t o = 0; o < d.outer; o++) {
        for (int64_t j = 0; j < d.n; j++) {
          for (int64_t i = 0; i < d.inner; i++) {
            wrong += y[(o * d.n + j) * d.inner + i] !=
                     table[U(o * stride[0] + indices[U(j)] * stride[1] + i * stride[2])];
          }
        }
      }
      CHECK_EQ(wrong, 0);
    }
  }
}
TEST(GatherMovesEverySize) {
  for (const bool turned : {false, true}) {
    CheckGather<uint8_t>(DType::k_bool, turned);
    CheckGather<uint16_t>(DType::k_f16, turned);
    CheckGather<float>(DType::k_f32, turned);
    CheckGather<int64_t>(DType::k_i64, turned);
  }
}

TEST(GatherTakesEveryIndexType) {
  const float table[] = {10, 11, 12, 13, 14};
  for (const auto* isa : kernel::Isas()) {
    for (const DType dtype : {DType::k_i8, DType::k_u8, DType::k_i16, DType::k_u16, DType::k_i32, DType::k_u32,
                              DType::k_i64, DType::k_u64}) {
      const int size = mia::kDTypeBytes[static_cast<int>(dtype)];
      char indices[3 * 8] = {};
      for (int i = 0; i < 3; i++) indices[i * size] = static_cast<char>(4 - 2 * i);  // little-endian
      float out[3];
      kernel::Call call;
      call.kernel = "gather";
      call.ints = {1, 5, 1, 3};
      call.views = {Linear(0, DType::k_f32, 5), Linear(1, dtype, 3), Linear(2, DType::k_f32, 3)};
      call.views[0] = MakeView(0, DType::k_f32, {1, 5, 1}, {5, 1, 1});
      CHECK(call.Run(*isa, {(char*)table, indices, (char*)out}));
      CHECK(out[0] == 14 && out[1] == 12 && out[2] == 10);
    }
  }
}

TEST(IndicesOutOfRangeFail) {
  float memory[64] = {};
  for (const auto* isa : kernel::Isas()) {
    for (const int32_t bad : {-1, 4, INT32_MAX, INT32_MIN}) {
      const int32_t indices[] = {0, 3, bad, 1};
      for (const char* name : {"gather", "takeAlong", "scatter.set", "scatter.add.f32"}) {
        kernel::Call call;
        call.kernel = name;
        call.ints = {1, 4, 2, 4};
        const auto matrix = MakeView(0, DType::k_f32, {1, 4, 2}, {8, 2, 1});
        call.views = {matrix, Linear(1, DType::k_i32, 4), Linear(0, DType::k_f32, 8, 16)};
        if (call.kernel == "takeAlong") {
          call.ints = {2, 4, 2};
          call.views = {MakeView(0, DType::k_f32, {2, 4}, {4, 1}), Linear(1, DType::k_i32, 4), Linear(0,
              DType::k_f32, 4, 16)};
        } else if (call.kernel[0] == 's') {
          call.views[2] = MakeView(0, DType::k_f32, {1, 4, 2}, {8, 2, 1}, 16);
        }
        mia::Status status{};
        CHECK(call.Run(*isa, {(char*)memory, (char*)indices}, &status));
        CHECK(status == mia::Status::kIndexOutOfRange);
        CHECK_EQ(call.detail, bad);
      }
    }
  }
}

TEST(TakeAlongPicksInEveryRow) {
  for (const auto* isa : kernel::Isas()) {
    for (const auto& d : {Dims{5, 7, 1, 3}, Dims{600, 4, 1, 1}, Dims{3, 50, 1, 700}, Dims{1, 1, 1, 1}}) {
      const int64_t rows = d.outer, n = d.axis, k = d.n;
      for (const bool turned : {false, true}) {
        const auto x = kernel::Random<int16_t>(U(rows * n), 1, 30000);
        const auto indices = Indices(U(rows * k), n, 2);
        const kernel::Memory out(U(rows * k) * 2);
        kernel::Call call;
        call.kernel = "takeAlong";
        call.ints = {rows, n, k};
        call.piece = 2;
        const auto view = turned ? MakeView(0, DType::k_i16, {rows, n}, {1, rows}) : Linear(0, DType::k_i16, rows * n);
        call.views = {view, Linear(1, DType::k_i32, rows * k), Linear(2, DType::k_i16, rows * k)};
        if (!turned) call.views[0] = MakeView(0, DType::k_i16, {rows, n}, {n, 1});
        CHECK(call.Run(*isa, {(char*)x.data(), (char*)indices.data(), out.data()}));
        CHECK(out.Intact());
        const auto* y = reinterpret_cast<const int16_t*>(out.data());
        for (int64_t i = 0; i < rows * k; i++) {
          const int64_t r = i / k, at = indices[U(i)];
          CHECK_EQ(y[i], x[U(turned ? at * rows + r : r * n + at)]);
        }
      }
    }
  }
}

// Repeated indices on purpose: sets keep the last, additions all, in order.
TEST(ScatterSetsAndAdds) {
  for (const auto* isa : kernel::Isas()) {
    for (const Dims& d : kDims) {
      for (const bool turned : {false, true}) {
        const auto before = kernel::Random<float>(U(d.outer * d.axis * d.inner), 1);
        const auto updates = kernel::Random<float>(U(d.outer * d.n * d.inner), 2);
        const auto indices = Indices(U(d.n), d.axis, 3);
        const std::vector<int64_t> stride = turned ? std::vector<int64_t>{1, d.outer, d.outer * d.n}
                                                   : std::vector<int64_t>{d.n * d.inner, d.inner, 1};
        for (const bool add : {false, true}) {
          auto out = before, expected = before;
          for (int64_t o = 0; o < d.outer; o++) {
            for (int64_t j = 0; j < d.n; j++) {
              for (int64_t i = 0; i < d.inner; i++) {
                float& y = expected[U((o * d.axis + indices[U(j)]) * d.inner + i)];
                const float x = updates[U(o * stride[0] + j * stride[1] + i * stride[2])];
                y = add ? y + x : x;
              }
            }
          }
          kernel::Call call;
          call.kernel = add ? "scatter.add.f32" : "scatter.set";
          call.ints = {d.outer, d.axis, d.inner, d.n};
          call.piece = 1;
          call.views = {Linear(0, DType::k_f32, d.outer * d.axis * d.inner), Linear(1, DType::k_i32, d.n),
                        MakeView(2, DType::k_f32, {d.outer, d.n, d.inner}, stride)};
          CHECK(call.Run(*isa, {(char*)out.data(), (char*)indices.data(), (char*)updates.data()}));
          CHECK(out == expected);
        }
      }
    }
  }
}

TEST(ScatterAddsNarrowTypes) {
  const int32_t indices[] = {2, 0, 2, 2};
  const int32_t updates[] = {100, 1, 100, 100};
  for (const auto* isa : kernel::Isas()) {
    int8_t out[] = {5, 6, 7};
    kernel::Call call;
    call.kernel = "scatter.add.i32";
    call.ints = {1, 3, 1, 4};
    call.views = {Linear(0, DType::k_i8, 3), Linear(1, DType::k_i32, 4), MakeView(2, DType::k_i32, {1, 4, 1}, {4, 1,
        1})};
    CHECK(call.Run(*isa, {(char*)out, (char*)indices, (char*)updates}));
    CHECK(out[0] == 6 && out[1] == 6 && out[2] == int8_t(307));
  }
}

template <class T>
std::vector<int32_t> Topk(const kernel::KernelTable& isa, const char* type, DType dtype, const std::vector<T>& x,
                          int64_t rows, int64_t n, int64_t k, bool largest) {
  std::vector<int32_t> out(U(rows * k) + 1, 77);
  kernel::Call call;
  call.kernel = std::string("topk.") + type;
  call.ints = {rows, n, k, largest};
  call.piece = 2;
  call.views = {Linear(1, DType::k_i32, rows * k)};
  call.prologue = kernel::LoadOf(Linear(0, dtype, rows * n));
  CHECK(call.Run(isa, {(char*)x.data(), (char*)out.data()}));
  CHECK_EQ(out.back(), 77);
  out.pop_back();
  return out;
}

template <class T>
void CheckTopk(const char* type, DType dtype, bool nans) {
  const int64_t shapes[][3] = {{1, 1, 1},     {3, 10, 4},      {5, 700, 5},        {4, 513, 513},
                               {2, 5000, 50}, {7, 20, 20},     {2, 30, 0},         {1, 200000, 130000}};
  for (const auto* isa : kernel::Isas()) {
    for (const auto& s : shapes) {
      auto x = kernel::Random<T>(U(s[0] * s[1]), 5, 50);
      std::mt19937 engine(7);
      for (T& v : x) {
        v = static_cast<T>(static_cast<int64_t>(v));  // ties
        if (nans && engine() % 50 == 0) v = static_cast<T>(NAN);
      }
      for (const bool largest : {true, false}) {
        const auto got = Topk(*isa, type, dtype, x, s[0], s[1], s[2], largest);
        for (int64_t r = 0; r < s[0]; r++) {
          const T* row = x.data() + r * s[1];
          std::vector<int32_t> order(U(s[1]));
          std::iota(order.begin(), order.end(), 0);
          std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
            const bool nan_a = row[a] != row[a], nan_b = row[b] != row[b];
            if (nan_a || nan_b) return largest ? nan_a && !nan_b : nan_b && !nan_a;
            return largest ? row[a] > row[b] : row[a] < row[b];
          });
          CHECK(std::equal(order.begin(), order.begin() + s[2], got.begin() + r * s[2]));
        }
      }
    }
  }
}
TEST(TopkF32) { CheckTopk<float>("f32", DType::k_f32, true); }
TEST(TopkF64) { CheckTopk<double>("f64", DType::k_f64, true); }
TEST(TopkI32) { CheckTopk<int32_t>("i32", DType::k_i32, false); }
TEST(TopkU32) { CheckTopk<uint32_t>("u32", DType::k_u32, false); }
TEST(TopkI64) { CheckTopk<int64_t>("i64", DType::k_i64, false); }
TEST(TopkU64) { CheckTopk<uint64_t>("u64", DType::k_u64, false); }

TEST(MovesRefuseWhatDoesNotFit) {
  float memory[64] = {};
  const auto& isa = *mia::kTables[mia::kNumTables - 1];
  const auto refused = [&](const char* name, std::vector<int64_t> ints, std::vector<mia::View> views) {
    kernel::Call call;
    call.kernel = name;
    call.ints = ints;
    call.views = views;
    call.prologue = kernel::LoadOf(Linear(0, DType::k_f32, 8));
    return !call.Run(isa, {(char*)memory});
  };
  const auto f32 = [](std::vector<int64_t> size, std::vector<int64_t> stride) { return MakeView(0, DType::k_f32,
      size, stride); };
  const auto table = f32({1, 4, 2}, {8, 2, 1}), index = Linear(0, DType::k_i32, 3), out = f32({6}, {1});
  CHECK(!refused("gather", {1, 4, 2, 3}, {table, index, out}));
  CHECK(refused("gather", {1, 4, 2, 3}, {table, f32({3}, {1}), out}));
  CHECK(refused("gather", {1, 4, 2, 3}, {table, index, f32({6}, {2})}));
  CHECK(refused("gather", {1, 4, 2, 3}, {table, index, Linear(0, DType::k_i32, 6)}));
  CHECK(refused("gather", {1, 5, 2, 3}, {table, index, out}));
  CHECK(refused("gather", {-1, 4, -2, 3}, {table, index, out}));
  CHECK(refused("gather", {1, 4, 2, 3}, {table, index}));
  CHECK(!refused("takeAlong", {2, 4, 3}, {f32({2, 4}, {4, 1}), Linear(0, DType::k_i32, 6), out}));
  CHECK(refused("takeAlong", {2, 4, 3}, {f32({8}, {1}), Linear(0, DType::k_i32, 6), out}));
  CHECK(!refused("scatter.set", {1, 4, 2, 3}, {Linear(0, DType::k_f32, 8), index, f32({1, 3, 2}, {6, 2, 1})}));
  CHECK(refused("scatter.set", {1, 4, 2, 3}, {Linear(0, DType::k_i32, 8), index, f32({1, 3, 2}, {6, 2, 1})}));
  CHECK(refused("scatter.add.i32", {1, 4, 2, 3}, {Linear(0, DType::k_f32, 8), index, f32({1, 3, 2}, {6, 2, 1})}));
  CHECK(!refused("topk.f32", {2, 4, 3, 1}, {Linear(0, DType::k_i32, 6)}));
  CHECK(refused("topk.f32", {2, 4, 5, 1}, {Linear(0, DType::k_i32, 10)}));
  CHECK(refused("topk.f32", {2, 4, 3, 1}, {Linear(0, DType::k_i64, 6)}));
}

}  // namespace
