// The f32 functions of two numbers on every ISA (ulp_test.cc has those of one): error in ULP against double over inputs
// of all magnitudes and special values; and conversions of halves, whose inputs are all tried.
#include <float.h>

#include "kernel_fixture.h"

namespace {

using kernel::DType;
using kernel::Linear;

float FromBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
uint32_t ToBits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Runs one instruction over x and y on one ISA.
std::vector<float> Apply(const kernel::KernelTable& isa, const std::string& op, const std::vector<float>& x,
                         const std::vector<float>& y) {
  const auto n = static_cast<int64_t>(x.size());
  std::vector<float> out(x.size());
  kernel::Call call;
  call.kernel = "map";
  call.ints = {n};
  const int a = call.prologue.Load(Linear(0, DType::k_f32, n)), b = call.prologue.Load(Linear(1, DType::k_f32, n));
  call.prologue.Store(call.prologue.Op(op, a, b), Linear(2, DType::k_f32, n));
  CHECK(call.Run(isa, {(char*)x.data(), (char*)y.data(), (char*)out.data()}));
  return out;
}

// Distance in units of the last place of the exact result; infinite where one is special and the other is not.
double Ulps(float got, double exact) {
  const auto rounded = static_cast<float>(exact);
  if (isnan(got) || isnan(rounded)) return isnan(got) && isnan(rounded) ? 0 : INFINITY;
  if (isinf(got) || isinf(rounded)) return got == rounded ? 0 : INFINITY;
  if (got == 0 && rounded == 0) return signbit(got) == signbit(rounded) ? 0 : INFINITY;
  const int exponent = rounded == 0 ? -126 : std::max(ilogb(rounded), -126);
  return fabs(got - exact) / ldexp(1.0, exponent - 23);
}

struct Function {
  const char* op;
  double (*exact)(double, double);
  double bound;  // ULP
};
const Function kFunctions[] = {
    {"pow.f32", [](double x, double y) { return pow(x, y); }, 0.51},
    {"mod.f32",
     [](double x, double y) {
       const double r = fmod(x, y);
       return r == 0 ? copysign(0, y) : (r < 0) != (y < 0) ? r + y : r;
     },
     0.51},
};

const float kSpecial[] = {0.0f,       -0.0f,   1.0f,        -1.0f,        INFINITY,          -INFINITY, NAN,
                          FLT_MIN,    FLT_MAX, -FLT_MAX,    FLT_MIN / 2,  FromBits(1),       -FLT_MIN,  88.72283f,
                          -103.97208f, 89.0f,  -104.0f,     -87.33655f,   0.625f,            1.0f - FLT_EPSILON / 2,
                          0.5f,       2.0f,    3.0f,        -2.0f,        1048576.0f,        1e30f,     16777216.0f};

TEST(MathOfTwoNumbersStaysWithinItsBounds) {
  std::vector<float> x, y;
  for (const float a : kSpecial) {
    for (const float b : kSpecial) {
      x.push_back(a);
      y.push_back(b);
    }
  }
  const float exponents[] = {2, 3, -1, 0.5f, -2.5f, 17.3f, 0, 1e-3f};
  size_t k = 0;
  for (uint64_t bits = 0; bits < (1ull << 32); bits += 16127) {  // every exponent, both signs
    x.push_back(FromBits(static_cast<uint32_t>(bits)));
    y.push_back(exponents[k++ % 8]);
  }
  const auto dense = kernel::Random<float>(200000, 1, 20);
  x.insert(x.end(), dense.begin(), dense.end());
  const auto powers = kernel::Random<float>(200000, 2, 20);
  y.insert(y.end(), powers.begin(), powers.end());

  for (const auto* isa : kernel::Isas()) {
    for (const Function& f : kFunctions) {
      const auto got = Apply(*isa, f.op, x, y);
      double worst = 0;
      size_t at = 0;
      for (size_t i = 0; i < x.size(); i++) {
        // A signalling NaN makes C's pow NaN even where the result does not depend on x.
        if (isnan(x[i]) && !(ToBits(x[i]) & 0x400000)) continue;
        const double error = Ulps(got[i], f.exact(x[i], y[i]));
        if (error > worst) {
          worst = error;
          at = i;
        }
      }
      if (worst > f.bound) {
        char text[200];
        snprintf(text, sizeof text, "%s %s(%.9g, %.9g) = %.9g, exactly %.9g: %.3g ULP", isa->isa, f.op, x[at], y[at],
                 got[at], f.exact(x[at], y[at]), worst);
        test::Fail(__FILE__, __LINE__, text);
      }
    }
  }
}

// dst = convert(src) by a map of one load and one store.
void Convert(const kernel::KernelTable& isa, DType from, DType to, int64_t n, const void* src, void* dst) {
  kernel::Call call;
  call.kernel = "map";
  call.ints = {n};
  call.prologue.Store(call.prologue.Load(Linear(0, from, n)), Linear(1, to, n));
  CHECK(call.Run(isa, {(char*)src, (char*)dst}));
}

double HalfValue(uint16_t half) {
  const int exponent = half >> 10 & 31, mantissa = half & 1023;
  const double size = exponent == 31 ? (mantissa ? NAN : INFINITY)
                      : exponent == 0 ? ldexp(mantissa, -24)
                                      : ldexp(1024 + mantissa, exponent - 25);
  return half & 0x8000 ? -size : size;
}

TEST(EveryHalfConvertsBothWays) {
  std::vector<uint16_t> all(65536), back(65536);
  for (size_t i = 0; i < all.size(); i++) all[i] = static_cast<uint16_t>(i);
  std::vector<float> f16(65536), bf16(65536);
  for (const auto* isa : kernel::Isas()) {
    Convert(*isa, DType::k_f16, DType::k_f32, 65536, all.data(), f16.data());
    Convert(*isa, DType::k_bf16, DType::k_f32, 65536, all.data(), bf16.data());
    for (uint32_t i = 0; i < 65536; i++) {
      CHECK_NEAR(f16[i], HalfValue(static_cast<uint16_t>(i)), 0);
      CHECK_EQ(signbit(f16[i]), i >= 32768);
      CHECK_NEAR(bf16[i], FromBits(i << 16), 0);
    }
    Convert(*isa, DType::k_f32, DType::k_f16, 65536, f16.data(), back.data());
    for (uint32_t i = 0; i < 65536; i++) {
      isnan(f16[i]) ? CHECK(isnan(HalfValue(back[i]))) : CHECK_EQ(back[i], i);
    }
    Convert(*isa, DType::k_f32, DType::k_bf16, 65536, bf16.data(), back.data());
    for (uint32_t i = 0; i < 65536; i++) {
      isnan(bf16[i]) ? CHECK(isnan(FromBits(uint32_t{back[i]} << 16))) : CHECK_EQ(back[i], i);
    }
  }
}

// Around the middle between two neighbours, at both ends of the range, and NaN with any payload.
TEST(HalvesRoundToNearestEven) {
  std::vector<float> x;
  for (uint32_t i = 0; i < 65536; i += 7) {
    for (const uint32_t low : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu, 0xfffu, 0x1000u, 0x1001u, 0x1800u}) {
      x.push_back(FromBits(i << 16 | low));
      x.push_back(FromBits((i << 16) + (low << 1)));
    }
  }
  const auto n = static_cast<int64_t>(x.size());
  std::vector<uint16_t> f16(x.size()), bf16(x.size());
  for (const auto* isa : kernel::Isas()) {
    Convert(*isa, DType::k_f32, DType::k_f16, n, x.data(), f16.data());
    Convert(*isa, DType::k_f32, DType::k_bf16, n, x.data(), bf16.data());
    for (size_t i = 0; i < x.size(); i++) {
      const uint32_t bits = ToBits(x[i]);
      if (isnan(x[i])) {
        CHECK(isnan(HalfValue(f16[i])));
        CHECK(isnan(FromBits(uint32_t{bf16[i]} << 16)));
        continue;
      }
      const uint32_t down = bits >> 16, rest = bits & 0xffff;
      CHECK_EQ(bf16[i], rest > 0x8000 || (rest == 0x8000 && down % 2 == 1) ? down + 1 : down);
      // No other half is nearer, and a tie goes to the even one.
      const double got = HalfValue(f16[i]), error = fabs(got - x[i]);
      if (fabs(x[i]) >= 65520) {
        CHECK_EQ(got, copysign(INFINITY, x[i]));
        continue;
      }
      for (const int step : {-1, 1}) {
        const uint32_t size = f16[i] & 0x7fff;
        if (size == 0 && step < 0) continue;
        const double other = copysign(HalfValue(static_cast<uint16_t>(size + step)), x[i]);
        CHECK(error < fabs(other - x[i]) || (error == fabs(other - x[i]) && size % 2 == 0));
      }
    }
  }
}

TEST(RoundInstructionsGoThroughThePrecision) {
  const auto x = kernel::Random<float>(1000, 5, 1e5);
  std::vector<uint16_t> halves(1000);
  std::vector<float> direct(1000), there(1000);
  for (const auto* isa : kernel::Isas()) {
    for (const DType dtype : {DType::k_f16, DType::k_bf16}) {
      Convert(*isa, DType::k_f32, dtype, 1000, x.data(), halves.data());
      Convert(*isa, dtype, DType::k_f32, 1000, halves.data(), there.data());
      kernel::Call call;
      call.kernel = "map";
      call.ints = {1000};
      const int a = call.prologue.Load(Linear(0, DType::k_f32, 1000));
      call.prologue.Store(call.prologue.Op(dtype == DType::k_f16 ? "round.f16" : "round.bf16", a),
                          Linear(1, DType::k_f32, 1000));
      CHECK(call.Run(*isa, {(char*)x.data(), (char*)direct.data()}));
      for (size_t i = 0; i < 1000; i++) CHECK_NEAR(direct[i], there[i], 0);
    }
  }
}

}  // namespace
