// Sixteen lanes in plain C++: the vectors that kernels over tiles have beside them, on any machine. See
// simd/scalar.h for what each function means.
#pragma once

#include "simd/common.h"

MIA_BEGIN

constexpr int kLanes = 16;
constexpr int kVectorRegisters = 32;
typedef float Floats __attribute__((vector_size(64)));
typedef int32_t Ints __attribute__((vector_size(64)));
typedef uint32_t Words __attribute__((vector_size(64)));
struct Vec {
  Floats raw;
};
struct VecI {
  Ints raw;
};
struct Mask {  // all bits of a lane, or none
  Ints raw;
};

// f(lane) of each lane.
template <class V, class F>
MIA_INLINE V EachLane(F f) {
  V v;
  for (int i = 0; i < kLanes; i++) v.raw[i] = f(i);
  return v;
}
template <class F>
MIA_INLINE float FoldLanes(Vec a, F f) {
  float all = a.raw[0];
  for (int i = 1; i < kLanes; i++) all = f(all, a.raw[i]);
  return all;
}

MIA_INLINE Vec Set(float x) { return {x - Floats{}}; }
MIA_INLINE VecI SetInt(int32_t x) { return {x - Ints{}}; }
MIA_INLINE Vec Zero() { return {Floats{}}; }

MIA_INLINE Vec Load(const float* p) {
  return EachLane<Vec>([=](int i) { return p[i]; });
}
MIA_INLINE void Store(float* p, Vec a) { memcpy(p, &a.raw, sizeof(a.raw)); }
MIA_INLINE VecI Load(const int32_t* p) {
  VecI a;
  memcpy(&a.raw, p, sizeof(a.raw));
  return a;
}
MIA_INLINE void Store(int32_t* p, VecI a) { memcpy(p, &a.raw, sizeof(a.raw)); }
MIA_INLINE Vec LoadPartial(const float* p, int n) {
  return EachLane<Vec>([=](int i) { return i < n ? p[i] : 0; });
}
MIA_INLINE void StorePartial(float* p, Vec a, int n) {
  for (int i = 0; i < n; i++) p[i] = a.raw[i];
}
MIA_INLINE Vec SelectFirst(int n, Vec yes, Vec no) {
  return EachLane<Vec>([=](int i) { return i < n ? yes.raw[i] : no.raw[i]; });
}
MIA_INLINE void Stream(float* p, Vec a) { Store(p, a); }
MIA_INLINE void StreamFence() {}

MIA_INLINE Vec LoadF16(const uint16_t* p) {
  return EachLane<Vec>([=](int i) { return HalfToFloat(p[i]); });
}
MIA_INLINE void StoreF16(uint16_t* p, Vec a) {
  for (int i = 0; i < kLanes; i++) p[i] = FloatToHalf(a.raw[i]);
}
MIA_INLINE Vec LoadBF16(const uint16_t* p) {
  return EachLane<Vec>([=](int i) { return BFloatToFloat(p[i]); });
}
MIA_INLINE void StoreBF16(uint16_t* p, Vec a) {
  for (int i = 0; i < kLanes; i++) p[i] = FloatToBFloat(a.raw[i]);
}

MIA_INLINE Vec Add(Vec a, Vec b) { return {a.raw + b.raw}; }
MIA_INLINE Vec Sub(Vec a, Vec b) { return {a.raw - b.raw}; }
MIA_INLINE Vec Mul(Vec a, Vec b) { return {a.raw * b.raw}; }
MIA_INLINE Vec Div(Vec a, Vec b) { return {a.raw / b.raw}; }
MIA_INLINE Vec MulAdd(Vec a, Vec b, Vec c) {
  return EachLane<Vec>([=](int i) { return __builtin_fmaf(a.raw[i], b.raw[i], c.raw[i]); });
}
MIA_INLINE Vec NegMulAdd(Vec a, Vec b, Vec c) { return MulAdd({-a.raw}, b, c); }
MIA_INLINE Mask Eq(Vec a, Vec b) { return {a.raw == b.raw}; }
MIA_INLINE Mask Ne(Vec a, Vec b) { return {a.raw != b.raw}; }
MIA_INLINE Mask Lt(Vec a, Vec b) { return {a.raw < b.raw}; }
MIA_INLINE Mask Le(Vec a, Vec b) { return {a.raw <= b.raw}; }
MIA_INLINE Mask IsNan(Vec a) { return Ne(a, a); }
MIA_INLINE Mask NotZero(VecI a) { return {a.raw != 0}; }
MIA_INLINE Mask And(Mask a, Mask b) { return {a.raw & b.raw}; }
MIA_INLINE Mask Or(Mask a, Mask b) { return {a.raw | b.raw}; }
MIA_INLINE bool Any(Mask a) {
  bool any = false;
  for (int i = 0; i < kLanes; i++) any = any || a.raw[i] != 0;
  return any;
}
MIA_INLINE Vec Select(Mask m, Vec yes, Vec no) { return {m.raw ? yes.raw : no.raw}; }
MIA_INLINE VecI Select(Mask m, VecI yes, VecI no) { return {m.raw ? yes.raw : no.raw}; }
MIA_INLINE Vec Min(Vec a, Vec b) { return Select(Lt(a, b), a, b); }
MIA_INLINE Vec Max(Vec a, Vec b) { return Select(Lt(b, a), a, b); }
MIA_INLINE Vec MinNan(Vec a, Vec b) { return Select(IsNan(a), a, Min(a, b)); }
MIA_INLINE Vec MaxNan(Vec a, Vec b) { return Select(IsNan(a), a, Max(a, b)); }
#define MIA_EACH(name, function)                                     \
  MIA_INLINE Vec name(Vec a) {                                       \
    return EachLane<Vec>([=](int i) { return function(a.raw[i]); }); \
  }
