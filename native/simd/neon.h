// AArch64 Advanced SIMD, part of every ARMv8-A: 4 lanes. See scalar.h for what each function means. neon_dot and
// neon_i8mm add what later cores have: dot products of bytes, and products of small matrices.
#pragma once

#include <arm_neon.h>

#include "simd/common.h"

MIA_BEGIN

constexpr int kLanes = 4;
constexpr int kVectorRegisters = 32;
struct Vec {
  float32x4_t raw;
};
struct VecI {
  int32x4_t raw;
};
struct Mask {  // all bits of a lane, or none
  uint32x4_t raw;
};

MIA_INLINE Vec Set(float x) { return {vdupq_n_f32(x)}; }
MIA_INLINE VecI SetInt(int32_t x) { return {vdupq_n_s32(x)}; }
MIA_INLINE Vec Zero() { return {vdupq_n_f32(0)}; }

MIA_INLINE Vec Load(const float* p) { return {vld1q_f32(p)}; }
MIA_INLINE void Store(float* p, Vec a) { vst1q_f32(p, a.raw); }
MIA_INLINE VecI Load(const int32_t* p) { return {vld1q_s32(p)}; }
MIA_INLINE void Store(int32_t* p, VecI a) { vst1q_s32(p, a.raw); }
MIA_INLINE Vec LoadPartial(const float* p, int n) {
  float lanes[4] = {0, 0, 0, 0};
  for (int i = 0; i < n; i++) lanes[i] = p[i];
  return Load(lanes);
}
MIA_INLINE void StorePartial(float* p, Vec a, int n) {
  float lanes[4];
  Store(lanes, a);
  for (int i = 0; i < n; i++) p[i] = lanes[i];
}
MIA_INLINE Vec SelectFirst(int n, Vec yes, Vec no) {
  const uint32x4_t lane = {0, 1, 2, 3};
  return {vbslq_f32(vcltq_u32(lane, vdupq_n_u32(static_cast<uint32_t>(n))), yes.raw, no.raw)};
}
// Cores with this ISA stop allocating on long streams of full-line stores by themselves.
MIA_INLINE void Stream(float* p, Vec a) { vst1q_f32(p, a.raw); }
MIA_INLINE void StreamFence() {}

MIA_INLINE Vec LoadF16(const uint16_t* p) { return {vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)))}; }
MIA_INLINE void StoreF16(uint16_t* p, Vec a) { vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(a.raw))); }
MIA_INLINE Vec LoadBF16(const uint16_t* p) { return {vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16))}; }
MIA_INLINE void StoreBF16(uint16_t* p, Vec a) {
  const uint32x4_t bits = vreinterpretq_u32_f32(a.raw);
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t rounded = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
  const uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
  vst1_u16(p, vshrn_n_u32(vbslq_u32(vceqq_f32(a.raw, a.raw), rounded, quiet), 16));
}

MIA_INLINE Vec Add(Vec a, Vec b) { return {vaddq_f32(a.raw, b.raw)}; }
MIA_INLINE Vec Sub(Vec a, Vec b) { return {vsubq_f32(a.raw, b.raw)}; }
MIA_INLINE Vec Mul(Vec a, Vec b) { return {vmulq_f32(a.raw, b.raw)}; }
MIA_INLINE Vec Div(Vec a, Vec b) { return {vdivq_f32(a.raw, b.raw)}; }
MIA_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.raw, a.raw, b.raw)}; }
MIA_INLINE Vec NegMulAdd(Vec a, Vec b, Vec c) { return {vfmsq_f32(c.raw, a.raw, b.raw)}; }
MIA_INLINE Mask Eq(Vec a, Vec b) { return {vceqq_f32(a.raw, b.raw)}; }
MIA_INLINE Mask Ne(Vec a, Vec b) { return {vmvnq_u32(vceqq_f32(a.raw, b.raw))}; }
MIA_INLINE Mask Lt(Vec a, Vec b) { return {vcltq_f32(a.raw, b.raw)}; }
MIA_INLINE Mask Le(Vec a, Vec b) { return {vcleq_f32(a.raw, b.raw)}; }
MIA_INLINE Mask IsNan(Vec a) { return Ne(a, a); }
MIA_INLINE Mask NotZero(VecI a) { return {vtstq_s32(a.raw, a.raw)}; }
MIA_INLINE Mask And(Mask a, Mask b) { return {vandq_u32(a.raw, b.raw)}; }
MIA_INLINE Mask Or(Mask a, Mask b) { return {vorrq_u32(a.raw, b.raw)}; }
MIA_INLINE bool Any(Mask a) { return vmaxvq_u32(a.raw) != 0; }
MIA_INLINE Vec Select(Mask m, Vec yes, Vec no) { return {vbslq_f32(m.raw, yes.raw, no.raw)}; }
MIA_INLINE VecI Select(Mask m, VecI yes, VecI no) { return {vbslq_s32(m.raw, yes.raw, no.raw)}; }
MIA_INLINE Vec Min(Vec a, Vec b) { return Select(Lt(a, b), a, b); }
MIA_INLINE Vec Max(Vec a, Vec b) { return Select(Lt(b, a), a, b); }
MIA_INLINE Vec MinNan(Vec a, Vec b) { return {vminq_f32(a.raw, b.raw)}; }
MIA_INLINE Vec MaxNan(Vec a, Vec b) { return {vmaxq_f32(a.raw, b.raw)}; }
MIA_INLINE Vec Sqrt(Vec a) { return {vsqrtq_f32(a.raw)}; }
MIA_INLINE Vec Abs(Vec a) { return {vabsq_f32(a.raw)}; }
MIA_INLINE Vec Neg(Vec a) { return {vnegq_f32(a.raw)}; }
MIA_INLINE Vec CopySign(Vec magnitude, Vec sign) {
  return {vbslq_f32(vdupq_n_u32(0x80000000u), sign.raw, magnitude.raw)};
}
MIA_INLINE Vec Round(Vec a) { return {vrndnq_f32(a.raw)}; }
MIA_INLINE Vec Floor(Vec a) { return {vrndmq_f32(a.raw)}; }
MIA_INLINE Vec Ceil(Vec a) { return {vrndpq_f32(a.raw)}; }
MIA_INLINE Vec Trunc(Vec a) { return {vrndq_f32(a.raw)}; }

