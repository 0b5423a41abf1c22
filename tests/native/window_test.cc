// conv2d.<T>, maxPool2d.<T> and avgPool2d.<T> on every ISA of this machine against their definitions in double.
#include <sstream>

#include "operand_fixture.h"

using namespace kernel;

namespace {

struct Geometry {
  int64_t n, c, h, w, oh = 0, ow = 0, kh, kw;
  int64_t stride_h = 1, stride_w = 1, top = 0, left = 0, dilation_h = 1, dilation_w = 1;
  int64_t bottom = 0, right = 0;

  // False if no window fits.
  bool Fit() {
    const int64_t rows = h + top + bottom - dilation_h * (kh - 1) - 1,
                  cols = w + left + right - dilation_w * (kw - 1) - 1;
    oh = rows / stride_h + 1;
    ow = cols / stride_w + 1;
    return rows >= 0 && cols >= 0;
  }
  std::vector<int64_t> Ints() const {
    return {n, c, h, w, oh, ow, kh, kw, stride_h, stride_w, top, left, dilation_h, dilation_w};
  }
  // Calls fn(pixel of the plane, tap) for the taps of a window that lie inside the image.
  template <class Fn>
  void ForTaps(int64_t y, int64_t x, Fn fn) const {
    for (int64_t ky = 0; ky < kh; ky++) {
      for (int64_t kx = 0; kx < kw; kx++) {
        const int64_t row = y * stride_h + ky * dilation_h - top, col = x * stride_w + kx * dilation_w - left;
        if (row >= 0 && row < h && col >= 0 && col < w) fn(row * w + col, ky * kw + kx);
      }
    }
  }
};

Geometry RandomGeometry(Dice& dice) {
  Geometry g;
  do {
    g.n = 1 + dice.Roll(2);
    g.h = 1 + dice.Roll(9);
    g.w = 1 + dice.Roll(dice.Roll(3) == 0 ? 90 : 20);
    g.kh = 1 + dice.Roll(4);
    g.kw = 1 + dice.Roll(5);
    g.stride_h = 1 + dice.Roll(3);
    g.stride_w = 1 + dice.Roll(3);
    g.dilation_h = 1 + dice.Roll(2);
    g.dilation_w = 1 + dice.Roll(2);
    g.top = dice.Roll(3);
    g.bottom = dice.Roll(3);
    g.left = dice.Roll(4);
    g.right = dice.Roll(3);
    if (dice.Roll(4) == 0) {  // the image itself
      g = {g.n, 1, g.h, g.w, 0, 0, 1, 1};
    }
  } while (!g.Fit());
  return g;
}

std::string Describe(const mia::KernelTable& table, const std::string& kernel, const Geometry& g, unsigned seed) {
  std::ostringstream out;
  out << table.isa << ' ' << kernel << " seed " << seed << " ints";
  for (int64_t i : g.Ints()) out << ' ' << i;
  return out.str();
}

double Epsilon(DType own) { return own == DType::k_f32 ? 0x1p-23 : own == DType::k_f64 ? 0x1p-52 : 0; }

void CheckConvolution(const mia::KernelTable& table, const std::string& type, const std::vector<DType>& storages,
                      unsigned seed) {
  Dice dice(seed);
  Geometry g = RandomGeometry(dice);
  const int64_t groups = 1 + dice.Roll(3), channels = dice.Roll(3) == 0 ? 1 : 1 + dice.Roll(7),
                rows = 1 + dice.Roll(dice.Roll(5) == 0 ? 400 : 12);
  g.c = groups * channels;
  const int64_t k = channels * g.kh * g.kw, outputs = groups * rows, count = g.n * outputs * g.oh * g.ow;
  const auto lay = [&] { return static_cast<Lay>(dice.Roll(static_cast<int64_t>(Lay::kCount))); };
  const Operand x(0, dice.Pick(storages), {g.n, g.c}, g.h, g.w, dice.Roll(2) ? Lay::kRows : lay(), false, dice),
      w(1, dice.Pick(storages), {groups}, rows, k, dice.Roll(2) ? Lay::kRows : lay(), false, dice);
  const DType own = Own(type);
  const Operand bias(3, own, {}, 1, outputs, Lay::kRows, false, dice);
  const Memory out(static_cast<size_t>(count) * mia::kDTypeBytes[static_cast<int>(own)]);

  Call call;
  call.kernel = "conv2d." + type;
  call.ints = g.Ints();
  call.ints.insert(call.ints.end(), {outputs, groups});
  call.views = {x.view, w.view};
  call.piece = dice.Roll(4);
  call.epilogue.Reserve(1);
  const bool biased = dice.Roll(2) == 0;
  int result = 0;
  if (biased) {
    const mia::View each = MakeView(3, own, {g.n, outputs, g.oh * g.ow}, {0, 1, 0});
    result = call.epilogue.Op("add." + type, 0, call.epilogue.Load(each));
  }
  call.epilogue.Store(result, Linear(2, own, count));
  const int before = test::failures;
  CHECK(call.Run(table, {const_cast<char*>(x.memory.data()), const_cast<char*>(w.memory.data()), out.data(),
                         const_cast<char*>(bias.memory.data())}));
  CHECK(out.Intact());

  const std::vector<double> xs = x.Values(), ws = w.Values(), biases = bias.Values();
  for (int64_t i = 0; i < count && test::failures == before; i++) {
    const int64_t ow = i % g.ow, oh = i / g.ow % g.oh, o = i / g.ow / g.oh % outputs, n = i / g.ow / g.oh / outputs;
    double sum = biased ? biases[static_cast<size_t>(o)] : 0, size = fabs(sum);
    g.ForTaps(oh, ow, [&](int64_t pixel, int64_t tap) {
      for (int64_t c = 0; c < channels; c++) {
        const int64_t plane = n * g.c + o / rows * channels + c;
        const double term = xs[static_cast<size_t>(plane * g.h * g.w + pixel)] *
                            ws[static_cast<size_t>(o * k + c * g.kh * g.kw + tap)];
        sum += term;
        size += fabs(term);
      }
    });
    CHECK_NEAR(Get(out.data(), own, i), sum, size * static_cast<double>(k + 2) * Epsilon(own));
  }
  if (test::failures > before) test::Fail(__FILE__, __LINE__, Describe(table, call.kernel, g, seed));
}

// all: what the mean divides by; ignored by the maximum.
void CheckPool(const mia::KernelTable& table, const std::string& name, const std::string& type,
               const std::vector<DType>& storages, unsigned seed) {
  Dice dice(seed);
  Geometry g = RandomGeometry(dice);
  g.c = 1 + dice.Roll(4);
  const bool max = name == "maxPool2d", all = dice.Roll(2) == 0;
  const int64_t count = g.n * g.c * g.oh * g.ow;
  const DType own = Own(type);
  const Operand x(0, dice.Pick(storages), {g.n, g.c}, g.h, g.w,
                  static_cast<Lay>(dice.Roll(static_cast<int64_t>(Lay::kCount))), false, dice);
  const Memory out(static_cast<size_t>(count) * mia::kDTypeBytes[static_cast<int>(own)]);
  Call call;
  call.kernel = name + "." + type;
  call.ints = g.Ints();
  if (!max) call.ints.push_back(all);
  call.views = {x.view};
  call.piece = dice.Roll(4);
  call.epilogue.Reserve(1);
  const bool twice = dice.Roll(2) == 0;
  call.epilogue.Store(twice ? call.epilogue.Op("add." + type, 0, 0) : 0, Linear(1, own, count));
  const int before = test::failures;
  CHECK(call.Run(table, {const_cast<char*>(x.memory.data()), out.data()}));
  CHECK(out.Intact());

  const std::vector<double> xs = x.Values();
  for (int64_t i = 0; i < count && test::failures == before; i++) {
    double result = max ? -INFINITY : 0;
    int64_t taps = 0;
    g.ForTaps(i / g.ow % g.oh, i % g.ow, [&](int64_t pixel, int64_t) {
      const double value = xs[static_cast<size_t>(i / g.ow / g.oh * g.h * g.w + pixel)];
      result = max ? fmax(result, value) : result + value;
      taps++;
    });
    if (taps == 0 && !IsFloat(own)) continue;  // the lowest integer
    if (!max) result /= static_cast<double>(all ? g.kh * g.kw : taps);
    if (twice) result *= 2;
    CHECK_NEAR(Get(out.data(), own, i), result, max ? 0 : 40 * Epsilon(own));
  }
  if (test::failures > before) test::Fail(__FILE__, __LINE__, Describe(table, call.kernel, g, seed));
}

const std::vector<std::pair<std::string, std::vector<DType>>> kTypes = {
    {"f32", {DType::k_f32, DType::k_f16, DType::k_bf16}},
    {"f64", {DType::k_f64}},
    {"i32", {DType::k_i32, DType::k_i8, DType::k_u8, DType::k_i16, DType::k_u16}},
    {"u32", {DType::k_u32}},
    {"i64", {DType::k_i64}},
    {"u64", {DType::k_u64}}};

}  // namespace

