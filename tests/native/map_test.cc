// The map kernel around its instructions: loads and stores of every dtype through every kind of view, in-place outputs,
// several outputs, ranges, and checks.
#include <cmath>

#include "kernel_fixture.h"

namespace {

using kernel::DType;
using kernel::Linear;
using kernel::MakeView;
using kernel::Reg;

int64_t OffsetOf(const mia::View& view, int64_t index) {
  int64_t offset = view.offset;
  for (int d = view.nd - 1; d >= 0; d--) {
    offset += index % view.size[d] * view.stride[d];
    index /= view.size[d];
  }
  return offset;
}

struct Case {
  const char* name;
  std::vector<int64_t> size, stride;
  int64_t offset, elements;  // of the memory under the view
};
const Case kViews[] = {
    {"one", {}, {}, 2, 3},
    {"linear", {1021}, {1}, 5, 1026},
    {"linear, two dims", {3, 700}, {700, 1}, 0, 2100},
    {"splat", {40, 50}, {0, 0}, 3, 4},
    {"row broadcast", {37, 64}, {0, 1}, 1, 65},
    {"row broadcast, longer than a tile", {5, 1300}, {0, 1}, 0, 1300},
    {"column broadcast", {64, 37}, {1, 0}, 1, 65},
    {"columns of a matrix", {60, 50}, {50, 1}, 0, 3000},
    {"transposed", {50, 60}, {1, 50}, 0, 3000},
    {"transposed, long", {37, 5000}, {1, 40}, 3, 200003},
    {"transposed, with gaps", {30, 200}, {2, 70}, 1, 14000},
    {"transposed, backwards", {30, 200}, {-1, 30}, 29, 6000},
    {"all dims turned round", {9, 8, 100}, {1, 9, 72}, 0, 7200},
    {"rows with gaps", {33, 31}, {40, 1}, 2, 1400},
    {"every third", {700}, {3}, 1, 2100},
    {"backwards", {700}, {-1}, 699, 700},
    {"backwards in both dims", {30, 20}, {-20, -1}, 599, 600},
    {"tiny last dim", {400, 3}, {7, 2}, 0, 2810},
    {"dims of one", {1, 90, 1, 8}, {5, 8, 3, 1}, 0, 720},
    {"five dims", {3, 4, 5, 6, 7}, {840, 1, 4, 20, 120}, 0, 2520},
};

double Get(DType dtype, const char* memory, int64_t i) {
  switch (dtype) {
    case DType::k_f32: return reinterpret_cast<const float*>(memory)[i];
    case DType::k_f64: return reinterpret_cast<const double*>(memory)[i];
    case DType::k_i8: return reinterpret_cast<const int8_t*>(memory)[i];
    case DType::k_u8: return reinterpret_cast<const uint8_t*>(memory)[i];
    case DType::k_i16: return reinterpret_cast<const int16_t*>(memory)[i];
    case DType::k_u16: return reinterpret_cast<const uint16_t*>(memory)[i];
    case DType::k_i32: return reinterpret_cast<const int32_t*>(memory)[i];
    case DType::k_u32: return reinterpret_cast<const uint32_t*>(memory)[i];
    case DType::k_i64: return static_cast<double>(reinterpret_cast<const int64_t*>(memory)[i]);
    case DType::k_u64: return static_cast<double>(reinterpret_cast<const uint64_t*>(memory)[i]);
    case DType::k_bool: return memory[i] != 0;
    case DType::k_bf16: {
      const uint32_t bits = uint32_t{reinterpret_cast<const uint16_t*>(memory)[i]} << 16;
      float value;
      memcpy(&value, &bits, sizeof value);
      return value;
    }
    case DType::k_f16: {  // normal halves only
      const uint16_t half = reinterpret_cast<const uint16_t*>(memory)[i];
      const double size = (half & 0x7fff) == 0 ? 0 : ldexp(1024 + (half & 1023), (half >> 10 & 31) - 25);
      return half & 0x8000 ? -size : size;
    }
    default: return NAN;
  }
}

// Random bytes that mean ordinary numbers in each dtype.
std::vector<char> Bytes(DType dtype, int64_t n, unsigned seed) {
  const int size = mia::kDTypeBytes[static_cast<int>(dtype)];
  std::vector<char> bytes(static_cast<size_t>(n * size));
  const auto numbers = kernel::Random<float>(static_cast<size_t>(n), seed, 100);
  for (size_t i = 0; i < numbers.size(); i++) {
    const float x = numbers[i];
    char* p = bytes.data() + i * static_cast<size_t>(size);
    const auto put = [&](auto value) { memcpy(p, &value, sizeof value); };
    switch (dtype) {
      case DType::k_f32: put(x); break;
      case DType::k_f64: put(static_cast<double>(x)); break;
      case DType::k_f16: put(static_cast<uint16_t>((x < 0 ? 0x8000
          : 0) | (0x3000 + static_cast<int>(fabs(x) * 50)))); break;
      case DType::k_bf16: {
        uint32_t bits;
        memcpy(&bits, &x, sizeof bits);
        put(static_cast<uint16_t>(bits >> 16));
        break;
      }
      case DType::k_i8: put(static_cast<int8_t>(x)); break;
      case DType::k_u8: put(static_cast<uint8_t>(fabs(x) * 2)); break;
      case DType::k_i16: put(static_cast<int16_t>(x * 300)); break;
      case DType::k_u16: put(static_cast<uint16_t>(fabs(x) * 600)); break;
      case DType::k_i32: put(static_cast<int32_t>(x * 1e6f)); break;
      case DType::k_u32: put(static_cast<uint32_t>(fabs(x) * 1e6f)); break;
      case DType::k_i64: put(static_cast<int64_t>(x * 1e6f)); break;
      case DType::k_u64: put(static_cast<uint64_t>(fabs(x) * 1e6f)); break;
      case DType::k_bool: put(static_cast<uint8_t>(x > 0)); break;
      default: abort();
    }
  }
  return bytes;
}

TEST(MapReadsEveryViewOfEveryDType) {
  for (const auto* isa : kernel::Isas()) {
    for (int d = 0; d < mia::kNumDTypes; d++) {
      const auto dtype = static_cast<DType>(d);
      if (mia::kDTypeElements[d] > 1) continue;  // blocks are no tile program's
      for (const Case& one : kViews) {
        const auto memory = Bytes(dtype, one.elements, 7);
        const mia::View view = MakeView(0, dtype, one.size, one.stride, one.offset);
        const kernel::Memory out(memory.size() / static_cast<size_t>(one.elements) * static_cast<size_t>(view.count));
        kernel::Call call;
        call.kernel = "map";
        call.ints = {view.count};
        call.piece = 2;
        call.prologue.Store(call.prologue.Load(view), Linear(1, dtype, view.count));
        CHECK(call.Run(*isa, {(char*)memory.data(), out.data()}));
        CHECK(out.Intact());
        for (int64_t i = 0; i < view.count; i++) {
          if (Get(dtype, out.data(), i) == Get(dtype, memory.data(), OffsetOf(view, i))) continue;
          test::Fail(__FILE__, __LINE__, std::string(isa->isa) + " " + mia::kDTypeNames[d] + ", " + one.name + ", at " +
                                             std::to_string(i));
          break;
        }
      }
    }
  }
}

TEST(MapWritesEveryViewOfEveryDType) {
  for (const auto* isa : kernel::Isas()) {
    for (int d = 0; d < mia::kNumDTypes; d++) {
      const auto dtype = static_cast<DType>(d);
      if (mia::kDTypeElements[d] > 1) continue;  // blocks are no tile program's
      const auto bytes = static_cast<size_t>(mia::kDTypeBytes[d]);
      for (const Case& one : kViews) {
        const mia::View view = MakeView(1, dtype, one.size, one.stride, one.offset);
        if (strstr(one.name, "broadcast") || strstr(one.name, "splat")) continue;  // several elements in one place
        const auto memory = Bytes(dtype, view.count, 8);
        std::vector<char> out(static_cast<size_t>(one.elements) * bytes, 0x55), expected = out;
        for (int64_t i = 0; i < view.count; i++) {
          memcpy(expected.data() + static_cast<size_t>(OffsetOf(view, i)) * bytes,
                 memory.data() + static_cast<size_t>(i) * bytes, bytes);
        }
        kernel::Call call;
        call.kernel = "map";
        call.ints = {view.count};
        call.prologue.Store(call.prologue.Load(Linear(0, dtype, view.count)), view);
        CHECK(call.Run(*isa, {(char*)memory.data(), out.data()}));
        if (out != expected) test::Fail(__FILE__, __LINE__,
            std::string(isa->isa) + " " + mia::kDTypeNames[d] + ", " + one.name);
      }
    }
  }
}

TEST(MapStoresNarrowTypesByWrapping) {
  const int32_t x[] = {0, 1, -1, 127, 128, 255, 256, -129, 65535, 65536, 70000, INT32_MIN};
  constexpr int64_t n = sizeof(x) / sizeof(x[0]);
  for (const auto* isa : kernel::Isas()) {
    for (const DType dtype : {DType::k_i8, DType::k_u8, DType::k_i16, DType::k_u16, DType::k_bool}) {
      char out[2 * n];
      kernel::Call call;
      call.kernel = "map";
      call.ints = {n};
      call.prologue.Store(call.prologue.Load(Linear(0, DType::k_i32, n)), Linear(1, dtype, n));
      CHECK(call.Run(*isa, {(char*)x, out}));
      for (int i = 0; i < n; i++) {
        const double expected = dtype == DType::k_i8    ? int8_t(x[i])
                                : dtype == DType::k_u8  ? uint8_t(x[i])
                                : dtype == DType::k_i16 ? int16_t(x[i])
                                : dtype == DType::k_u16 ? uint16_t(x[i])
                                                        : x[i] != 0;
        CHECK_EQ(Get(dtype, out, i), expected);
      }
    }
  }
}

TEST(MapGeneratesIotas) {
  for (const auto* isa : kernel::Isas()) {
    for (const DType dtype : {DType::k_f32, DType::k_f64, DType::k_i32, DType::k_u32, DType::k_i64, DType::k_u64,
                              DType::k_u8, DType::k_f16}) {
      for (const Case& one : kViews) {
        const mia::View view = MakeView(mia::kIota, dtype, one.size, one.stride, one.offset);
        std::vector<double> out(static_cast<size_t>(view.count));
        kernel::Call call;
        call.kernel = "map";
        call.ints = {view.count};
        int value = call.prologue.Load(view);
        const char* reg = dtype == DType::k_u8 ? "i32" : dtype == DType::k_f16 ? "f32" : mia::kDTypeNames[int(dtype)];
        value = call.prologue.Op(std::string("cast.") + reg + ".f64", value);
        call.prologue.Store(value, Linear(0, DType::k_f64, view.count));
        CHECK(call.Run(*isa, {(char*)out.data()}));
        for (int64_t i = 0; i < view.count; i++) {
          CHECK_EQ(out[static_cast<size_t>(i)], static_cast<double>(OffsetOf(view, i)));
        }
      }
    }
  }
}

// (x + y) * 2 - x over the memory of x, the last instruction writing it directly or not.
TEST(MapRunsInPlace) {
  for (const auto* isa : kernel::Isas()) {
    for (const int64_t n : {1, 16, 17, 511, 512, 513, 1024, 5003}) {
      for (const bool direct : {false, true}) {
        auto x = kernel::Random<float>(static_cast<size_t>(n), 1);
        const auto y = kernel::Random<float>(static_cast<size_t>(n), 2), before = x;
        kernel::Call call;
        call.kernel = "map";
        call.ints = {n};
        call.piece = 3;
        kernel::Tile& tile = call.prologue;
        const int a = tile.Load(Linear(0, DType::k_f32, n)), b = tile.Load(Linear(1, DType::k_f32, n));
        const int two = tile.Const(Reg::k_f32, 2);
        const int sum = tile.Op("add.f32", a, b);
        tile.OpInto(sum, "mul.f32", sum, two);
        tile.Store(tile.Op("sub.f32", sum, a), Linear(0, DType::k_f32, n), direct);
        CHECK(call.Run(*isa, {(char*)x.data(), (char*)y.data()}));
        for (size_t i = 0; i < x.size(); i++) CHECK_EQ(x[i], (before[i] + y[i]) * 2 - before[i]);
      }
    }
  }
}

// A transposed operand that the result replaces.
TEST(MapRunsInPlaceThroughStrides) {
  for (const auto* isa : kernel::Isas()) {
    const auto view = MakeView(0, DType::k_f32, {50, 300}, {1, 64}, 2);
    auto x = kernel::Random<float>(300 * 64, 1);
    const auto before = x;
    kernel::Call call;
    call.kernel = "map";
    call.ints = {view.count};
    call.prologue.Store(call.prologue.Op("neg.f32", call.prologue.Load(view)), view);
    CHECK(call.Run(*isa, {(char*)x.data()}));
    for (int64_t i = 0; i < 300 * 64; i++) CHECK_EQ(x[size_t(i)], i % 64 >= 2 && i % 64 < 52 ? -before[size_t(i)]
        : before[size_t(i)]);
  }
}

// Two outputs that take each other's inputs: x and y change places.
TEST(MapSwapsInPlace) {
  for (const auto* isa : kernel::Isas()) {
    for (const int64_t n : {5, 512, 1100}) {
      auto x = kernel::Random<float>(static_cast<size_t>(n), 1), y = kernel::Random<float>(static_cast<size_t>(n), 2);
      const auto old_x = x, old_y = y;
      kernel::Call call;
      call.kernel = "map";
      call.ints = {n};
      const int a = call.prologue.Load(Linear(0, DType::k_f32, n)), b = call.prologue.Load(Linear(1, DType::k_f32, n));
      call.prologue.Store(b, Linear(0, DType::k_f32, n));
      call.prologue.Store(a, Linear(1, DType::k_f32, n));
      CHECK(call.Run(*isa, {(char*)x.data(), (char*)y.data()}));
      CHECK(x == old_y && y == old_x);
    }
  }
}

// One register to several outputs of several dtypes, past the caches and not.
TEST(MapStoresLargeAndSeveralOutputs) {
  constexpr int64_t n = (9 << 20) + 13;  // f32: beyond the size from which stores bypass the caches
  const auto x = kernel::Random<float>(n, 3, 1000);
  for (const auto* isa : kernel::Isas()) {
    std::vector<float> plain(n);
    std::vector<double> wide(n);
    std::vector<int8_t> narrow(n);
    kernel::Call call;
    call.kernel = "map";
    call.ints = {n};
    call.piece = 1000;
    kernel::Tile& tile = call.prologue;
    const int neg = tile.Op("neg.f32", tile.Load(Linear(0, DType::k_f32, n)));
    tile.Store(neg, Linear(1, DType::k_f32, n), true);
    tile.Store(tile.Op("cast.f32.f64", neg), Linear(2, DType::k_f64, n), true);
    tile.Store(tile.Op("cast.f32.i32", neg), Linear(3, DType::k_i8, n));
    CHECK(call.Run(*isa, {(char*)x.data(), (char*)plain.data(), (char*)wide.data(), (char*)narrow.data()}));
    int64_t wrong = 0;
    for (size_t i = 0; i < n; i++) wrong += plain[i] != -x[i] || wide[i] != -x[i] ||
        narrow[i] != int8_t(int32_t(-x[i]));
    CHECK_EQ(wrong, 0);
  }
}

TEST(MapConstantsHaveTheirTypes) {
  for (const auto* isa : kernel::Isas()) {
    const double values[] = {0.1, 0.1, -7, 4294967295.0, -9007199254740991.0, 9007199254740991.0};
    const char* names[] = {"f32", "f64", "i32", "u32", "i64", "u64"};
    for (int r = 0; r < 6; r++) {
      std::vector<double> out(600);
      kernel::Call call;
      call.kernel = "map";
      call.ints = {600};
      const int constant = call.prologue.Const(static_cast<Reg>(r), values[r]);
      call.prologue.Store(call.prologue.Op(std::string("cast.") + names[r] + ".f64", constant), Linear(0,
          DType::k_f64, 600));
      CHECK(call.Run(*isa, {(char*)out.data()}));
      for (const double value : out) CHECK_EQ(value, r == 0 ? 0.1f : values[r]);
    }
  }
}

TEST(MapRefusesWhatDoesNotFit) {
  for (const auto* isa : kernel::Isas()) {
    float memory[8] = {};
    const auto refused = [&](std::vector<int64_t> ints, int64_t count, bool stores) {
      kernel::Call call;
      call.kernel = "map";
      call.ints = ints;
      const int x = call.prologue.Load(Linear(0, DType::k_f32, count));
      if (stores) call.prologue.Store(x, Linear(0, DType::k_f32, count));
      return !call.Run(*isa, {(char*)memory});
    };
    CHECK(!refused({8}, 8, true));
    CHECK(!refused({0}, 0, true));
    CHECK(refused({8}, 8, false));
    CHECK(refused({9}, 8, true));
    CHECK(refused({}, 8, true));
    CHECK(refused({-1}, 8, true));
  }
}

}  // namespace
