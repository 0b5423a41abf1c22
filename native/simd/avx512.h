// AVX-512 F, BW, VL, DQ: 16 lanes. See scalar.h for what each function means.
#pragma once

// gcc 12 takes the deliberately undefined operand of its own intrinsics for a mistake.
#ifdef __clang__
#include <immintrin.h>
#else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

#include "simd/common.h"

MIA_BEGIN

constexpr int kLanes = 16;
constexpr int kVectorRegisters = 32;
struct Vec {
  __m512 raw;
};
struct VecI {
  __m512i raw;
};
struct Mask {
  __mmask16 raw;
};

MIA_INLINE __mmask16 FirstLanes(int n) { return static_cast<__mmask16>((1u << n) - 1); }

MIA_INLINE Vec Set(float x) { return {_mm512_set1_ps(x)}; }
MIA_INLINE VecI SetInt(int32_t x) { return {_mm512_set1_epi32(x)}; }
MIA_INLINE Vec Zero() { return {_mm512_setzero_ps()}; }

MIA_INLINE Vec Load(const float* p) { return {_mm512_loadu_ps(p)}; }
MIA_INLINE void Store(float* p, Vec a) { _mm512_storeu_ps(p, a.raw); }
MIA_INLINE VecI Load(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
MIA_INLINE void Store(int32_t* p, VecI a) { _mm512_storeu_si512(p, a.raw); }
MIA_INLINE Vec LoadPartial(const float* p, int n) { return {_mm512_maskz_loadu_ps(FirstLanes(n), p)}; }
MIA_INLINE void StorePartial(float* p, Vec a, int n) { _mm512_mask_storeu_ps(p, FirstLanes(n), a.raw); }
MIA_INLINE Vec SelectFirst(int n, Vec yes, Vec no) { return {_mm512_mask_mov_ps(no.raw, FirstLanes(n), yes.raw)}; }
MIA_INLINE void Stream(float* p, Vec a) { _mm512_stream_ps(p, a.raw); }
MIA_INLINE void StreamFence() { _mm_sfence(); }

MIA_INLINE Vec LoadF16(const uint16_t* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
MIA_INLINE void StoreF16(uint16_t* p, Vec a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                      _mm512_cvtps_ph(a.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
MIA_INLINE Vec LoadBF16(const uint16_t* p) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
}
// Not VCVTNEPS2BF16: it flushes subnormals.
MIA_INLINE void StoreBF16(uint16_t* p, Vec a) {
  const __m512i bits = _mm512_castps_si512(a.raw);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __mmask16 nan = _mm512_cmp_ps_mask(a.raw, a.raw, _CMP_UNORD_Q);
  const __m512i result = _mm512_mask_or_epi32(rounded, nan, bits, _mm512_set1_epi32(0x400000));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(_mm512_srli_epi32(result, 16)));
}

MIA_INLINE Vec Add(Vec a, Vec b) { return {_mm512_add_ps(a.raw, b.raw)}; }
MIA_INLINE Vec Sub(Vec a, Vec b) { return {_mm512_sub_ps(a.raw, b.raw)}; }
MIA_INLINE Vec Mul(Vec a, Vec b) { return {_mm512_mul_ps(a.raw, b.raw)}; }
MIA_INLINE Vec Div(Vec a, Vec b) { return {_mm512_div_ps(a.raw, b.raw)}; }
MIA_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.raw, b.raw, c.raw)}; }
MIA_INLINE Vec NegMulAdd(Vec a, Vec b, Vec c) { return {_mm512_fnmadd_ps(a.raw, b.raw, c.raw)}; }
MIA_INLINE Mask IsNan(Vec a) { return {_mm512_cmp_ps_mask(a.raw, a.raw, _CMP_UNORD_Q)}; }
MIA_INLINE Vec Min(Vec a, Vec b) { return {_mm512_min_ps(a.raw, b.raw)}; }
MIA_INLINE Vec Max(Vec a, Vec b) { return {_mm512_max_ps(a.raw, b.raw)}; }
MIA_INLINE Vec MinNan(Vec a, Vec b) { return {_mm512_mask_mov_ps(Min(a, b).raw, IsNan(a).raw, a.raw)}; }
MIA_INLINE Vec MaxNan(Vec a, Vec b) { return {_mm512_mask_mov_ps(Max(a, b).raw, IsNan(a).raw, a.raw)}; }
MIA_INLINE Vec Sqrt(Vec a) { return {_mm512_sqrt_ps(a.raw)}; }
MIA_INLINE Vec Abs(Vec a) { return {_mm512_abs_ps(a.raw)}; }
MIA_INLINE Vec Neg(Vec a) { return {_mm512_xor_ps(a.raw, _mm512_set1_ps(-0.0f))}; }
MIA_INLINE Vec CopySign(Vec magnitude, Vec sign) {  // per bit: sign bit from `sign`, the others from `magnitude`
  const __m512i bit = _mm512_set1_epi32(INT32_MIN);
  return {_mm512_castsi512_ps(_mm512_ternarylogic_epi32(bit, _mm512_castps_si512(sign.raw),
                                                        _mm512_castps_si512(magnitude.raw), 0xca))};
}
MIA_INLINE Vec Round(Vec a) { return {_mm512_roundscale_ps(a.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
MIA_INLINE Vec Floor(Vec a) { return {_mm512_roundscale_ps(a.raw, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
MIA_INLINE Vec Ceil(Vec a) { return {_mm512_roundscale_ps(a.raw, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)}; }
MIA_INLINE Vec Trunc(Vec a) { return {_mm512_roundscale_ps(a.raw, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)}; }

MIA_INLINE Mask Eq(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.raw, b.raw, _CMP_EQ_OQ)}; }
MIA_INLINE Mask Ne(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.raw, b.raw, _CMP_NEQ_UQ)}; }
MIA_INLINE Mask Lt(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.raw, b.raw, _CMP_LT_OQ)}; }
MIA_INLINE Mask Le(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.raw, b.raw, _CMP_LE_OQ)}; }
MIA_INLINE Mask NotZero(VecI a) { return {_mm512_test_epi32_mask(a.raw, a.raw)}; }
MIA_INLINE Mask And(Mask a, Mask b) { return {static_cast<__mmask16>(a.raw & b.raw)}; }
MIA_INLINE Mask Or(Mask a, Mask b) { return {static_cast<__mmask16>(a.raw | b.raw)}; }
MIA_INLINE bool Any(Mask a) { return a.raw != 0; }
MIA_INLINE Vec Select(Mask m, Vec yes, Vec no) { return {_mm512_mask_mov_ps(no.raw, m.raw, yes.raw)}; }
MIA_INLINE VecI Select(Mask m, VecI yes, VecI no) { return {_mm512_mask_mov_epi32(no.raw, m.raw, yes.raw)}; }

