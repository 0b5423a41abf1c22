// One lane: the header that defines what every other vector header must compute.
#pragma once

#include "simd/common.h"

MIA_BEGIN

constexpr int kLanes = 1;
constexpr int kVectorRegisters = 16;
struct Vec {  // lanes of f32
  float raw;
};
struct VecI {  // as many lanes of i32
  int32_t raw;
};
struct Mask {  // one truth value a lane
  bool raw;
};

MIA_INLINE Vec Set(float x) { return {x}; }
MIA_INLINE VecI SetInt(int32_t x) { return {x}; }
MIA_INLINE Vec Zero() { return {0}; }

// No alignment is asked for, except by Stream: kLanes * 4 bytes. It bypasses the caches where the ISA can;
// StreamFence orders such stores before what follows. Partial: the first n of kLanes lanes; others read 0.
// SelectFirst: the first n lanes of `yes`, the others of `no`.
MIA_INLINE Vec Load(const float* p) { return {*p}; }
MIA_INLINE void Store(float* p, Vec a) { *p = a.raw; }
MIA_INLINE VecI Load(const int32_t* p) {  // packed weights are bytes: they lie anyhow
  VecI a;
  memcpy(&a.raw, p, sizeof(a.raw));
  return a;
}
MIA_INLINE void Store(int32_t* p, VecI a) { memcpy(p, &a.raw, sizeof(a.raw)); }
MIA_INLINE Vec LoadPartial(const float* p, int n) { return {n > 0 ? *p : 0}; }
MIA_INLINE void StorePartial(float* p, Vec a, int n) {
  if (n > 0) *p = a.raw;
}
MIA_INLINE Vec SelectFirst(int n, Vec yes, Vec no) { return n > 0 ? yes : no; }
MIA_INLINE void Stream(float* p, Vec a) { *p = a.raw; }
MIA_INLINE void StreamFence() {}

// Halves. Stores round to nearest even.
MIA_INLINE Vec LoadF16(const uint16_t* p) { return {HalfToFloat(*p)}; }
MIA_INLINE void StoreF16(uint16_t* p, Vec a) { *p = FloatToHalf(a.raw); }
MIA_INLINE Vec LoadBF16(const uint16_t* p) { return {BFloatToFloat(*p)}; }
MIA_INLINE void StoreBF16(uint16_t* p, Vec a) { *p = FloatToBFloat(a.raw); }

MIA_INLINE Vec Add(Vec a, Vec b) { return {a.raw + b.raw}; }
MIA_INLINE Vec Sub(Vec a, Vec b) { return {a.raw - b.raw}; }
MIA_INLINE Vec Mul(Vec a, Vec b) { return {a.raw * b.raw}; }
MIA_INLINE Vec Div(Vec a, Vec b) { return {a.raw / b.raw}; }
// a * b + c and c - a * b, rounded once where the ISA fuses and twice elsewhere: right either way, or use Mul and Add.
#ifdef __FP_FAST_FMAF
MIA_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return {__builtin_fmaf(a.raw, b.raw, c.raw)}; }
MIA_INLINE Vec NegMulAdd(Vec a, Vec b, Vec c) { return {__builtin_fmaf(-a.raw, b.raw, c.raw)}; }
#else
MIA_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return {a.raw * b.raw + c.raw}; }
MIA_INLINE Vec NegMulAdd(Vec a, Vec b, Vec c) { return {c.raw - a.raw * b.raw}; }
#endif
// b when either is NaN (what x86 does). MinNan and MaxNan return NaN then, as NumPy does.
MIA_INLINE Vec Min(Vec a, Vec b) { return {a.raw < b.raw ? a.raw : b.raw}; }
MIA_INLINE Vec Max(Vec a, Vec b) { return {a.raw > b.raw ? a.raw : b.raw}; }
MIA_INLINE Vec MinNan(Vec a, Vec b) { return {a.raw < b.raw || a.raw != a.raw ? a.raw : b.raw}; }
MIA_INLINE Vec MaxNan(Vec a, Vec b) { return {a.raw > b.raw || a.raw != a.raw ? a.raw : b.raw}; }
MIA_INLINE Vec Sqrt(Vec a) { return {__builtin_sqrtf(a.raw)}; }
MIA_INLINE Vec Abs(Vec a) { return {__builtin_fabsf(a.raw)}; }
MIA_INLINE Vec Neg(Vec a) { return {-a.raw}; }
MIA_INLINE Vec CopySign(Vec magnitude, Vec sign) { return {__builtin_copysignf(magnitude.raw, sign.raw)}; }
MIA_INLINE Vec Round(Vec a) { return {__builtin_rintf(a.raw)}; }  // half to even
MIA_INLINE Vec Floor(Vec a) { return {__builtin_floorf(a.raw)}; }
MIA_INLINE Vec Ceil(Vec a) { return {__builtin_ceilf(a.raw)}; }
MIA_INLINE Vec Trunc(Vec a) { return {__builtin_truncf(a.raw)}; }

