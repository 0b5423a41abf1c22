// The error of every function of one f32, in units in the last place, against double (whose own error is
// below 2^-27 of such a unit), on every ISA. The bounds here are the ones that docs/numerics.md promises. A
// sample of all floats by default; MIA_ULP_STRIDE=1 (`npm run test:ulp`) tries all 2^32 and prints the
// largest errors.
#include <float.h>

#include <atomic>
#include <thread>

#include "kernel_fixture.h"

namespace {

using kernel::DType;
using kernel::Linear;
using kernel::Reg;
using kernel::Tile;

float FromBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// The distance from |x| to the next float, for |x| rounded to one.
double UnitOf(double x) {
  int exponent;
  frexp(static_cast<float>(fabs(x)), &exponent);  // [0.5, 1) x 2^exponent
  return ldexp(1, std::max(x == 0 ? -125 : exponent, -125) - 24);
}

// What an error is measured by: units of the result, of the argument where a factor near 0 cancels digits, or
// of the larger of 1 and the result where a term near -1 does.
enum class Unit { kResult, kArgument, kOne };

struct Function {
  int (*build)(Tile& tile, int x);
  double (*exact)(double x);
  double bound;
  Unit unit = Unit::kResult;
  bool flushes = false;  // results below FLT_MIN may be anything down to 0
};

double ErrorOf(const Function& f, float x, float got, double exact) {
  const auto rounded = static_cast<float>(exact);
  if (isnan(got) || isnan(rounded)) return isnan(got) && isnan(rounded) ? 0 : INFINITY;
  if (isinf(got) || isinf(rounded)) return got == rounded ? 0 : INFINITY;
  if (got == 0 && rounded == 0 && f.unit == Unit::kResult)
    return signbit(got) == signbit(rounded) ? 0 : INFINITY;
  if (f.flushes && fabs(exact) < FLT_MIN) return fabs(got) <= FLT_MIN ? 0 : INFINITY;
  const double size = f.unit == Unit::kResult     ? rounded
                      : f.unit == Unit::kArgument ? x
                                                  : std::max(1.0, fabs(static_cast<double>(rounded)));
  return fabs(got - exact) / UnitOf(size);
}

struct Worst {
  double error = 0;
  float x = 0, got = 0;
};

// The worst of x on one ISA. exact: of each x.
void Measure(const kernel::KernelTable& isa, const Function& f, const std::vector<float>& x,
             const std::vector<double>& exact, Worst* worst) {
  const auto n = static_cast<int64_t>(x.size());
  std::vector<float> out(x.size());
  kernel::Call call;
  call.kernel = "map";
  call.ints = {n};
  const int value = f.build(call.prologue, call.prologue.Load(Linear(0, DType::k_f32, n)));
  call.prologue.Store(value, Linear(1, DType::k_f32, n));
  CHECK(call.Run(isa, {(char*)x.data(), (char*)out.data()}));
  for (size_t i = 0; i < x.size(); i++) {
    // What is correctly rounded is within half a unit: no need to ask by how much.
    if (worst->error >= 0.5 && out[i] == static_cast<float>(exact[i]) && out[i] != 0) continue;
    const double error = ErrorOf(f, x[i], out[i], exact[i]);
    if (error > worst->error) *worst = {error, x[i], out[i]};
  }
}

// Every stride-th float, then the neighbours of every power of two, and of where kernels change their
// formula.
struct Inputs {
  uint64_t stride, count;
  std::vector<uint32_t> special;

