// AVX2, FMA, F16C: 8 lanes. See scalar.h for what each function means.
#pragma once

#include <immintrin.h>

#include "simd/common.h"

MIA_BEGIN

constexpr int kLanes = 8;
constexpr int kVectorRegisters = 16;
struct Vec {
  __m256 raw;
};
struct VecI {
  __m256i raw;
};
struct Mask {  // all bits of a lane, or none
  __m256 raw;
};

MIA_INLINE __m256i FirstLanes(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

MIA_INLINE Vec Set(float x) { return {_mm256_set1_ps(x)}; }
MIA_INLINE VecI SetInt(int32_t x) { return {_mm256_set1_epi32(x)}; }
MIA_INLINE Vec Zero() { return {_mm256_setzero_ps()}; }

MIA_INLINE Vec Load(const float* p) { return {_mm256_loadu_ps(p)}; }
MIA_INLINE void Store(float* p, Vec a) { _mm256_storeu_ps(p, a.raw); }
MIA_INLINE VecI Load(const int32_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
MIA_INLINE void Store(int32_t* p, VecI a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.raw); }
MIA_INLINE Vec LoadPartial(const float* p, int n) { return {_mm256_maskload_ps(p, FirstLanes(n))}; }
MIA_INLINE void StorePartial(float* p, Vec a, int n) { _mm256_maskstore_ps(p, FirstLanes(n), a.raw); }
MIA_INLINE Vec SelectFirst(int n, Vec yes, Vec no) {
  return {_mm256_blendv_ps(no.raw, yes.raw, _mm256_castsi256_ps(FirstLanes(n)))};
}
MIA_INLINE void Stream(float* p, Vec a) { _mm256_stream_ps(p, a.raw); }
MIA_INLINE void StreamFence() { _mm_sfence(); }

MIA_INLINE Vec LoadF16(const uint16_t* p) {
  return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
MIA_INLINE void StoreF16(uint16_t* p, Vec a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                   _mm256_cvtps_ph(a.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
MIA_INLINE Vec LoadBF16(const uint16_t* p) {
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(wide, 16))};
}
MIA_INLINE void StoreBF16(uint16_t* p, Vec a) {
  const __m256i bits = _mm256_castps_si256(a.raw);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(a.raw, a.raw, _CMP_UNORD_Q));
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i result = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);
  const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(result, result), 0x08);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
}