// Comparisons are false when either side is NaN, except Ne.
MIA_INLINE Mask Eq(Vec a, Vec b) { return {a.raw == b.raw}; }
MIA_INLINE Mask Ne(Vec a, Vec b) { return {a.raw != b.raw}; }
MIA_INLINE Mask Lt(Vec a, Vec b) { return {a.raw < b.raw}; }
MIA_INLINE Mask Le(Vec a, Vec b) { return {a.raw <= b.raw}; }
MIA_INLINE Mask IsNan(Vec a) { return {a.raw != a.raw}; }
MIA_INLINE Mask NotZero(VecI a) { return {a.raw != 0}; }
MIA_INLINE Mask And(Mask a, Mask b) { return {a.raw && b.raw}; }
MIA_INLINE Mask Or(Mask a, Mask b) { return {a.raw || b.raw}; }
MIA_INLINE bool Any(Mask a) { return a.raw; }
MIA_INLINE Vec Select(Mask m, Vec yes, Vec no) { return m.raw ? yes : no; }
MIA_INLINE VecI Select(Mask m, VecI yes, VecI no) { return m.raw ? yes : no; }

// Lanes of i32: wrapping. ToInt truncates and is defined for values that fit.
MIA_INLINE VecI ToInt(Vec a) { return {static_cast<int32_t>(a.raw)}; }
MIA_INLINE Vec FromInt(VecI a) { return {static_cast<float>(a.raw)}; }
MIA_INLINE VecI BitsOf(Vec a) { return {BitCast<int32_t>(a.raw)}; }
MIA_INLINE Vec FromBits(VecI a) { return {BitCast<float>(a.raw)}; }
MIA_INLINE VecI Add(VecI a, VecI b) { return {static_cast<int32_t>(0u + a.raw + b.raw)}; }
MIA_INLINE VecI Sub(VecI a, VecI b) { return {static_cast<int32_t>(0u + a.raw - b.raw)}; }
MIA_INLINE VecI And(VecI a, VecI b) { return {a.raw & b.raw}; }
MIA_INLINE VecI Or(VecI a, VecI b) { return {a.raw | b.raw}; }
template <int kBits>
MIA_INLINE VecI ShiftLeft(VecI a) {
  return {static_cast<int32_t>(static_cast<uint32_t>(a.raw) << kBits)};
}
template <int kBits>
MIA_INLINE VecI ShiftRight(VecI a) {  // arithmetic
  return {a.raw >> kBits};
}

// Sums of four products of bytes in each lane, exact: b holds signed numbers in [-127, 127], w holds numbers to which
// kByteOffset was added (unsigned where that is 128, for ISAs that multiply unsigned by signed bytes).
constexpr int kByteOffset = 0;
MIA_INLINE VecI DotQuads(VecI sum, VecI w, VecI b) {
  int32_t total = sum.raw;
  for (int i = 0; i < 32; i += 8) {  // byte by byte
    total += static_cast<int8_t>(w.raw >> i) * static_cast<int8_t>(b.raw >> i);
  }
  return {total};
}
MIA_INLINE VecI LoadU8(const uint8_t* p) { return {*p}; }  // a byte a lane, widened
MIA_INLINE VecI LoadI8(const int8_t* p) { return {*p}; }
MIA_INLINE void StoreI8(int8_t* p, VecI a) { *p = static_cast<int8_t>(a.raw); }  // for values that fit
// ISAs with MIA_HAS_PAIRS: Vec DotPairs(Vec sum, VecI a, VecI b) adds two products of bf16 to each lane.

// Over the lanes; max and min as Max and Min.
MIA_INLINE float SumOfLanes(Vec a) { return a.raw; }
MIA_INLINE float ProdOfLanes(Vec a) { return a.raw; }
MIA_INLINE float MaxOfLanes(Vec a) { return a.raw; }
MIA_INLINE float MinOfLanes(Vec a) { return a.raw; }

MIA_END