MIA_INLINE VecI ToInt(Vec a) { return {_mm512_cvttps_epi32(a.raw)}; }
MIA_INLINE Vec FromInt(VecI a) { return {_mm512_cvtepi32_ps(a.raw)}; }
MIA_INLINE VecI BitsOf(Vec a) { return {_mm512_castps_si512(a.raw)}; }
MIA_INLINE Vec FromBits(VecI a) { return {_mm512_castsi512_ps(a.raw)}; }
MIA_INLINE VecI Add(VecI a, VecI b) { return {_mm512_add_epi32(a.raw, b.raw)}; }
MIA_INLINE VecI Sub(VecI a, VecI b) { return {_mm512_sub_epi32(a.raw, b.raw)}; }
MIA_INLINE VecI And(VecI a, VecI b) { return {_mm512_and_si512(a.raw, b.raw)}; }
MIA_INLINE VecI Or(VecI a, VecI b) { return {_mm512_or_si512(a.raw, b.raw)}; }
template <int kBits>
MIA_INLINE VecI ShiftLeft(VecI a) {
  return {_mm512_slli_epi32(a.raw, kBits)};
}
template <int kBits>
MIA_INLINE VecI ShiftRight(VecI a) {
  return {_mm512_srai_epi32(a.raw, kBits)};
}
#define MIA_HAS_LDEXP
MIA_INLINE Vec LdExp(Vec a, Vec n) { return {_mm512_scalef_ps(a.raw, n.raw)}; }

constexpr int kByteOffset = 128;
MIA_INLINE VecI DotQuads(VecI sum, VecI w, VecI b) { return {_mm512_dpbusd_epi32(sum.raw, w.raw, b.raw)}; }
MIA_INLINE VecI LoadU8(const uint8_t* p) {
  return {_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
MIA_INLINE VecI LoadI8(const int8_t* p) {
  return {_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
MIA_INLINE void StoreI8(int8_t* p, VecI a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a.raw));
}
#define MIA_HAS_PAIRS
MIA_INLINE Vec DotPairs(Vec sum, VecI a, VecI b) {
  return {_mm512_dpbf16_ps(sum.raw, BitCast<__m512bh>(a.raw), BitCast<__m512bh>(b.raw))};
}

MIA_INLINE float SumOfLanes(Vec a) { return _mm512_reduce_add_ps(a.raw); }
MIA_INLINE float ProdOfLanes(Vec a) { return _mm512_reduce_mul_ps(a.raw); }
MIA_INLINE float MaxOfLanes(Vec a) { return _mm512_reduce_max_ps(a.raw); }
MIA_INLINE float MinOfLanes(Vec a) { return _mm512_reduce_min_ps(a.raw); }

MIA_END
