// exp, log, tanh, erf on f32 vectors, written once for every ISA. Errors are in units in the last place of the
// result (ULP); tests/native/ulp_test.cc sweeps all floats against double. All polynomials are minimax fits (Remez
// exchange) of the remainder named beside them, made for these intervals.
#pragma once

#include "simd/common.h"

MIA_BEGIN

// c0 + x * (c1 + x * (c2 + ...)), by Horner.
MIA_INLINE Vec Polynomial(Vec, float c) { return Set(c); }
template <class... Rest>
MIA_INLINE Vec Polynomial(Vec x, float c, Rest... rest) {
  return MulAdd(Polynomial(x, rest...), x, Set(c));
}

// a * 2^n for a in [0.25, 4] and integral n in [-250, 250]: overflows to infinity, rounds once below FLT_MIN.
#ifndef MIA_HAS_LDEXP
MIA_INLINE Vec LdExp(Vec a, Vec n) {
  const VecI whole = ToInt(n), half = ShiftRight<1>(whole);
  const Vec first = FromBits(ShiftLeft<23>(Add(half, SetInt(127))));
  const Vec second = FromBits(ShiftLeft<23>(Add(Sub(whole, half), SetInt(127))));
  return Mul(Mul(a, first), second);
}
#endif

// ln 2 in two parts; the first has few enough bits that n * kLn2High is exact (Cody and Waite, Software Manual for the
// Elementary Functions, 1980, chapter 6).
constexpr float kLn2High = 0.693359375f;
constexpr float kLn2Low = -2.12194440e-4f;

// e^x, 1.02 ULP. x = n ln 2 + r, |r| <= ln 2 / 2; e^r = 1 + r + r^2 P(r), P to 3e-9; times 2^n (Cody and Waite).
MIA_INLINE Vec Exp(Vec x) {
  // Beyond these bounds the result is 0 or infinity. The order of operands lets NaN through.
  x = Min(Set(89.0f), Max(Set(-105.0f), x));
  const Vec n = Round(Mul(x, Set(1.44269504f)));
  const Vec r = NegMulAdd(n, Set(kLn2Low), NegMulAdd(n, Set(kLn2High), x));
  const Vec p = Polynomial(r, 0.49999994f, 0.166665196f, 0.0416683927f, 0.00836877991f, 0.00138144963f);
  return LdExp(Add(Set(1), MulAdd(Mul(r, r), p, r)), n);
}

// Natural logarithm, 0.87 ULP. x = 2^e (1 + f), 1 + f in [sqrt(1/2), sqrt(2)); log(1 + f) = f - f^2/2 + f^3 P(f), P to
// 6e-9 (Cody and Waite, chapter 5).
MIA_INLINE Vec Log(Vec x) {
  const Mask tiny = Lt(x, Set(FLT_MIN));
  const Vec normal = Select(tiny, Mul(x, Set(0x1p25f)), x);
  const VecI from = SetInt(0x3f3504f3);  // sqrt(1/2)
  const VecI above = Sub(BitsOf(normal), from);
  const Vec e = Sub(FromInt(ShiftRight<23>(above)), Select(tiny, Set(25), Zero()));
  const Vec f = Sub(FromBits(Add(And(above, SetInt(0x7fffff)), from)), Set(1));
  const Vec p = Polynomial(f, 0.333333313f, -0.250008196f, 0.200012267f, -0.166233614f, 0.142017812f, -0.131601691f,
                           0.127614141f, -0.076343298f);
  const Vec square = Mul(f, f);
  Vec rest = MulAdd(Mul(f, square), p, Mul(e, Set(kLn2Low)));
  rest = NegMulAdd(Set(0.5f), square, rest);
  Vec y = MulAdd(e, Set(kLn2High), Add(f, rest));
  y = Select(Lt(x, Set(INFINITY)), y, x);  // infinity and NaN
  y = Select(Le(x, Zero()), Select(Eq(x, Zero()), Set(-INFINITY), Set(NAN)), y);
  return y;
}

// 1.34 ULP. Below 0.625: x + x^3 P(x^2), P to 5e-9; above: 1 - 2 / (e^2|x| + 1) (Cody and Waite, chapter 13).
MIA_INLINE Vec Tanh(Vec x) {
  const Vec size = Abs(x), z = Mul(x, x);
  const Vec large = Sub(Set(1), Div(Set(2), Add(Exp(Add(size, size)), Set(1))));
  const Vec p = Polynomial(z, -0.333332807f, 0.133314416f, -0.0537397154f, 0.0206390861f, -0.00570498779f);
  const Vec small = MulAdd(Mul(size, z), p, size);
  return CopySign(Select(Lt(size, Set(0.625f)), small, large), x);
}

// 2.55 ULP. Below 1: x P(x^2), P to 2e-9; above: 1 - e^Q(|x|) with Q the fit of log(erfc) weighted by erfc, 2e-9
// (definitions: Abramowitz and Stegun, 7.1.1 and 7.1.2).
MIA_INLINE Vec Erf(Vec x) {
  const Vec z = Mul(x, x), size = Min(Set(4), Abs(x));  // erf(4) rounds to 1
  const Vec q = Polynomial(size, -0.000320641673f, -1.1271714f, -0.638012648f, -0.103217818f, 0.0218894612f,
                           -0.00296006934f, 0.000187600293f);
  const Vec large = Sub(Set(1), Exp(q));
  const Vec p = Polynomial(z, 1.12837911f, -0.37612626f, 0.112835854f, -0.026853811f, 0.00518832775f, -0.000801019429f,
                           7.85386583e-05f);
  return Select(Lt(size, Set(1)), Mul(x, p), CopySign(large, x));
}

MIA_END