TEST(WindowConvolutions) {
  for (const auto* table : Isas()) {
    for (unsigned i = 0; i < 400; i++) CheckConvolution(*table, "f32", {DType::k_f32}, i);
    for (const auto& [type, storages] : kTypes) {
      for (unsigned i = 0; i < 80; i++) CheckConvolution(*table, type, storages, 1000 + i);
    }
  }
}

TEST(WindowPools) {
  for (const auto* table : Isas()) {
    for (const auto& [type, storages] : kTypes) {
      for (unsigned i = 0; i < 150; i++) {
        CheckPool(*table, "maxPool2d", type, storages, i);
        if (IsFloat(Own(type))) CheckPool(*table, "avgPool2d", type, storages, i);
      }
    }
  }
}

// A NaN is the maximum of the windows that see it, and padding of none.
TEST(WindowMaximaOfNan) {
  for (const auto* table : Isas()) {
    std::vector<float> x(40, -INFINITY), y(40);
    x[20] = NAN;
    x[30] = -1;
    Call call;
    call.kernel = "maxPool2d.f32";
    call.ints = {1, 1, 1, 40, 1, 40, 1, 3, 1, 1, 0, 1, 1, 1};
    call.views = {MakeView(0, DType::k_f32, {1, 1, 1, 40}, {40, 40, 40, 1})};
    call.epilogue = StoreOf(Linear(1, DType::k_f32, 40));
    CHECK(call.Run(*table, {reinterpret_cast<char*>(x.data()), reinterpret_cast<char*>(y.data())}));
    for (size_t i = 0; i < y.size(); i++) {
      if (i >= 19 && i <= 21) CHECK(isnan(y[i]));
      else CHECK_EQ(y[i], i >= 29 && i <= 31 ? -1.0f : -INFINITY);
    }
  }
}

