// matmul.<T> on every ISA of this machine against sums in double (floats) or mod 2^64 (integers).
#include "matmul_fixture.h"

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
  const int64_t sizes[][3] = {{300, 200, 70}, {900, 40, 33},  {1100, 33, 197}, {530, 130, 33}, {260, 65, 530},
                              {9, 1100, 40},  {150, 600, 20}, {145, 70, 300},  {49, 530, 64}};
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
