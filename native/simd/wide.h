// f32 functions that need more than f32 inside: sin, cos, pow, mod. They compute in double by plain loops, which the
// compiler vectorises, and leave the operands outside their domain to the C library one by one.
#pragma once

#include "simd/plain.h"

MIA_BEGIN

// The quadrant's sine (odd == 0) or cosine of r, |r| <= pi/4; minimax fits in r^2, 6e-12 and 2e-10.
MIA_INLINE double QuarterWave(double r, bool odd) {
  const double z = r * r;
  const double s = r * (1 + z * (-0.16666666640587993 + z * (0.008333329280517051 + z * (-0.0001983930441618872 +
                                                                                         z * 2.718046491063501e-06))));
  const double c = 1 - 0.5 * z + z * z * (0.041666645554859529 + z * (-0.0013887309883477076 +
                                                                      z * 2.4432414660895694e-05));
  return odd ? c : s;
}

// sin(x + quarter pi/2) for |x| < 2^20: x = n pi/2 + r with pi/2 in two parts, the first of 33 bits so that
// n * kHigh is exact (Cody and Waite, Software Manual for the Elementary Functions, 1980, chapter 8).
MIA_INLINE float Wave(float a, int quarter) {
  constexpr double kHigh = 0x1.921fb544p+0, kLow = 0x1.0b4611a626331p-34, kTwoOverPi = 0.63661977236758134;
  const double x = a;
  const double n = __builtin_rint(x * kTwoOverPi);
  const double r = n == 0 ? x : (x - n * kHigh) - n * kLow;  // keeps the sign of zero
  const double turn = n + quarter;
  const double phase = turn - 4 * __builtin_floor(turn * 0.25);  // 0, 1, 2, 3
  const double y = QuarterWave(r, phase == 1 || phase == 3);
  return static_cast<float>(phase >= 2 ? -y : y);
}

// Each has Usual(x, y): is Fast right?; Fast: branch-free; Rare: any operands. `y` is unused where the function has
// one.
struct WideSin {
  static MIA_INLINE bool Usual(float x, float) { return !(__builtin_fabsf(x) >= 0x1p20f); }
  static MIA_INLINE float Fast(float x, float) { return Wave(x, 0); }
  static MIA_INLINE float Rare(float x, float) { return static_cast<float>(sin(static_cast<double>(x))); }
};
struct WideCos {
  static MIA_INLINE bool Usual(float x, float) { return !(__builtin_fabsf(x) >= 0x1p20f); }
  static MIA_INLINE float Fast(float x, float) { return Wave(x, 1); }
  static MIA_INLINE float Rare(float x, float) { return static_cast<float>(cos(static_cast<double>(x))); }
};

// x - floor(x / y) y: the product is exact while the quotient has under 29 bits, and a quotient that rounded up to an
// integer shows as a remainder of the wrong sign.
struct WideMod {
  static MIA_INLINE bool Usual(float x, float y) {
    return __builtin_fabs(static_cast<double>(x) / y) < 0x1p28 && __builtin_fabsf(y) < INFINITY;
  }
  static MIA_INLINE float Fast(float a, float b) {
    const double x = a, y = b;
    const double r = x - __builtin_floor(x / y) * y;
    const double fixed = (r < 0) != (y < 0) ? r + y : r;
    return static_cast<float>(r == 0 ? __builtin_copysign(0, y) : fixed);
  }
  static MIA_INLINE float Rare(float x, float y) { return Mod(x, y); }
};

// 2^(y log2 |x|): log2(1 + f) = s L(s^2) with s = f / (2 + f), L to 4e-12; 2^t = 2^n 2^(t - n), the latter to 4e-11.
struct WidePow {
  static MIA_INLINE bool Usual(float x, float y) {
    return __builtin_fabsf(x) >= FLT_MIN && __builtin_fabsf(x) < INFINITY && __builtin_fabsf(y) < INFINITY;
  }
  static MIA_INLINE float Fast(float a, float b) {
    constexpr int32_t kSqrtHalf = 0x3f3504f3;
    const int32_t above = BitCast<int32_t>(__builtin_fabsf(a)) - kSqrtHalf;
    const double f = static_cast<double>(BitCast<float>((above & 0x7fffff) + kSqrtHalf)) - 1;
    const double s = f / (2 + f), z = s * s;
    const double log2x = static_cast<double>(above >> 23) +
                         s * (2.8853900817900864 + z * (0.96179667334179753 + z * (0.57708358496515133 +
                              z * (0.41167271899777669 + z * 0.34073010658534336))));
    double t = b * log2x;
    t = t > -1000 ? t : -1000;  // also where t is NaN, which Rare will deal with
    t = t > 1000 ? 1000 : t;
    const double n = __builtin_rint(t), g = t - n;
    const double p = 0.99999999996168754 + g * (0.69314718072851789 + g * (0.2402265119809768 +
                     g * (0.055504103531415147 + g * (0.0096180272604326246 + g * (0.001333392284344167 +
                     g * (0.00015469289406442466 + g * 1.5201854450861377e-05))))));
    const int64_t exponent = static_cast<int32_t>(n) + 1023;
    const double y = p * BitCast<double>(exponent << 52);
    const double half = 0.5 * static_cast<double>(b);
    const bool odd = half != __builtin_floor(half), whole = __builtin_floor(b) == b;
    return static_cast<float>(a >= 0 ? y : !whole ? static_cast<double>(NAN) : odd ? -y : y);
  }
  static MIA_INLINE float Rare(float x, float y) { return powf(x, y); }
};

// dst = Op(a, b) over n elements; dst may be a or b.
template <class Op>
void WideLoop(float* dst, const float* a, const float* b, int n) {
  constexpr int kBlock = 64;
  for (int begin = 0; begin < n; begin += kBlock) {
    const int count = n - begin < kBlock ? n - begin : kBlock;
    const float *x = a + begin, *y = b + begin;
    float out[kBlock];
    int rare = 0;
    for (int i = 0; i < count; i++) out[i] = Op::Fast(x[i], y[i]);
    for (int i = 0; i < count; i++) rare |= !Op::Usual(x[i], y[i]);
    if (rare) {
      for (int i = 0; i < count; i++) {
        if (!Op::Usual(x[i], y[i])) out[i] = Op::Rare(x[i], y[i]);
      }
    }
    memcpy(dst + begin, out, count * sizeof(float));
  }
}

MIA_END
