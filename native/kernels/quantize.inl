// Numbers into blocks. q8_0 and q4_0 round as ggml's reference does, to the bit; q4_k and q6_k search for the scales
// with the smallest squared error, large numbers weighing more, as ggml does. NaN becomes 0, and what is beyond the
// most that scales can say becomes that: blocks never decode to anything but finite numbers.
#pragma once

#include "kernels/blocks.inl"

MIA_BEGIN

constexpr float kLargestHalf = 65504;
constexpr float kLeastRange = 1e-30f;  // less is 0 for every format: scales are halves
constexpr float kInfinite = INFINITY;

MIA_INLINE void StoreHalf(uint8_t* p, float value) {
  const uint16_t bits = FloatToHalf(value);
  memcpy(p, &bits, sizeof bits);
}
MIA_INLINE float Within(float x, float low, float high) { return x < low ? low : x > high ? high : x; }
// The nearest integer to x in [low, high], of less than 22 bits; ties to even.
MIA_INLINE float NearestIn(float x, float low, float high) { return Within(x, low, high) + 0x1.8p23f - 0x1.8p23f; }
MIA_INLINE int NearestInt(float x, float low, float high) { return static_cast<int>(NearestIn(x, low, high)); }
// The sum of n terms, which are overwritten: in an order that vectors of any length can follow, so that every ISA finds
// the same blocks.
template <int n>
MIA_INLINE float SumOf(float (&terms)[n]) {
  MIA_UNROLL_ALL for (int half = n / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) terms[i] += terms[i + half];
  }
  return terms[0];
}
template <int n, class Term>
MIA_INLINE float SumOver(Term term) {
  float terms[n];
  MIA_ROLLED for (int i = 0; i < n; i++) terms[i] = term(i);
  return SumOf(terms);
}
// 1 / x, but 0 where x or that is beyond floats.
MIA_INLINE float Inverse(float x) {
  const float inverse = 1 / x;
  return inverse < kInfinite && inverse > -kInfinite ? inverse : 0;
}

MIA_INLINE void Limit(float* x, int n, float largest) {
  MIA_ROLLED for (int i = 0; i < n; i++) x[i] = x[i] != x[i] ? 0 : Within(x[i], -largest, largest);
}

// x: 32 numbers, from here on limited.
MIA_INLINE void Encode(Q8_0, float* x, uint8_t* block) {
  Limit(x, 32, kLargestHalf * 127);
  float largest = 0;
  for (int i = 0; i < 32; i++) largest = largest < __builtin_fabsf(x[i]) ? __builtin_fabsf(x[i]) : largest;
  const float d = largest / 127, inverse = Inverse(d);
  StoreHalf(block, d);
  for (int i = 0; i < 32; i++) {  // halves away from zero
    const float scaled = x[i] * inverse, whole = static_cast<float>(static_cast<int>(scaled)), rest = scaled - whole;
    const int q = static_cast<int>(whole) + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
    block[2 + i] = static_cast<uint8_t>(q);
  }
}

MIA_INLINE void Encode(Q4_0, float* x, uint8_t* block) {
  Limit(x, 32, kLargestHalf * 8);
  float largest = 0;  // in magnitude, with its sign: it becomes -8
  for (int i = 0; i < 32; i++) largest = __builtin_fabsf(largest) < __builtin_fabsf(x[i]) ? x[i] : largest;
  const float d = largest / -8, inverse = Inverse(d);
  StoreHalf(block, d);
  const auto nibble = [=](float value) {
    const int q = static_cast<int>(value * inverse + 8.5f);
    return q > 15 ? 15 : q;
  };
  for (int i = 0; i < 16; i++) block[2 + i] = static_cast<uint8_t>(nibble(x[i]) | nibble(x[16 + i]) << 4);
}

// A run as scale * q - min with q in [0, 15], scale and min >= 0.
struct Affine {
  float scale, min;
};

MIA_INLINE Affine FitAffine(const float* x) {
  constexpr int n = Q4_K::kRun;
  float low = 0, high = x[0];
  MIA_ROLLED for (int i = 0; i < n; i++) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  if (high - low < kLeastRange) return {0, -low};
  const float size = __builtin_sqrtf(SumOver<n>([=](int i) { return x[i] * x[i]; }) / n);
  float weights[n], q[n];
  MIA_ROLLED for (int i = 0; i < n; i++) weights[i] = size + __builtin_fabsf(x[i]);
  const float sum_w = SumOver<n>([&](int i) { return weights[i]; });
  const float sum_x = SumOver<n>([&](int i) { return weights[i] * x[i]; });
  // Grids somewhat finer and coarser than the range give numbers q; the best line through these is a candidate.
  Affine best = {(high - low) / 15, -low};
  float least = kInfinite;
  for (int step = -10; step <= 10; step++) {
    const float steps = (15 + 0.1f * static_cast<float>(step)) / (high - low);
    MIA_ROLLED for (int i = 0; i < n; i++) q[i] = NearestIn(steps * (x[i] - low), 0, 15);
    const float sum_q = SumOver<n>([&](int i) { return weights[i] * q[i]; });
    const float sum_qq = SumOver<n>([&](int i) { return weights[i] * q[i] * q[i]; });
    const float sum_qx = SumOver<n>([&](int i) { return weights[i] * q[i] * x[i]; });
    const float det = sum_w * sum_qq - sum_q * sum_q;
    if (!(det > 0)) continue;
    Affine line = {(sum_w * sum_qx - sum_q * sum_x) / det, (sum_q * sum_qx - sum_qq * sum_x) / det};
    if (line.min < 0) line = {sum_qx / sum_qq, 0};
    if (!(line.scale > 0)) continue;
    const float error = SumOver<n>([&](int i) {
      const float off = line.scale * q[i] - line.min - x[i];
      return weights[i] * off * off;
    });
    if (error < least) {
      least = error;
      best = line;
    }
  }
  return best;
}

