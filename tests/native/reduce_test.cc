// reduce.* on every ISA against double (or exact integer) references, in rows and in columns, at sizes around vectors,
// tiles and chunks; independent of how the work is cut.
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernel_fixture.h"

namespace {

using kernel::DType;
using kernel::Linear;
using kernel::MakeView;

template <class T>
struct Type;
#define X(T, name)                                      \
  template <>                                           \
  struct Type<T> {                                      \
    static constexpr DType kDType = DType::k_##name;    \
    static constexpr const char* kName = #name;         \
  };
X(float, f32)
X(double, f64)
X(int32_t, i32)
X(uint32_t, u32)
X(int64_t, i64)
X(uint64_t, u64)
#undef X

struct Shape {
  int64_t outer, reduced;
};
const Shape kShapes[] = {{1, 1},    {3, 5},     {1, 511},    {1, 512},    {1, 513},   {7, 257},   {5, 1021},
                         {513, 3},  {600, 16},  {1100, 17},  {2049, 40},  {1, 40000}, {2, 70001}, {3, 33000},
                         {300, 300}, {20, 2000}, {4, 0},     {700, 256},  {129, 1300}};

template <class Out, class T>
std::vector<Out> Reduce(const kernel::KernelTable& isa, const char* op, int mode, Shape shape, const std::vector<T>& x,
                        int64_t piece) {
  std::vector<Out> out(static_cast<size_t>(shape.outer) + 1, static_cast<Out>(77));
  kernel::Call call;
  call.kernel = std::string("reduce.") + op + "." + Type<T>::kName;
  call.ints = {mode, shape.outer, shape.reduced};
  call.piece = piece;
  call.prologue = kernel::LoadOf(Linear(0, Type<T>::kDType, shape.outer * shape.reduced));
  call.epilogue = kernel::StoreOf(Linear(1, Type<Out>::kDType, shape.outer));
  CHECK(call.Run(isa, {(char*)x.data(), (char*)out.data()}));
  CHECK_EQ(out.back(), static_cast<Out>(77));
  out.pop_back();
  return out;
}

// Calls each(o, values of o's range).
template <class T, class Each>
void ForEach(int mode, Shape shape, const std::vector<T>& x, Each each) {
  std::vector<T> range(static_cast<size_t>(shape.reduced));
  for (int64_t o = 0; o < shape.outer; o++) {
    for (int64_t r = 0; r < shape.reduced; r++) {
      range[static_cast<size_t>(r)] = x[static_cast<size_t>(mode == 0 ? o * shape.reduced + r : r * shape.outer + o)];
    }
    each(static_cast<size_t>(o), range);
  }
}

std::string Where(const kernel::KernelTable& isa, const char* op, const char* type, int mode, Shape shape, size_t at) {
  return std::string(isa.isa) + " " + op + "." + type + (mode == 0 ? " rows [" : " columns [") +
         std::to_string(shape.outer) + ", " + std::to_string(shape.reduced) + "] at " + std::to_string(at);
}

template <class T>
void CheckValues() {
  constexpr bool is_float = std::is_floating_point<T>::value;
  const double eps = is_float ? static_cast<double>(std::numeric_limits<T>::epsilon()) : 0;
  for (const auto* isa : kernel::Isas()) {
    for (const Shape shape : kShapes) {
      auto x = kernel::Random<T>(static_cast<size_t>(shape.outer * shape.reduced), 1, is_float ? 2 : 1000);
      for (const int mode : {0, 1}) {
        for (const char* op : {"sum", "prod", "max", "min"}) {
          if (shape.reduced == 0 && op[0] == 'm') continue;
          const auto out = Reduce<T>(*isa, op, mode, shape, x, 0);
          CHECK(out == Reduce<T>(*isa, op, mode, shape, x, 3));
          ForEach(mode, shape, x, [&](size_t o, const std::vector<T>& range) {
            long double sum = 0, size = 0, product = 1;
            T wrapped_sum = 0, wrapped_product = 1;
            for (const T v : range) {
              sum += v;
              size += v < 0 ? -static_cast<long double>(v) : v;
              product *= v;
              if constexpr (!is_float) {
                using U = typename std::make_unsigned<T>::type;
                wrapped_sum = static_cast<T>(static_cast<U>(wrapped_sum) + static_cast<U>(v));
                wrapped_product = static_cast<T>(static_cast<U>(wrapped_product) * static_cast<U>(v));
              }
            }
            bool good;
            if (op[0] == 'm') {
              T best = range[0];
              for (const T v : range) best = op[1] == 'a' ? std::max(best, v) : std::min(best, v);
              good = out[o] == best;
            } else if (!is_float) {
              good = out[o] == (op[0] == 's' ? wrapped_sum : wrapped_product);
            } else if (op[0] == 's') {
              // The bound of pairwise summation, not of a running sum.
              good = fabsl(static_cast<long double>(out[o]) - sum) <= 6 * eps * size;
            } else {
              const auto exact = static_cast<T>(product);
              good = out[o] == exact || fabsl(out[o] - product) <= fabsl(product) * eps * 100 ||
                     fabsl(product) < std::numeric_limits<T>::min() * 2;
            }
            if (!good) test::Fail(__FILE__, __LINE__, Where(*isa, op, Type<T>::kName, mode, shape, o));
          });
        }
      }
    }
  }
}
TEST(ReduceF32) { CheckValues<float>(); }
TEST(ReduceF64) { CheckValues<double>(); }
TEST(ReduceI32) { CheckValues<int32_t>(); }
TEST(ReduceU32) { CheckValues<uint32_t>(); }
TEST(ReduceI64) { CheckValues<int64_t>(); }
TEST(ReduceU64) { CheckValues<uint64_t>(); }

// Few different values, so that ties are common, and NaN now and then.
template <class T>
void CheckPlaces() {
  for (const auto* isa : kernel::Isas()) {
    for (const Shape shape : kShapes) {
      if (shape.reduced == 0) continue;
      for (const bool nans : {false, true}) {
        if (nans && !std::is_floating_point<T>::value) continue;
        auto x = kernel::Random<T>(static_cast<size_t>(shape.outer * shape.reduced), 4, 5);
        std::mt19937 engine(9);
        for (T& v : x) {
          if (std::is_floating_point<T>::value) v = static_cast<T>(nearbyint(static_cast<double>(v)));
          if (engine() % 97 == 0) v = nans ? std::numeric_limits<T>::quiet_NaN() : std::numeric_limits<T>::lowest();
        }
        for (const int mode : {0, 1}) {
          for (const char* op : {"argmax", "argmin"}) {
            const auto out = Reduce<int32_t>(*isa, op, mode, shape, x, 0);
            const auto best_value = Reduce<T>(*isa, op + 3, mode, shape, x, 0);
            CHECK(out == Reduce<int32_t>(*isa, op, mode, shape, x, 1));
            ForEach(mode, shape, x, [&](size_t o, const std::vector<T>& range) {
              size_t best = 0;
              for (size_t r = 1; r < range.size(); r++) {
                const T a = range[best], b = range[r];
                if (a == a && (b != b || (op[4] == 'a' ? b > a : b < a))) best = r;
              }
              const T value = range[best];
              if (out[o] != static_cast<int32_t>(best) || (value == value ? best_value[o] != value
                  : best_value[o] == best_value[o])) {
                test::Fail(__FILE__, __LINE__, Where(*isa, op, Type<T>::kName, mode, shape, o));
              }
            });
          }
        }
      }
    }
  }
}
TEST(ReducePlacesF32) { CheckPlaces<float>(); }
TEST(ReducePlacesF64) { CheckPlaces<double>(); }
TEST(ReducePlacesI32) { CheckPlaces<int32_t>(); }
TEST(ReducePlacesU32) { CheckPlaces<uint32_t>(); }
TEST(ReducePlacesI64) { CheckPlaces<int64_t>(); }
TEST(ReducePlacesU64) { CheckPlaces<uint64_t>(); }

// The place is the first even if every element is the worst there is.
TEST(ReduceExtremesOfExtremes) {
  for (const auto* isa : kernel::Isas()) {
    for (const int mode : {0, 1}) {
      const std::vector<float> low(3 * 700, -INFINITY);
      for (const int32_t place : Reduce<int32_t>(*isa, "argmax", mode, {3, 700}, low, 0)) CHECK_EQ(place, 0);
      for (const float value : Reduce<float>(*isa, "max", mode, {3, 700}, low, 0)) CHECK_EQ(value, -INFINITY);
      const std::vector<int32_t> lowest(40000, INT32_MIN);
      for (const int32_t place : Reduce<int32_t>(*isa, "argmax", mode, {1, 40000}, lowest, 0)) CHECK_EQ(place, 0);
    }
  }
}

// sum((x * y)) through strides, with 3 * sum + 1 stored as f16 and in a strided view.
TEST(ReduceFusesBothSides) {
  constexpr int64_t outer = 70, reduced = 90;
  const auto x = kernel::Random<float>(outer * reduced, 5, 1);
  const auto y = kernel::Random<float>(reduced, 6, 1);
  for (const auto* isa : kernel::Isas()) {
    for (const int mode : {0, 1}) {
      const std::vector<int64_t> size = mode == 0 ? std::vector<int64_t>{outer, reduced}
          : std::vector<int64_t>{reduced, outer};
      std::vector<float> out(2 * outer, 5);
      std::vector<uint16_t> rounded(outer);
      kernel::Call call;
      call.kernel = "reduce.sum.f32";
      call.ints = {mode, outer, reduced};
      kernel::Tile& in = call.prologue;
      // x is stored [reduced, outer] either way.
      const int a = in.Load(MakeView(0, DType::k_f32, size, mode == 0 ? std::vector<int64_t>{1, outer}
          : std::vector<int64_t>{outer, 1}));
      const int b = in.Load(MakeView(1, DType::k_f32, size, mode == 0 ? std::vector<int64_t>{0, 1}
          : std::vector<int64_t>{1, 0}));
      call.result = in.Op("mul.f32", a, b);
      kernel::Tile& after = call.epilogue;
      after.Reserve(1);
      const int three = after.Const(kernel::Reg::k_f32, 3), one = after.Const(kernel::Reg::k_f32, 1);
      after.OpInto(0, "mul.f32", 0, three);
      const int result = after.Op("add.f32", 0, one);
      after.Store(result, MakeView(2, DType::k_f32, {outer}, {-2}, 2 * outer - 1));
      after.Store(result, Linear(3, DType::k_bf16, outer));
      CHECK(call.Run(*isa, {(char*)x.data(), (char*)y.data(), (char*)out.data(), (char*)rounded.data()}));
      for (int64_t o = 0; o < outer; o++) {
        double sum = 0;
        for (int64_t r = 0; r < reduced; r++) sum += static_cast<double>(x[size_t(r * outer + o)] * y[size_t(r)]);
        CHECK_NEAR(out[size_t(2 * outer - 1 - 2 * o)], 3 * sum + 1, 2e-5);
        const uint32_t bits = uint32_t{rounded[size_t(o)]} << 16;
        float half;
        memcpy(&half, &bits, sizeof half);
        CHECK_NEAR(half, 3 * sum + 1, 0.005 * fabs(3 * sum + 1) + 1e-5);
      }
    }
  }
}

TEST(ReduceRefusesWhatDoesNotFit) {
  float memory[8] = {};
  const auto refused = [&](std::vector<int64_t> ints, int64_t in, int64_t out) {
    kernel::Call call;
    call.kernel = "reduce.sum.f32";
    call.ints = ints;
    call.prologue = kernel::LoadOf(Linear(0, DType::k_f32, in));
    call.epilogue = kernel::StoreOf(Linear(0, DType::k_f32, out));
    return !call.Run(*mia::kTables[mia::kNumTables - 1], {(char*)memory});
  };
  CHECK(!refused({0, 2, 4}, 8, 2));
  CHECK(refused({2, 2, 4}, 8, 2));
  CHECK(refused({0, 2, 5}, 8, 2));
  CHECK(refused({0, 2, 4}, 8, 3));
  CHECK(refused({0, -2, -4}, 8, 2));
  CHECK(refused({0, int64_t{1} << 40, int64_t{1} << 40}, 8, 2));
  CHECK(refused({0, 2}, 8, 2));
}

}  // namespace
