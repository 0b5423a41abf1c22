// Block formats, bit for bit GGUF's: numbers that share scales, decoded. Scales and products of them with quantised
// numbers fit a float, so that a decoded number is what the block says, rounded once. Blocks lie at any address.
#pragma once

#include "kernels/convert.inl"

MIA_BEGIN

constexpr int kMaxBlock = 256;

MIA_INLINE float LoadHalf(const uint8_t* p) {
  uint16_t bits;
  memcpy(&bits, p, sizeof bits);
  return HalfToFloat(bits);
}

// f16 d, i8 q[32]: d * q.
struct Q8_0 {
  static constexpr int kElements = 32, kBytes = 34;
  static MIA_INLINE void Decode(const uint8_t* block, float* x) {
    const float d = LoadHalf(block);
    const auto* q = reinterpret_cast<const int8_t*>(block + 2);
    for (int i = 0; i < 32; i++) x[i] = d * static_cast<float>(q[i]);
  }
};

// f16 d, q[16] of nibbles, elements 0..15 low and 16..31 high: d * (q - 8).
struct Q4_0 {
  static constexpr int kElements = 32, kBytes = 18;
  static MIA_INLINE void Decode(const uint8_t* block, float* x) {
    const float d = LoadHalf(block);
    const uint8_t* q = block + 2;
    for (int i = 0; i < 16; i++) x[i] = d * static_cast<float>((q[i] & 15) - 8);
    for (int i = 0; i < 16; i++) x[16 + i] = d * static_cast<float>((q[i] >> 4) - 8);
  }
};

// f16 d, f16 dmin, scales[12] with 6 bits of scale and min for each of 8 runs of 32, q[128] of nibbles, 32 bytes for
// two runs, the first one low: d * scale * q - dmin * min.
struct Q4_K {
  static constexpr int kElements = 256, kBytes = 144, kRuns = 8, kRun = 32;
  // Runs 0..3 have their 6 bits in bytes run and run + 4; runs 4..7 their low 4 bits in byte run + 4 and the upper 2 on
  // top of the bytes of run - 4.
  static MIA_INLINE int Scale(const uint8_t* scales, int run) {
    return run < 4 ? scales[run] & 63 : (scales[run + 4] & 15) | (scales[run - 4] >> 6) << 4;
  }
  static MIA_INLINE int Min(const uint8_t* scales, int run) {
    return run < 4 ? scales[run + 4] & 63 : scales[run + 4] >> 4 | (scales[run] >> 6) << 4;
  }
  static MIA_INLINE void Decode(const uint8_t* block, float* x) {
    const float d = LoadHalf(block), dmin = LoadHalf(block + 2);
    const uint8_t* q = block + 16;
    for (int run = 0; run < kRuns; run++, x += kRun) {
      const float scale = d * static_cast<float>(Scale(block + 4, run));
      const float min = dmin * static_cast<float>(Min(block + 4, run));
      const int shift = run % 2 * 4;
      const uint8_t* bytes = q + run / 2 * kRun;
      for (int i = 0; i < kRun; i++) x[i] = scale * static_cast<float>(bytes[i] >> shift & 15) - min;
    }
  }
};

// low[128], high[64], i8 scales[16], one for each run of 16, f16 d: d * scale * (q - 32). Each half of 128 elements
// has 64 bytes of low nibbles and 32 of upper bits: element 32 a + i has nibble a / 2 of low[a % 2 * 32 + i] and bits
// 2 a of high[i].
struct Q6_K {
  static constexpr int kElements = 256, kBytes = 210, kRuns = 16, kRun = 16;
  static MIA_INLINE void Decode(const uint8_t* block, float* x) {
    const uint8_t *low = block, *high = block + 128;
    const auto* scales = reinterpret_cast<const int8_t*>(block + 192);
    const float d = LoadHalf(block + 208);
    for (int half = 0; half < 2; half++, low += 64, high += 32) {
      for (int run = 0; run < kRuns / 2; run++, x += kRun) {
        const float scale = d * static_cast<float>(*scales++);
        const int quarter = run / 2, at = run % 2 * kRun;
        const uint8_t *nibbles = low + quarter % 2 * 32 + at, *bits = high + at;
        const int shift = quarter / 2 * 4;
        for (int i = 0; i < kRun; i++) {
          const int q = (nibbles[i] >> shift & 15) | (bits[i] >> 2 * quarter & 3) << 4;
          x[i] = scale * static_cast<float>(q - 32);
        }
      }
    }
  }
};

#define X(name, format, elements, bytes)                                             \
  static_assert(format::kElements == elements && format::kBytes == bytes, "blocks"); \
  static_assert(elements <= kMaxBlock && kTile % elements == 0, "blocks");
#include "kernels/blocks.def"
#undef X

// Calls fn(Format{}) with the format of a block dtype.
template <class Fn>
MIA_INLINE void WithFormat(DType dtype, Fn fn) {
  switch (dtype) {
#define X(name, format, elements, bytes) \
  case DType::k_##name: return fn(format{});
#include "kernels/blocks.def"
#undef X
    default: return;
  }
}

// The numbers of `count` blocks.
MIA_NOINLINE void DecodeBlocks(DType dtype, const void* blocks, int64_t count, float* x) {
  const auto* block = static_cast<const uint8_t*>(blocks);
  WithFormat(dtype, [=](auto format) {
    for (int64_t i = 0; i < count; i++) {
      format.Decode(block + i * format.kBytes, x + i * format.kElements);
    }
  });
}

MIA_END
