// What every vector header shares: the namespace all kernel code lives in, and conversions of single numbers.
// Each ISA compiles the same sources with its own flags, so nothing here may have external linkage: everything
// sits in mia::<target>::(anonymous). No STL: its templates would be emitted as weak symbols.
#pragma once

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MIA_BEGIN         \
  namespace mia {         \
  namespace MIA_TARGET {  \
  namespace {
#define MIA_END \
  }             \
  }             \
  }
#define MIA_INLINE inline __attribute__((always_inline, unused))

#define MIA_NOINLINE __attribute__((noinline, unused))

// Independent: the loop has no dependence between iterations, although dst may be exactly one of its operands.
// Unroll: four vectors at a turn; a register that is read where it is written otherwise waits for its own stores.
#if defined(__clang__)
#define MIA_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#define MIA_UNROLL _Pragma("clang loop unroll_count(4)")
#else
#define MIA_INDEPENDENT _Pragma("GCC ivdep")
#define MIA_UNROLL _Pragma("GCC unroll 4")
#endif

// Before a loop over registers: it must not stay a loop. Rolled: a short one must, or compilers take it apart before
// they see vectors.
#if defined(__clang__)
#define MIA_UNROLL_ALL _Pragma("clang loop unroll(full)")
#define MIA_UNROLL_BY_2 _Pragma("clang loop unroll_count(2)")
#define MIA_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define MIA_UNROLL_ALL _Pragma("GCC unroll 64")
#define MIA_UNROLL_BY_2 _Pragma("GCC unroll 2")
#define MIA_ROLLED _Pragma("GCC unroll 1")
#endif

MIA_BEGIN

template <class To, class From>
MIA_INLINE To BitCast(From from) {
  static_assert(sizeof(To) == sizeof(From), "sizes differ");
  To to;
  memcpy(&to, &from, sizeof(to));
  return to;
}

MIA_INLINE float HalfToFloat(uint16_t half) {
  // Exponent and mantissa moved into place, then rebiased by a multiplication that also normalises subnormals.
  const uint32_t magnitude = (half & 0x7fffu) << 13;
  const uint32_t special = magnitude >= 0x0f800000u ? 0x7f800000u : 0;
  const float value = BitCast<float>(magnitude) * 0x1p112f;
  return BitCast<float>(BitCast<uint32_t>(value) | special | (half & 0x8000u) << 16);
}

// Rounds to nearest even; NaN stays NaN (quiet).
MIA_INLINE uint16_t FloatToHalf(float value) {
  const uint32_t bits = BitCast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7fffffffu;
  // Below 2^-14 the sum with 0.5 rounds at the subnormals' last bit.
  const uint32_t small = BitCast<uint32_t>(BitCast<float>(magnitude) + 0.5f) - 0x3f000000u;
  const uint32_t normal = (magnitude + 0xfffu + ((magnitude >> 13) & 1) - (112u << 23)) >> 13;
  uint32_t half = magnitude < 0x38800000u ? small : normal;
  half = magnitude >= 0x477ff000u ? 0x7c00u : half;
  half = magnitude > 0x7f800000u ? (0x7e00u | ((magnitude >> 13) & 0x3ffu)) : half;
  return static_cast<uint16_t>(half | ((bits >> 16) & 0x8000u));
}

MIA_INLINE float BFloatToFloat(uint16_t value) { return BitCast<float>(static_cast<uint32_t>(value) << 16); }

// Rounds to nearest even; NaN stays NaN (quiet).
MIA_INLINE uint16_t FloatToBFloat(float value) {
  const uint32_t bits = BitCast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16;
  const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return static_cast<uint16_t>(nan ? (bits >> 16) | 0x40u : rounded);
}

MIA_END