MIA_INLINE Vec Add(Vec a, Vec b) { return {_mm256_add_ps(a.raw, b.raw)}; }
MIA_INLINE Vec Sub(Vec a, Vec b) { return {_mm256_sub_ps(a.raw, b.raw)}; }
MIA_INLINE Vec Mul(Vec a, Vec b) { return {_mm256_mul_ps(a.raw, b.raw)}; }
MIA_INLINE Vec Div(Vec a, Vec b) { return {_mm256_div_ps(a.raw, b.raw)}; }
MIA_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.raw, b.raw, c.raw)}; }
MIA_INLINE Vec NegMulAdd(Vec a, Vec b, Vec c) { return {_mm256_fnmadd_ps(a.raw, b.raw, c.raw)}; }
MIA_INLINE Mask IsNan(Vec a) { return {_mm256_cmp_ps(a.raw, a.raw, _CMP_UNORD_Q)}; }
MIA_INLINE Vec Select(Mask m, Vec yes, Vec no) { return {_mm256_blendv_ps(no.raw, yes.raw, m.raw)}; }
MIA_INLINE VecI Select(Mask m, VecI yes, VecI no) {
  return {_mm256_blendv_epi8(no.raw, yes.raw, _mm256_castps_si256(m.raw))};
}
MIA_INLINE Vec Min(Vec a, Vec b) { return {_mm256_min_ps(a.raw, b.raw)}; }
MIA_INLINE Vec Max(Vec a, Vec b) { return {_mm256_max_ps(a.raw, b.raw)}; }
MIA_INLINE Vec MinNan(Vec a, Vec b) { return Select(IsNan(a), a, Min(a, b)); }
MIA_INLINE Vec MaxNan(Vec a, Vec b) { return Select(IsNan(a), a, Max(a, b)); }
MIA_INLINE Vec Sqrt(Vec a) { return {_mm256_sqrt_ps(a.raw)}; }
MIA_INLINE Vec Abs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.raw)}; }
MIA_INLINE Vec Neg(Vec a) { return {_mm256_xor_ps(a.raw, _mm256_set1_ps(-0.0f))}; }
MIA_INLINE Vec CopySign(Vec magnitude, Vec sign) {
  return {_mm256_or_ps(Abs(magnitude).raw, _mm256_and_ps(sign.raw, _mm256_set1_ps(-0.0f)))};
}
MIA_INLINE Vec Round(Vec a) { return {_mm256_round_ps(a.raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
MIA_INLINE Vec Floor(Vec a) { return {_mm256_round_ps(a.raw, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
MIA_INLINE Vec Ceil(Vec a) { return {_mm256_round_ps(a.raw, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)}; }
MIA_INLINE Vec Trunc(Vec a) { return {_mm256_round_ps(a.raw, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)}; }

MIA_INLINE Mask Eq(Vec a, Vec b) { return {_mm256_cmp_ps(a.raw, b.raw, _CMP_EQ_OQ)}; }
MIA_INLINE Mask Ne(Vec a, Vec b) { return {_mm256_cmp_ps(a.raw, b.raw, _CMP_NEQ_UQ)}; }
MIA_INLINE Mask Lt(Vec a, Vec b) { return {_mm256_cmp_ps(a.raw, b.raw, _CMP_LT_OQ)}; }
MIA_INLINE Mask Le(Vec a, Vec b) { return {_mm256_cmp_ps(a.raw, b.raw, _CMP_LE_OQ)}; }
MIA_INLINE Mask NotZero(VecI a) {
  const __m256i zero = _mm256_cmpeq_epi32(a.raw, _mm256_setzero_si256());
  return {_mm256_castsi256_ps(_mm256_xor_si256(zero, _mm256_set1_epi32(-1)))};
}
MIA_INLINE Mask And(Mask a, Mask b) { return {_mm256_and_ps(a.raw, b.raw)}; }
MIA_INLINE Mask Or(Mask a, Mask b) { return {_mm256_or_ps(a.raw, b.raw)}; }
MIA_INLINE bool Any(Mask a) { return _mm256_movemask_ps(a.raw) != 0; }

MIA_INLINE VecI ToInt(Vec a) { return {_mm256_cvttps_epi32(a.raw)}; }
MIA_INLINE Vec FromInt(VecI a) { return {_mm256_cvtepi32_ps(a.raw)}; }
MIA_INLINE VecI BitsOf(Vec a) { return {_mm256_castps_si256(a.raw)}; }
MIA_INLINE Vec FromBits(VecI a) { return {_mm256_castsi256_ps(a.raw)}; }
MIA_INLINE VecI Add(VecI a, VecI b) { return {_mm256_add_epi32(a.raw, b.raw)}; }
MIA_INLINE VecI Sub(VecI a, VecI b) { return {_mm256_sub_epi32(a.raw, b.raw)}; }
MIA_INLINE VecI And(VecI a, VecI b) { return {_mm256_and_si256(a.raw, b.raw)}; }
MIA_INLINE VecI Or(VecI a, VecI b) { return {_mm256_or_si256(a.raw, b.raw)}; }
template <int kBits>
MIA_INLINE VecI ShiftLeft(VecI a) {
  return {_mm256_slli_epi32(a.raw, kBits)};
}
template <int kBits>
MIA_INLINE VecI ShiftRight(VecI a) {
  return {_mm256_srai_epi32(a.raw, kBits)};
}

constexpr int kByteOffset = 0;
// Pairs of bytes add up in 16 bits: |w| <= 128 and |b| <= 127 fit.
MIA_INLINE VecI DotQuads(VecI sum, VecI w, VecI b) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_sign_epi8(w.raw, w.raw), _mm256_sign_epi8(b.raw, w.raw));
  return {_mm256_add_epi32(sum.raw, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))};
}
MIA_INLINE VecI LoadU8(const uint8_t* p) {
  return {_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
MIA_INLINE VecI LoadI8(const int8_t* p) {
  return {_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
MIA_INLINE void StoreI8(int8_t* p, VecI a) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a.raw), _mm256_extracti128_si256(a.raw, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(words, words));
}

// Halves together, then lanes apart by 2, then by 1.
#define MIA_FOLD_LANES(name, op)                                                         \
  MIA_INLINE float name(Vec a) {                                                         \
    __m128 x = op##_ps(_mm256_castps256_ps128(a.raw), _mm256_extractf128_ps(a.raw, 1)); \
    x = op##_ps(x, _mm_movehl_ps(x, x));                                                 \
    return _mm_cvtss_f32(op##_ss(x, _mm_movehdup_ps(x)));                                \
  }
MIA_FOLD_LANES(SumOfLanes, _mm_add)
MIA_FOLD_LANES(ProdOfLanes, _mm_mul)
MIA_FOLD_LANES(MaxOfLanes, _mm_max)
MIA_FOLD_LANES(MinOfLanes, _mm_min)
#undef MIA_FOLD_LANES

MIA_END