MIA_INLINE void Encode(Q4_K, float* x, uint8_t* block) {
  constexpr int runs = Q4_K::kRuns, n = Q4_K::kRun;
  Limit(x, Q4_K::kElements, kLargestHalf * 63);
  Affine lines[runs], largest = {0, 0};
  for (int run = 0; run < runs; run++) {
    lines[run] = FitAffine(x + run * n);
    largest.scale = lines[run].scale > largest.scale ? lines[run].scale : largest.scale;
    largest.min = lines[run].min > largest.min ? lines[run].min : largest.min;
  }
  memset(block, 0, Q4_K::kBytes);
  StoreHalf(block, Within(largest.scale / 63, 0, kLargestHalf));
  StoreHalf(block + 2, Within(largest.min / 63, 0, kLargestHalf));
  const float d = LoadHalf(block), dmin = LoadHalf(block + 2);
  for (int run = 0; run < runs; run++) {
    const int scale = NearestInt(lines[run].scale * Inverse(d), 0, 63);
    const int min = NearestInt(lines[run].min * Inverse(dmin), 0, 63);
    uint8_t* const packed = block + 4 + run % 4;  // see Q4_K::Scale
    if (run < 4) {
      packed[0] = static_cast<uint8_t>(scale);
      packed[4] = static_cast<uint8_t>(min);
    } else {
      packed[8] = static_cast<uint8_t>((scale & 15) | (min & 15) << 4);
      packed[0] = static_cast<uint8_t>(packed[0] | scale >> 4 << 6);
      packed[4] = static_cast<uint8_t>(packed[4] | min >> 4 << 6);
    }
    // With the scale and the min that were stored, these are the nearest.
    const float inverse = Inverse(d * static_cast<float>(scale)), offset = dmin * static_cast<float>(min);
    uint8_t* const q = block + 16 + run / 2 * n;
    for (int i = 0; i < n; i++) {
      q[i] = static_cast<uint8_t>(q[i] | NearestInt((x[run * n + i] + offset) * inverse, 0, 15) << run % 2 * 4);
    }
  }
}

// The scale, of either sign, of a run as scale * q with q in [-32, 31].
MIA_INLINE float FitScale(const float* x) {
  constexpr int n = Q6_K::kRun;
  float largest = 0;
  MIA_ROLLED for (int i = 0; i < n; i++) largest = __builtin_fabsf(largest) < __builtin_fabsf(x[i]) ? x[i] : largest;
  if (__builtin_fabsf(largest) < kLeastRange) return 0;
  float best = 0, most = 0;
  float shares[n], q[n];
  MIA_ROLLED for (int i = 0; i < n; i++) shares[i] = x[i] / largest;
  for (int step = -9; step <= 9; step++) {
    const float steps = -(32 + 0.1f * static_cast<float>(step));
    MIA_ROLLED for (int i = 0; i < n; i++) q[i] = NearestIn(steps * shares[i], -32, 31);
    const float sum_qx = SumOver<n>([&](int i) { return shares[i] * shares[i] * shares[i] * q[i]; });
    const float sum_qq = SumOver<n>([&](int i) { return shares[i] * shares[i] * q[i] * q[i]; });
    // The best scale for these q is sum_qx / sum_qq, and takes sum_qx^2 / sum_qq off the error.
    if (sum_qx * sum_qx > most * sum_qq) {
      most = sum_qx * sum_qx / sum_qq;
      best = sum_qx / sum_qq * largest;
    }
  }
  return best;
}

MIA_INLINE void Encode(Q6_K, float* x, uint8_t* block) {
  constexpr int runs = Q6_K::kRuns, n = Q6_K::kRun;
  Limit(x, Q6_K::kElements, kLargestHalf * 128 * 31);
  float fits[runs], largest = 0;  // in magnitude, with its sign: it becomes -128
  for (int run = 0; run < runs; run++) {
    fits[run] = FitScale(x + run * n);
    largest = __builtin_fabsf(largest) < __builtin_fabsf(fits[run]) ? fits[run] : largest;
  }
  memset(block, 0, Q6_K::kBytes);
  StoreHalf(block + 208, Within(largest / -128, -kLargestHalf, kLargestHalf));
  const float d = LoadHalf(block + 208);
  for (int run = 0; run < runs; run++) {
    const int scale = NearestInt(fits[run] * Inverse(d), -128, 127);
    block[192 + run] = static_cast<uint8_t>(scale);
    const float inverse = Inverse(d * static_cast<float>(scale));
    const int quarter = run % 8 / 2, at = run % 2 * n;  // see Q6_K
    uint8_t* const nibbles = block + run / 8 * 64 + quarter % 2 * 32 + at;
    uint8_t* const bits = block + 128 + run / 8 * 32 + at;
    for (int i = 0; i < n; i++) {
      const int q = inverse == 0 ? 32 : NearestInt(x[run * n + i] * inverse, -32, 31) + 32;
      nibbles[i] = static_cast<uint8_t>(nibbles[i] | (q & 15) << quarter / 2 * 4);
      bits[i] = static_cast<uint8_t>(bits[i] | q >> 4 << 2 * quarter);
    }
  }
}

// x: the numbers of `count` blocks, which are changed.
MIA_NOINLINE void EncodeBlocks(DType dtype, float* x, int64_t count, void* blocks) {
  auto* block = static_cast<uint8_t*>(blocks);
  WithFormat(dtype, [=](auto format) {
    for (int64_t i = 0; i < count; i++) Encode(format, x + i * format.kElements, block + i * format.kBytes);
  });
}

MIA_END
