// Every instruction of scalars.def on every ISA against a definition written here, for operands that include the
// extremes, at lengths around vectors and tiles, into a register of its own and over each of its operands.
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernel_fixture.h"

namespace {

using kernel::DType;
using kernel::Linear;
using kernel::Reg;

template <class T>
constexpr DType kDTypeOf = DType::k_f32;
template <>
constexpr DType kDTypeOf<double> = DType::k_f64;
template <>
constexpr DType kDTypeOf<int32_t> = DType::k_i32;
template <>
constexpr DType kDTypeOf<uint32_t> = DType::k_u32;
template <>
constexpr DType kDTypeOf<int64_t> = DType::k_i64;
template <>
constexpr DType kDTypeOf<uint64_t> = DType::k_u64;
template <class T>
const char* Name() {
  return mia::kDTypeNames[static_cast<int>(kDTypeOf<T>)];
}

template <class T>
std::vector<T> Operands(size_t n, unsigned seed) {
  using Limits = std::numeric_limits<T>;
  std::vector<T> special = {0, 1, 2, 3, 7, static_cast<T>(-1), static_cast<T>(-2), Limits::max(), Limits::lowest(),
                            static_cast<T>(Limits::max() / 2), static_cast<T>(100)};
  if (std::is_floating_point<T>::value) {
    for (const double x : {-0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 2147483648.0, -2147483649.0, 4294967296.0, 1e19, -1e19,
        1e300,
                           9223372036854775808.0, (double)INFINITY, -(double)INFINITY, (double)NAN}) {
      special.push_back(static_cast<T>(x));
    }
  }
  auto values = kernel::Random<T>(n, seed, 40);
  std::mt19937 engine(seed);
  for (T& value : values) {
    if (engine() % 3 == 0) value = special[engine() % special.size()];
  }
  return values;
}

bool Same(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

// Runs op at one length; dst is a new register, or operand number `over`.
template <class Out, class A, class B, class C>
std::vector<Out> Run(const kernel::KernelTable& isa, const std::string& op, int64_t n, int over,
    const std::vector<A>& a,
                     const std::vector<B>& b, const std::vector<C>& c) {
  std::vector<Out> out(static_cast<size_t>(n) + 1, static_cast<Out>(77));
  kernel::Call call;
  call.kernel = "map";
  call.ints = {n};
  // The operands are copied to registers, so that an instruction may write over them.
  const auto operand = [&](int loc, auto zero) {
    const int loaded = call.prologue.Load(Linear(loc, kDTypeOf<decltype(zero)>, n));
    return call.prologue.Op(std::string("mov.") + Name<decltype(zero)>(), loaded);
  };
  const int regs[] = {operand(0, A{}), operand(1, B{}), operand(2, C{})};
  const int arity = mia::kScalarArity[kernel::ScalarOp(op)];
  const int y = arity > 1 ? regs[1] : 0, z = arity > 2 ? regs[2] : 0;
  const int dst = over < 0 ? call.prologue.Op(op, regs[0], y, z) : call.prologue.OpInto(regs[over], op, regs[0], y, z);
  call.prologue.Store(dst, Linear(3, kDTypeOf<Out>, n), true);
  CHECK(call.Run(isa, {(char*)a.data(), (char*)b.data(), (char*)c.data(), (char*)out.data()}));
  CHECK_EQ(out.back(), static_cast<Out>(77));
  return out;
}

template <class Out, class A, class B, class C, class Exact>
void Check(const std::string& op, Exact exact, double tolerance = 0) {
  const auto a = Operands<A>(1100, 1);
  const auto b = Operands<B>(1100, 2);
  const auto c = Operands<C>(1100, 3);
  for (const auto* isa : kernel::Isas()) {
    for (const int64_t n : {1, 15, 16, 17, 511, 512, 513, 1021}) {
      for (int over = -1; over < mia::kScalarArity[kernel::ScalarOp(op)]; over++) {
        const auto out = Run<Out>(*isa, op, n, over, a, b, c);
        for (size_t i = 0; i < static_cast<size_t>(n); i++) {
          const Out expected = exact(a[i], b[i], c[i]);
          const auto size = std::is_floating_point<Out>::value ? fabs(static_cast<double>(expected)) * tolerance : 0;
          const bool good = std::is_floating_point<Out>::value
                                ? Same(static_cast<double>(out[i]), static_cast<double>(expected)) ||
                                      fabs(static_cast<double>(out[i]) - static_cast<double>(expected)) <= size
                                : out[i] == expected;
          if (good) continue;
          std::ostringstream text;
          text.precision(17);
          text << isa->isa << " " << op << " n " << n << " over " << over << " at " << i << ": (" << a[i] << ", "
              << b[i]
               << ", " << c[i] << ") gives " << out[i] << ", not " << expected;
          return test::Fail(__FILE__, __LINE__, text.str());
        }
      }
    }
  }
}

using Wide = __int128;
template <class T>
T Wrapped(Wide x) {
  return static_cast<T>(static_cast<unsigned __int128>(x));
}
template <class T>
T Product(T a, T b) {
  return static_cast<T>(static_cast<unsigned __int128>(a) * static_cast<unsigned __int128>(b));
}

template <class T>
void CheckCommon() {
  const std::string t = std::string(".") + Name<T>();
  constexpr bool is_float = std::is_floating_point<T>::value;
  const auto nan = [](T x) { return x != x; };
  Check<T, T, T, T>("mov" + t, [](T a, T, T) { return a; });
  Check<T, T, T, T>("min" + t, [=](T a, T b, T) { return nan(a) ? a : nan(b) ? b : a < b ? a : b; });
  Check<T, T, T, T>("max" + t, [=](T a, T b, T) { return nan(a) ? a : nan(b) ? b : a > b ? a : b; });
  Check<T, T, T, T>("sign" + t, [](T a, T, T) { return a != a ? a : T(a > 0) - T(a < 0); });
  Check<int32_t, T, T, T>("eq" + t, [](T a, T b, T) { return a == b; });
  Check<int32_t, T, T, T>("ne" + t, [](T a, T b, T) { return a != b; });
  Check<int32_t, T, T, T>("lt" + t, [](T a, T b, T) { return a < b; });
  Check<int32_t, T, T, T>("le" + t, [](T a, T b, T) { return a <= b; });
  Check<T, int32_t, T, T>("select" + t, [](int32_t a, T b, T c) { return a ? b : c; });
  if constexpr (is_float) {
    Check<T, T, T, T>("add" + t, [](T a, T b, T) { return a + b; });
    Check<T, T, T, T>("sub" + t, [](T a, T b, T) { return a - b; });
    Check<T, T, T, T>("mul" + t, [](T a, T b, T) { return a * b; });
    Check<T, T, T, T>("div" + t, [](T a, T b, T) { return a / b; });
    Check<T, T, T, T>("neg" + t, [](T a, T, T) { return -a; });
    Check<T, T, T, T>("abs" + t, [](T a, T, T) { return static_cast<T>(fabs(a)); });
    Check<T, T, T, T>("floor" + t, [](T a, T, T) { return static_cast<T>(floor(a)); });
    Check<T, T, T, T>("ceil" + t, [](T a, T, T) { return static_cast<T>(ceil(a)); });
    Check<T, T, T, T>("round" + t, [](T a, T, T) { return static_cast<T>(nearbyint(a)); });
    Check<T, T, T, T>("sqrt" + t, [](T a, T, T) { return std::sqrt(a); });
    Check<T, T, T, T>("rsqrt" + t, [](T a, T, T) { return 1 / std::sqrt(a); });
    Check<T, T, T, T>("recip" + t, [](T a, T, T) { return 1 / a; });
    Check<T, T, T, T>("mod" + t, [](T a, T b, T) {
      const T r = std::fmod(a, b);
      return r == 0 || (r < 0) == (b < 0) ? r : r + b;
    });
    Check<T, T, T, T>("pow" + t, [](T a, T b, T) { return std::pow(a, b); }, 2e-7);
    const double near = sizeof(T) == 4 ? 3e-7 : 1e-15;
    Check<T, T, T, T>("exp" + t, [](T a, T, T) { return std::exp(a); }, near);
    Check<T, T, T, T>("log" + t, [](T a, T, T) { return std::log(a); }, near);
    Check<T, T, T, T>("sin" + t, [](T a, T, T) { return std::sin(a); }, near);
    Check<T, T, T, T>("cos" + t, [](T a, T, T) { return std::cos(a); }, near);
    Check<T, T, T, T>("tanh" + t, [](T a, T, T) { return std::tanh(a); }, near);
    Check<T, T, T, T>("erf" + t, [](T a, T, T) { return std::erf(a); }, near);
  } else {
    Check<T, T, T, T>("add" + t, [](T a, T b, T) { return Wrapped<T>(Wide(a) + Wide(b)); });
    Check<T, T, T, T>("sub" + t, [](T a, T b, T) { return Wrapped<T>(Wide(a) - Wide(b)); });
    Check<T, T, T, T>("mul" + t, [](T a, T b, T) { return Product(a, b); });
    Check<T, T, T, T>("div" + t, [](T a, T b, T) { return b == 0 ? T(0) : Wrapped<T>(Wide(a) / Wide(b)); });
    Check<T, T, T, T>("neg" + t, [](T a, T, T) { return Wrapped<T>(-Wide(a)); });
    Check<T, T, T, T>("abs" + t, [](T a, T, T) { return Wrapped<T>(a < 0 ? -Wide(a) : Wide(a)); });
    Check<T, T, T, T>("mod" + t, [](T a, T b, T) {
      if (b == 0) return T(0);
      const Wide r = Wide(a) % Wide(b);
      return Wrapped<T>(r != 0 && (r < 0) != (b < 0) ? r + b : r);
    });
    Check<T, T, T, T>("pow" + t, [](T a, T b, T) {
      if (b < 0) return a == 1 ? T(1) : a == T(-1) ? (b % 2 == 0 ? T(1) : a) : T(0);
      T result = 1;  // a^(2^64) is 0 or 1 for even or odd a, so long exponents stop early
      T square = a;
      for (auto e = static_cast<uint64_t>(b); e != 0; e >>= 1) {
        if (e & 1) result = Product(result, square);
        square = Product(square, square);
      }
      return result;
    });
  }
}

TEST(MapF32) { CheckCommon<float>(); }
TEST(MapF64) { CheckCommon<double>(); }
TEST(MapI32) { CheckCommon<int32_t>(); }
TEST(MapU32) { CheckCommon<uint32_t>(); }
TEST(MapI64) { CheckCommon<int64_t>(); }
TEST(MapU64) { CheckCommon<uint64_t>(); }

TEST(MapLogic) {
  using I = int32_t;
  Check<I, I, I, I>("and.i32", [](I a, I b, I) { return a & b; });
  Check<I, I, I, I>("or.i32", [](I a, I b, I) { return a | b; });
  Check<I, I, I, I>("xor.i32", [](I a, I b, I) { return a ^ b; });
  Check<I, I, I, I>("not.i32", [](I a, I, I) { return a == 0; });
  Check<I, I, I, I>("wrap.i8", [](I a, I, I) { return I(int8_t(a)); });
  Check<I, I, I, I>("wrap.u8", [](I a, I, I) { return I(uint8_t(a)); });
  Check<I, I, I, I>("wrap.i16", [](I a, I, I) { return I(int16_t(a)); });
  Check<I, I, I, I>("wrap.u16", [](I a, I, I) { return I(uint16_t(a)); });
}

template <class To, class From>
To Converted(From x) {
  if constexpr (std::is_floating_point<From>::value && !std::is_floating_point<To>::value) {
    if (x != x) return 0;
    const long double y = x, low = std::numeric_limits<To>::lowest(), high = std::numeric_limits<To>::max();
    return y <= low ? std::numeric_limits<To>::lowest() : y >= high ? std::numeric_limits<To>::max()
        : static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}
template <class From, class... To>
void CheckCasts() {
  (Check<To, From, From, From>(std::string("cast.") + Name<From>() + "." + Name<To>(),
                               [](From a, From, From) { return Converted<To>(a); }),
   ...);
}
TEST(MapCasts) {
  CheckCasts<float, float, double, int32_t, uint32_t, int64_t, uint64_t>();
  CheckCasts<double, float, double, int32_t, uint32_t, int64_t, uint64_t>();
  CheckCasts<int32_t, float, double, int32_t, uint32_t, int64_t, uint64_t>();
  CheckCasts<uint32_t, float, double, int32_t, uint32_t, int64_t, uint64_t>();
  CheckCasts<int64_t, float, double, int32_t, uint32_t, int64_t, uint64_t>();
  CheckCasts<uint64_t, float, double, int32_t, uint32_t, int64_t, uint64_t>();
}

}  // namespace