TEST(WindowRefuses) {
  const auto* table = Isas().back();
  std::vector<float> memory(4096);
  char* const p = reinterpret_cast<char*>(memory.data());
  const auto f32 = DType::k_f32;
  const mia::View image = MakeView(0, f32, {1, 4, 5, 6}, {120, 30, 6, 1}),
                  filters = MakeView(1, f32, {2, 3, 18}, {54, 18, 1});
  const std::vector<int64_t> good = {1, 4, 5, 6, 3, 4, 3, 3, 1, 1, 0, 0, 1, 1, 6, 2};
  const auto takes = [&](std::vector<int64_t> ints, const mia::View& x, const mia::View& w, int64_t stored) {
    Call call;
    call.kernel = "conv2d.f32";
    call.ints = std::move(ints);
    call.views = {x, w};
    call.epilogue = StoreOf(Linear(2, f32, stored));
    return call.Run(*table, {p, p, p});
  };
  const auto changed = [&](size_t at, int64_t value) {
    std::vector<int64_t> ints = good;
    ints[at] = value;
    return ints;
  };
  CHECK(takes(good, image, filters, 72));
  CHECK(!takes(good, image, filters, 71));
  CHECK(!takes({good.begin(), good.end() - 1}, image, filters, 72));
  for (size_t i = 0; i < good.size(); i++) {
    CHECK(!takes(changed(i, -1), image, filters, 72));
    CHECK(!takes(changed(i, int64_t{1} << 33), image, filters, 72));
  }
  for (size_t i : {0, 1, 2, 3, 6, 7, 8, 9, 12, 13, 14, 15}) CHECK(!takes(changed(i, 0), image, filters, 72));
  CHECK(!takes(changed(15, 3), image, filters, 72));  // groups that do not divide
  CHECK(!takes(changed(14, 5), image, filters, 60));
  CHECK(!takes(good, MakeView(0, DType::k_i32, {1, 4, 5, 6}, {120, 30, 6, 1}), filters, 72));
  CHECK(!takes(good, MakeView(0, f32, {4, 5, 6}, {30, 6, 1}), filters, 72));
  CHECK(!takes(good, image, MakeView(1, f32, {6, 18}, {18, 1}), 72));
  const mia::View one = MakeView(0, f32, {1, 1, 1, 1}, {0, 0, 0, int64_t{1} << 50});
  CHECK(!takes({1, 1, 1, 1, 1, 1, 1, 1, 1, 100, 0, 0, 1, 1, 1, 1}, one, MakeView(1, f32, {1, 1, 1}, {1, 1, 1}), 1));

  Call pool;
  pool.kernel = "avgPool2d.f32";
  pool.ints = {1, 4, 5, 6, 3, 4, 3, 3, 1, 1, 0, 0, 1, 1, 1};
  pool.views = {image};
  pool.epilogue = StoreOf(Linear(1, f32, 48));
  CHECK(pool.Run(*table, {p, p}));
  pool.ints.pop_back();
  CHECK(!pool.Run(*table, {p, p}));
  pool.kernel = "maxPool2d.f32";
  CHECK(pool.Run(*table, {p, p}));
  pool.epilogue = StoreOf(Linear(1, f32, 47));
  CHECK(!pool.Run(*table, {p, p}));
}
