// The activations of a linear step as its product takes them: rows of A [M, K] rounded to bf16, quantised to
// bytes, or packed as f32. Rows lie one after another in the step's shared scratch.
#pragma once

#include "kernels/linear_formats.inl"
#include "kernels/pack.inl"

MIA_BEGIN

// Rows a power of two apart would all fall into the same few sets of a cache.
constexpr int64_t RowStride(int64_t bytes) {
  const int64_t lines = (bytes + 63) / 64;
  return (lines % 16 == 0 ? lines + 1 : lines) * 64;
}

// A row quantised as a whole: bytes [k], filled up with zeros; its scale (x = byte * scale); what integer
// sums over it have to start from.
struct ByteRow {
  char *row, *about;
  int64_t k;

  static int64_t Filled(int64_t k) { return I8Format::StepsOf(k) * I8Format::kPerStep; }
  static int64_t Stride(int64_t k) { return RowStride(Filled(k) + 8); }
  int8_t* bytes() const { return reinterpret_cast<int8_t*>(row); }
  float* scale() const { return reinterpret_cast<float*>(about); }
  int32_t* start() const { return reinterpret_cast<int32_t*>(about + 4); }
};

// The rows of one register tile, quantised block by block and interleaved as the tile reads them: for each
// block, bytes [rows, kBlock], scales [rows], starts [rows], and for formats with minima the sums of x
// [rows].
template <class F>
struct BlockRows {
  static constexpr int kRecord = F::kBlock + (F::kHasMin ? 12 : 8);  // bytes that a row adds to a block
  char* tile;
  int rows;

  MIA_INLINE char* At(int64_t block) const { return tile + block * rows * kRecord; }
  MIA_INLINE int8_t* bytes(int64_t block, int row) const {
    return reinterpret_cast<int8_t*>(At(block)) + row * F::kBlock;
  }
  MIA_INLINE float* scales(int64_t block) const {
    return reinterpret_cast<float*>(At(block) + rows * F::kBlock);
  }
  MIA_INLINE int32_t* starts(int64_t block) const { return reinterpret_cast<int32_t*>(scales(block) + rows); }
  MIA_INLINE float* sums(int64_t block) const { return reinterpret_cast<float*>(starts(block) + rows); }
};

// The largest magnitude of x [n], NaN if one is.
MIA_INLINE float LargestMagnitude(const float* x, int64_t n) {
  Vec most = Zero();
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) most = MaxNan(Abs(Load(x + i)), most);
  if (i < n) most = MaxNan(Abs(LoadPartial(x + i, static_cast<int>(n - i))), most);
  return Any(IsNan(most)) ? NAN : MaxOfLanes(most);
}

// What a byte stands for where 127 stands for `most`: NaN where there is no such number, so that sums say so.
MIA_INLINE float ByteScale(float most) { return most <= FLT_MAX ? most / 127 : NAN; }

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

// x [k, k + n), as f32, of one row; `longest` bounds n.
template <class Stretch>
void QuantizeRow(const ByteRow& out, Stretch stretch, int64_t longest) {
  const auto each = [&](auto visit) {
    for (int64_t k = 0; k < out.k; k += longest) {
      const int64_t n = MinOf(longest, out.k - k);
      visit(k, stretch(k, n), n);
    }
  };
  float most = 0;
  int32_t sum = 0;
  each([&](int64_t, const float* x, int64_t n) { most = MaxNan(most, LargestMagnitude(x, n)); });
  const float inverse = most > 0 ? 127 / most : 0;
  each([&](int64_t k, const float* x, int64_t n) { sum += RoundToBytes(out.bytes() + k, x, n, inverse); });
  memset(out.bytes() + out.k, 0, static_cast<size_t>(ByteRow::Filled(out.k) - out.k));
  *out.scale() = ByteScale(most);
  *out.start() = -kByteOffset * sum;
}

// Blocks from k0 on of row `row` of a tile. n: whole groups of the format.
template <class F>
void QuantizeBlocks(const BlockRows<F>& out, int row, int64_t k0, const float* x, int64_t n) {
  // q6_k has two blocks to a scale of the activations' 32.
  constexpr int kScaled = 32, kParts = kScaled / F::kBlock;
  for (int64_t k = 0; k < n; k += kScaled) {
    const float most = LargestMagnitude(x + k, kScaled), scale = ByteScale(most),
                inverse = most > 0 ? 127 / most : 0;
    for (int part = 0; part < kParts; part++) {
      const int64_t from = k + part * F::kBlock, block = (k0 + from) / F::kBlock;
      const int32_t sum = RoundToBytes(out.bytes(block, row), x + from, F::kBlock, inverse);
      out.scales(block)[row] = scale;
      out.starts(block)[row] = -F::kZero * sum;
      if constexpr (F::kHasMin) out.sums(block)[row] = scale * static_cast<float>(sum);
    }
  }
}

// Halves, filled up with zeros.
inline void RoundRow(uint16_t* out, const float* x, int64_t k, int64_t filled) {
  int64_t i = 0;
  for (; i + kLanes <= k; i += kLanes) StoreBF16(out + i, Load(x + i));
  for (; i < k; i++) out[i] = FloatToBFloat(x[i]);
  for (; i < filled; i++) out[i] = 0;
}

MIA_END
