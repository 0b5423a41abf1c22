// The activations of a linear step as its product takes them: rows of A [M, K] rounded to bf16, quantised to bytes, or packed
// as f32. Rows lie one after another in the step's shared scratch.
#pragma once

#include "kernels/linear_formats.inl"
#include "kernels/pack.inl"

MIA_BEGIN

// Rows a power of two apart would all fall into the same few sets of a cache.
constexpr int64_t RowStride(int64_t bytes) {
  const int64_t lines = (bytes + 63) / 64;
  return (lines % 16 == 0 ? lines + 1 : lines) * 64;
}

// Quantised: bytes [k], then by block a scale (x = q * scale), what integer sums of the block have to start from, and for
// formats with minima the sum of x. A format without blocks has one scale a row.
template <class F>
struct ByteRows {
  static int64_t Bytes(int64_t k) { return BlocksOf(k, F::kGroup) * F::kGroup; }
  static int64_t Blocks(int64_t k) {
    if constexpr (F::kBlocks) {
      return k / F::kBlock;
    } else {
      return 1;
    }
  }
  static int64_t Stride(int64_t k) { return RowStride(RoundUp4(Bytes(k)) + 12 * Blocks(k)); }
  static constexpr int64_t RoundUp4(int64_t n) { return (n + 3) / 4 * 4; }

  char* row;
  int64_t k;
  template <class T>
  static MIA_INLINE T Read(const char* p, int64_t i) {
    T x;
    memcpy(&x, p + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
    return x;
  }
  int8_t* bytes() const { return reinterpret_cast<int8_t*>(row); }
  float* scales() const { return reinterpret_cast<float*>(row + RoundUp4(Bytes(k))); }
  int32_t* starts() const { return reinterpret_cast<int32_t*>(scales() + Blocks(k)); }
  float* sums() const { return reinterpret_cast<float*>(starts() + Blocks(k)); }
};

// The largest magnitude of x [n]; NaN counts as 0, and infinity stays.
MIA_INLINE float LargestMagnitude(const float* x, int64_t n) {
  Vec most = Zero();
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) most = Max(Abs(Load(x + i)), most);
  if (i < n) most = Max(Abs(LoadPartial(x + i, static_cast<int>(n - i))), most);
  return MaxOfLanes(most);
}

// q [n] = round(x * inverse), returns their sum. Beyond 127 they stop there.
MIA_INLINE int32_t RoundToBytes(int8_t* q, const float* x, int64_t n, float inverse) {
  const auto rounded = [=](Vec value) {
    return ToInt(Round(Min(Max(Mul(value, Set(inverse)), Set(-127)), Set(127))));
  };
  VecI sums = SetInt(0);
  int32_t lanes[kLanes], sum = 0;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const VecI values = rounded(Load(x + i));
    sums = Add(sums, values);
    StoreI8(q + i, values);
  }
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    const VecI values = rounded(LoadPartial(x + i, rest));
    sums = Add(sums, values);
    Store(lanes, values);
    for (int j = 0; j < rest; j++) q[i + j] = static_cast<int8_t>(lanes[j]);
  }
  Store(lanes, sums);
  for (int j = 0; j < kLanes; j++) sum += lanes[j];
  return sum;
}

// Sums of at most so many products of bytes fit 32 bits.
constexpr int64_t kMostBytes = int64_t{1} << 16;

// stretch(k, n): x [k, k + n) as f32, n <= longest, a multiple of 256.
template <class F, class Stretch>
void QuantizeRow(const ByteRows<F>& out, Stretch stretch, int64_t longest) {
  if constexpr (F::kBlocks) {
    // q6_k has two blocks to a scale of the activations' 32.
    constexpr int kScaled = 32, kParts = kScaled / F::kBlock;
    for (int64_t k0 = 0; k0 < out.k; k0 += longest) {
      const int64_t n = MinOf(longest, out.k - k0);
      const float* const x = stretch(k0, n);
      for (int64_t k = 0; k < n; k += kScaled) {
        const float most = LargestMagnitude(x + k, kScaled), scale = most / 127, inverse = most > 0 ? 127 / most : 0;
        for (int part = 0; part < kParts; part++) {
          const int64_t from = k + part * F::kBlock, block = (k0 + from) / F::kBlock;
          const int32_t sum = RoundToBytes(out.bytes() + k0 + from, x + from, F::kBlock, inverse);
          out.scales()[block] = scale;
          out.starts()[block] = -F::kZero * sum;
          if constexpr (F::kHasMin) out.sums()[block] = scale * static_cast<float>(sum);
        }
      }
    }
  } else {
    float most = 0;
    for (int64_t k = 0; k < out.k; k += longest) {
      const int64_t n = MinOf(longest, out.k - k);
      most = MaxOf(most, LargestMagnitude(stretch(k, n), n));
    }
    int32_t sum = 0;
    for (int64_t k = 0; k < out.k; k += longest) {
      const int64_t n = MinOf(longest, out.k - k);
      sum += RoundToBytes(out.bytes() + k, stretch(k, n), n, most > 0 ? 127 / most : 0);
    }
    memset(out.bytes() + out.k, 0, static_cast<size_t>(out.Bytes(out.k) - out.k));
    out.scales()[0] = most / 127;
    out.starts()[0] = -kByteOffset * sum;
  }
}

// Halves, filled up with zero to a whole step.
inline void RoundRow(uint16_t* out, const float* x, int64_t k, int64_t filled) {
  int64_t i = 0;
  for (; i + kLanes <= k; i += kLanes) StoreBF16(out + i, Load(x + i));
  for (; i < k; i++) out[i] = FloatToBFloat(x[i]);
  for (; i < filled; i++) out[i] = 0;
}

MIA_END