  explicit Inputs(uint64_t every) : stride(every), count(((uint64_t{1} << 32) + every - 1) / every) {
    if (stride == 1) return;
    const float borders[] = {0.625f, 88.72283f,   89.0f,       87.33655f, 103.97208f,
                             105.0f, 0.70710678f, 16777216.0f, 9.02f,     5.9f};
    std::vector<uint32_t> centers;
    for (uint32_t exponent = 0; exponent < 256; exponent++) centers.push_back(exponent << 23);
    for (const float border : borders) {
      uint32_t bits;
      memcpy(&bits, &border, sizeof bits);
      centers.push_back(bits);
    }
    for (const uint32_t center : centers) {
      for (uint32_t sign : {0u, 0x80000000u}) {
        for (uint32_t i = 0; i < 32; i++) special.push_back((center + i - 16) ^ sign);
      }
    }
  }
  float At(uint64_t i) const {
    return FromBits(i < count ? static_cast<uint32_t>(i * stride) : special[static_cast<size_t>(i - count)]);
  }
  uint64_t size() const { return count + special.size(); }
};

void Sweep(const char* name, const Function& f) {
  const char* const asked = getenv("MIA_ULP_STRIDE");
  const Inputs inputs(asked != nullptr ? std::max(1ll, atoll(asked)) : 4099);
  const auto isas = kernel::Isas();
  constexpr uint64_t kBlock = 1 << 17;
  const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::vector<Worst>> found(threads, std::vector<Worst>(isas.size()));
  std::atomic<uint64_t> next{0};
  std::vector<std::thread> workers;
  for (unsigned t = 0; t < threads; t++) {
    workers.emplace_back([&, t] {
      for (uint64_t begin; (begin = next.fetch_add(kBlock)) < inputs.size();) {
        std::vector<float> x(static_cast<size_t>(std::min(kBlock, inputs.size() - begin)));
        std::vector<double> exact(x.size());
        for (size_t i = 0; i < x.size(); i++) {
          x[i] = inputs.At(begin + i);
          exact[i] = f.exact(static_cast<double>(x[i]));
        }
        for (size_t i = 0; i < isas.size(); i++) Measure(*isas[i], f, x, exact, &found[t][i]);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (size_t i = 0; i < isas.size(); i++) {
    Worst worst;
    for (const auto& one : found) worst = one[i].error > worst.error ? one[i] : worst;
    char text[200];
    snprintf(text, sizeof text, "%-10s %-8s %8.4f at %.9g (%a): %.9g, exactly %.17g", name, isas[i]->isa,
             worst.error, worst.x, worst.x, worst.got, f.exact(static_cast<double>(worst.x)));
    if (inputs.stride == 1) printf("%s\n", text);
    if (!(worst.error <= f.bound)) test::Fail(__FILE__, __LINE__, text);
  }
}

// --- Composites as lib/ops/elementwise.ts spells them
// -----------------------------------------------------------------

int Const(Tile& t, double value) { return t.Const(Reg::k_f32, value); }
int Plus1(Tile& t, int x) { return t.Op("add.f32", x, Const(t, 1)); }
int Times(Tile& t, int x, double factor) { return t.Op("mul.f32", x, Const(t, factor)); }
int Sigmoid(Tile& t, int x) { return t.Op("recip.f32", Plus1(t, t.Op("exp.f32", t.Op("neg.f32", x)))); }
int Silu(Tile& t, int x) { return t.Op("mul.f32", x, Sigmoid(t, x)); }
int Softplus(Tile& t, int x) {
  const int tail = t.Op("log.f32", Plus1(t, t.Op("exp.f32", t.Op("neg.f32", t.Op("abs.f32", x)))));
  return t.Op("add.f32", t.Op("max.f32", x, Const(t, 0)), tail);
}
int Elu(Tile& t, int x) {
  const int below = t.Op("sub.f32", t.Op("exp.f32", t.Op("min.f32", x, Const(t, 0))), Const(t, 1));
  return t.Op("select.f32", t.Op("lt.f32", x, Const(t, 0)), below, x);
}
int Gelu(Tile& t, int x) {
  return t.Op("mul.f32", Times(t, x, 0.5), Plus1(t, t.Op("erf.f32", Times(t, x, M_SQRT1_2))));
}
int GeluTanh(Tile& t, int x) {
  const int inner = t.Op("mul.f32", x, Plus1(t, Times(t, t.Op("mul.f32", x, x), 0.044715)));
  return t.Op("mul.f32", Times(t, x, 0.5), Plus1(t, t.Op("tanh.f32", Times(t, inner, sqrt(2 / M_PI)))));
}

#define OP(name) [](Tile& t, int x) { return t.Op(name ".f32", x); }

}  // namespace

TEST(UlpExp) { Sweep("exp", {OP("exp"), exp, 1.05}); }
TEST(UlpLog) { Sweep("log", {OP("log"), log, 1}); }
TEST(UlpTanh) { Sweep("tanh", {OP("tanh"), tanh, 2}); }
TEST(UlpErf) { Sweep("erf", {OP("erf"), erf, 3}); }
TEST(UlpSin) { Sweep("sin", {OP("sin"), sin, 0.51}); }
TEST(UlpCos) { Sweep("cos", {OP("cos"), cos, 0.51}); }
TEST(UlpSqrt) { Sweep("sqrt", {OP("sqrt"), sqrt, 0.5001}); }
TEST(UlpRsqrt) {
  Sweep("rsqrt", {OP("rsqrt"), [](double x) { return 1 / sqrt(x); }, 1.5});
}
TEST(UlpRecip) {
  Sweep("recip", {OP("recip"), [](double x) { return 1 / x; }, 0.5001});
}
TEST(UlpSigmoid) {
  Sweep("sigmoid", {Sigmoid, [](double x) { return 1 / (1 + exp(-x)); }, 3, Unit::kResult, true});
}
TEST(UlpSilu) {
  Sweep("silu", {Silu, [](double x) { return x / (1 + exp(-x)); }, 3, Unit::kArgument});
}
TEST(UlpSoftplus) {
  const auto exact = [](double x) { return std::max(x, 0.0) + log1p(exp(-fabs(x))); };
  Sweep("softplus", {Softplus, exact, 3, Unit::kOne});
}
TEST(UlpElu) {
  Sweep("elu", {Elu, [](double x) { return x < 0 ? expm1(x) : x; }, 1, Unit::kOne});
}
TEST(UlpGelu) {
  Sweep("gelu", {Gelu, [](double x) { return 0.5 * x * erfc(-x * M_SQRT1_2); }, 3, Unit::kArgument});
}
TEST(UlpGeluTanh) {
  const auto exact = [](double x) { return x / (1 + exp(-2 * sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); };
  Sweep("gelu tanh", {GeluTanh, exact, 3, Unit::kArgument});
}