MIA_INLINE VecI ToInt(Vec a) { return {vcvtq_s32_f32(a.raw)}; }
MIA_INLINE Vec FromInt(VecI a) { return {vcvtq_f32_s32(a.raw)}; }
MIA_INLINE VecI BitsOf(Vec a) { return {vreinterpretq_s32_f32(a.raw)}; }
MIA_INLINE Vec FromBits(VecI a) { return {vreinterpretq_f32_s32(a.raw)}; }
MIA_INLINE VecI Add(VecI a, VecI b) { return {vaddq_s32(a.raw, b.raw)}; }
MIA_INLINE VecI Sub(VecI a, VecI b) { return {vsubq_s32(a.raw, b.raw)}; }
MIA_INLINE VecI And(VecI a, VecI b) { return {vandq_s32(a.raw, b.raw)}; }
MIA_INLINE VecI Or(VecI a, VecI b) { return {vorrq_s32(a.raw, b.raw)}; }
template <int kBits>
MIA_INLINE VecI ShiftLeft(VecI a) {
  return {vshlq_n_s32(a.raw, kBits)};
}
template <int kBits>
MIA_INLINE VecI ShiftRight(VecI a) {
  return {vshrq_n_s32(a.raw, kBits)};
}

constexpr int kByteOffset = 0;
MIA_INLINE VecI DotQuads(VecI sum, VecI w, VecI b) {
  const int8x16_t x = vreinterpretq_s8_s32(w.raw), y = vreinterpretq_s8_s32(b.raw);
#ifdef __ARM_FEATURE_DOTPROD
  return {vdotq_s32(sum.raw, x, y)};
#else
  const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(x), vget_low_s8(y)));
  const int32x4_t high = vpaddlq_s16(vmull_s8(vget_high_s8(x), vget_high_s8(y)));
  return {vaddq_s32(sum.raw, vpaddq_s32(low, high))};
#endif
}
#if defined(__ARM_FEATURE_MATMUL_INT8) && defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
// Two rows of A x two columns of B, 8 bytes along k of each: added to sums [2, 2].
#define MIA_HAS_SQUARES
MIA_INLINE VecI DotSquares(VecI sum, VecI a, VecI b) {
  return {vmmlaq_s32(sum.raw, vreinterpretq_s8_s32(a.raw), vreinterpretq_s8_s32(b.raw))};
}
MIA_INLINE Vec DotSquares(Vec sum, VecI a, VecI b) {
  return {vbfmmlaq_f32(sum.raw, vreinterpretq_bf16_s32(a.raw), vreinterpretq_bf16_s32(b.raw))};
}
// The first rows of two squares side by side, and the second ones.
MIA_INLINE VecI FirstRow(VecI a, VecI b) { return {vcombine_s32(vget_low_s32(a.raw), vget_low_s32(b.raw))}; }
MIA_INLINE VecI SecondRow(VecI a, VecI b) { return {vcombine_s32(vget_high_s32(a.raw), vget_high_s32(b.raw))}; }
#endif
MIA_INLINE VecI LoadU8(const uint8_t* p) {
  uint32_t four;
  memcpy(&four, p, 4);
  return {vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four)))))};
}
MIA_INLINE VecI LoadI8(const int8_t* p) {
  uint32_t four;
  memcpy(&four, p, 4);
  return {vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(four))))};
}
MIA_INLINE void StoreI8(int8_t* p, VecI a) {
  const int16x4_t words = vmovn_s32(a.raw);
  const int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
  memcpy(p, &bytes, 4);
}

MIA_INLINE float SumOfLanes(Vec a) { return vaddvq_f32(a.raw); }
MIA_INLINE float ProdOfLanes(Vec a) {
  const float32x2_t pair = vmul_f32(vget_low_f32(a.raw), vget_high_f32(a.raw));
  return vget_lane_f32(pair, 0) * vget_lane_f32(pair, 1);
}
MIA_INLINE float MaxOfLanes(Vec a) { return vmaxvq_f32(a.raw); }
MIA_INLINE float MinOfLanes(Vec a) { return vminvq_f32(a.raw); }

MIA_END
