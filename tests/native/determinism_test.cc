// The same bits, however a step's units are handed out: which thread computes what, and how many there are,
// does not matter. Every kernel that adds numbers up runs whole and in pieces of several sizes
// (attention_test.cc and rows_test.cc do so for theirs).
#include "matmul_fixture.h"
#include "packed_isas.h"

namespace {

// Runs `call`, whose output is memory `out` of `bytes`, in pieces, and compares.
void CheckCuts(const KernelTable& table, Call call, std::vector<char*> memories, size_t out, size_t bytes) {
  std::vector<char> whole;
  for (const int64_t piece : {0, 1, 3, 10}) {
    const Memory memory(bytes);
    memset(memory.data(), 0, bytes);
    memories[out] = memory.data();
    call.piece = piece;
    CHECK(call.Run(table, memories));
    if (piece == 0) whole.assign(memory.data(), memory.data() + bytes);
    if (memcmp(whole.data(), memory.data(), bytes) == 0) continue;
    std::ostringstream text;
    text << table.isa << ' ' << call.kernel << " of";
    for (const int64_t i : call.ints) text << ' ' << i;
    text << ": pieces of " << piece << " units give other bits";
    return test::Fail(__FILE__, __LINE__, text.str());
  }
}

// Numbers whose sums round.
std::vector<float> Rounded(int64_t n, unsigned seed) {
  return Random<float>(static_cast<size_t>(n), seed, 1);
}
char* Of(std::vector<float>& x) { return reinterpret_cast<char*>(x.data()); }

}  // namespace

TEST(DeterministicMatmul) {
  const int64_t sizes[][3] = {{1, 400, 900}, {4, 65, 70},    {7, 100, 600},
                              {33, 97, 700}, {150, 90, 520}, {300, 1, 900}};
  for (const auto* table : Isas()) {
    for (const auto& size : sizes) {
      const int64_t m = size[0], n = size[1], k = size[2];
      auto a = Rounded(m * k, 1), b = Rounded(k * n, 2), bias = Rounded(n, 3);
      for (int lay = 0; lay < 4; lay++) {
        Call call;
        call.kernel = "matmul.f32";
        call.ints = {1, m, n, k};
        const std::vector<int64_t> a_stride = {lay % 2 ? 1 : k, lay % 2 ? m : 1},
                                   b_stride = {lay / 2 ? 1 : n, lay / 2 ? k : 1};
        call.views = {MakeView(0, DType::k_f32, {m, k}, a_stride),
                      MakeView(1, DType::k_f32, {k, n}, b_stride)};
        call.epilogue = StoreOf(Linear(2, DType::k_f32, m * n));
        CheckCuts(*table, call, {Of(a), Of(b), nullptr, Of(bias)}, 2, static_cast<size_t>(m * n) * 4);
        Tile tile;  // plus a bias: C goes through scratch
        tile.Reserve(1);
        const int loaded = tile.Load(MakeView(3, DType::k_f32, {m, n}, {0, 1}));
        tile.Store(tile.Op("add.f32", 0, loaded), Linear(2, DType::k_f32, m * n));
        call.epilogue = tile;
        CheckCuts(*table, call, {Of(a), Of(b), nullptr, Of(bias)}, 2, static_cast<size_t>(m * n) * 4);
      }
    }
  }
}