MIA_EACH(Sqrt, __builtin_sqrtf)
MIA_EACH(Abs, __builtin_fabsf)
MIA_EACH(Round, __builtin_rintf)
MIA_EACH(Floor, __builtin_floorf)
MIA_EACH(Ceil, __builtin_ceilf)
MIA_EACH(Trunc, __builtin_truncf)
#undef MIA_EACH
MIA_INLINE Vec Neg(Vec a) { return {-a.raw}; }
MIA_INLINE Vec CopySign(Vec magnitude, Vec sign) {
  return EachLane<Vec>([=](int i) { return __builtin_copysignf(magnitude.raw[i], sign.raw[i]); });
}

MIA_INLINE VecI ToInt(Vec a) {
  return EachLane<VecI>([=](int i) { return static_cast<int32_t>(a.raw[i]); });
}
MIA_INLINE Vec FromInt(VecI a) {
  return EachLane<Vec>([=](int i) { return static_cast<float>(a.raw[i]); });
}
MIA_INLINE VecI BitsOf(Vec a) { return {reinterpret_cast<Ints>(a.raw)}; }
MIA_INLINE Vec FromBits(VecI a) { return {reinterpret_cast<Floats>(a.raw)}; }
MIA_INLINE VecI Add(VecI a, VecI b) {
  return {reinterpret_cast<Ints>(reinterpret_cast<Words>(a.raw) + reinterpret_cast<Words>(b.raw))};
}
MIA_INLINE VecI Sub(VecI a, VecI b) {
  return {reinterpret_cast<Ints>(reinterpret_cast<Words>(a.raw) - reinterpret_cast<Words>(b.raw))};
}
MIA_INLINE VecI And(VecI a, VecI b) { return {a.raw & b.raw}; }
MIA_INLINE VecI Or(VecI a, VecI b) { return {a.raw | b.raw}; }
template <int kBits>
MIA_INLINE VecI ShiftLeft(VecI a) {
  return {reinterpret_cast<Ints>(reinterpret_cast<Words>(a.raw) << kBits)};
}
template <int kBits>
MIA_INLINE VecI ShiftRight(VecI a) {
  return {a.raw >> kBits};
}

constexpr int kByteOffset = 128;
MIA_INLINE VecI DotQuads(VecI sum, VecI w, VecI b) {
  return EachLane<VecI>([=](int lane) {
    int32_t total = sum.raw[lane];
    for (int i = 0; i < 32; i += 8) {
      total += static_cast<uint8_t>(w.raw[lane] >> i) * static_cast<int8_t>(b.raw[lane] >> i);
    }
    return total;
  });
}
MIA_INLINE VecI LoadU8(const uint8_t* p) {
  return EachLane<VecI>([=](int i) { return p[i]; });
}
MIA_INLINE VecI LoadI8(const int8_t* p) {
  return EachLane<VecI>([=](int i) { return p[i]; });
}
MIA_INLINE void StoreI8(int8_t* p, VecI a) {
  for (int i = 0; i < kLanes; i++) p[i] = static_cast<int8_t>(a.raw[i]);
}
#define MIA_HAS_PAIRS
MIA_INLINE Vec DotPairs(Vec sum, VecI a, VecI b) {
  const auto half = [](VecI v, int lane, int i) {
    return BFloatToFloat(static_cast<uint16_t>(v.raw[lane] >> (16 * i)));
  };
  return EachLane<Vec>([=](int lane) {
    float total = sum.raw[lane];
    for (int i = 0; i < 2; i++) total += half(a, lane, i) * half(b, lane, i);
    return total;
  });
}

MIA_INLINE float SumOfLanes(Vec a) {
  return FoldLanes(a, [](float x, float y) { return x + y; });
}
MIA_INLINE float ProdOfLanes(Vec a) {
  return FoldLanes(a, [](float x, float y) { return x * y; });
}
MIA_INLINE float MaxOfLanes(Vec a) {
  return FoldLanes(a, [](float x, float y) { return x > y ? x : y; });
}
MIA_INLINE float MinOfLanes(Vec a) {
  return FoldLanes(a, [](float x, float y) { return x < y ? x : y; });
}

MIA_END