TEST(DeterministicLinear) {
  const int64_t sizes[][2] = {{1, 300}, {5, 70}, {13, 70}, {100, 40}};
  const int64_t k = 1280;
  for (const auto* table : PackedIsas()) {
    for (int f = 0; f < table->num_formats; f++) {
      const mia::PackedFormat& format = table->formats[f];
      for (const auto& size : sizes) {
        const int64_t m = size[0], n = size[1], bytes = format.image_bytes(n, k);
        auto a = Rounded(m * k, 4);
        std::vector<float> w = Rounded(n * k, 5);
        const DType stored = Own(format.name);
        const bool blocks = mia::kDTypeElements[static_cast<int>(stored)] > 1;
        // Weights as the format stores them, by way of Mia's own conversion.
        std::vector<char> weights(static_cast<size_t>(n * k * 4));
        Call convert;
        convert.kernel = blocks ? "encode.f32" : "map";
        convert.ints = {n * k};
        const mia::View to = Linear(1, stored, n * k);
        const int x = convert.prologue.Load(Linear(0, DType::k_f32, n * k));
        convert.result = x;
        if (blocks) {
          convert.views = {to};
        } else if (stored == DType::k_i8) {
          const int scaled = convert.prologue.Op("mul.f32", x, convert.prologue.Const(Reg::k_f32, 127));
          convert.prologue.Store(convert.prologue.Op("cast.f32.i32", scaled), to);
        } else {
          convert.prologue.Store(x, to);
        }
        CHECK(convert.Run(*Isas()[0], {Of(w), weights.data()}));
        const Memory image(static_cast<size_t>(bytes));
        Call pack;
        pack.kernel = "pack." + std::string(format.name);
        pack.ints = {n, k};
        pack.views = {MakeView(0, stored, {k, n}, {1, k}), Linear(1, DType::k_u32, bytes / 4)};
        CHECK(pack.Run(*table, {weights.data(), image.data()}));
        Call call;
        call.kernel = "linear." + std::string(format.name) + ".f32";
        call.ints = {m, n, k};
        call.views = {MakeView(0, DType::k_f32, {m, k}, {k, 1}), Linear(1, DType::k_u32, bytes / 4)};
        call.epilogue = StoreOf(Linear(2, DType::k_f32, m * n));
        CheckCuts(*table, call, {Of(a), image.data(), nullptr}, 2, static_cast<size_t>(m * n) * 4);
      }
    }
  }
}

TEST(DeterministicReduce) {
  const int64_t sizes[][2] = {
      {1, 300000}, {3, 70001}, {40, 1000}, {700, 9}, {2500, 300}};  // [outer, reduced]
  for (const auto* table : Isas()) {
    for (const char* op : {"sum", "prod", "max"}) {
      for (const auto& size : sizes) {
        for (const int64_t mode : {0, 1}) {
          const int64_t outer = size[0], n = outer * size[1];
          auto x = Rounded(n, 6);
          Call call;
          call.kernel = std::string("reduce.") + op + ".f32";
          call.ints = {mode, outer, size[1]};
          call.prologue = LoadOf(Linear(0, DType::k_f32, n));
          call.epilogue = StoreOf(Linear(1, DType::k_f32, outer));
          CheckCuts(*table, call, {Of(x), nullptr}, 1, static_cast<size_t>(outer) * 4);
        }
      }
    }
  }
}

TEST(DeterministicWindows) {
  struct Shape {
    int64_t channels, outputs, groups, size, kernel, pad;
  };
  const Shape shapes[] = {
      {70, 19, 1, 12, 3, 1}, {9, 150, 1, 40, 3, 1}, {140, 11, 1, 9, 1, 0}, {8, 8, 8, 40, 3, 1}};
  for (const auto* table : Isas()) {
    for (const Shape& s : shapes) {
      const int64_t out = s.size + 2 * s.pad - s.kernel + 1, k = s.channels / s.groups * s.kernel * s.kernel,
                    count = 2 * s.outputs * out * out, plane = s.size * s.size;
      auto x = Rounded(2 * s.channels * plane, 7), w = Rounded(s.outputs * k, 8);
      const std::vector<int64_t> window = {2,        s.channels, s.size, s.size, out,   out, s.kernel,
                                           s.kernel, 1,          1,      s.pad,  s.pad, 1,   1};
      const mia::View image =
          MakeView(0, DType::k_f32, {2, s.channels, s.size, s.size}, {s.channels * plane, plane, s.size, 1});
      Call call;
      call.kernel = "conv2d.f32";
      call.ints = window;
      call.ints.insert(call.ints.end(), {s.outputs, s.groups});
      call.views = {image, MakeView(1, DType::k_f32, {s.groups, s.outputs / s.groups, k},
                                    {s.outputs / s.groups * k, k, 1})};
      call.epilogue = StoreOf(Linear(2, DType::k_f32, count));
      CheckCuts(*table, call, {Of(x), Of(w), nullptr}, 2, static_cast<size_t>(count) * 4);
    }
  }
}
