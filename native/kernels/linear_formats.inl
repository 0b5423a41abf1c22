// Weights as the linear kernels keep them: an image of B [K, N], made once (pack.<format>) and read in order.
// The columns of one register tile, for all of K, lie together as a panel; within it, what one step of k
// needs lies together.
#pragma once

#include "kernels/linear_squares.inl"
#include "kernels/matmul_kernel.inl"
#include "kernels/work.inl"
#include "simd/tiles.h"

MIA_BEGIN

// What multiplies halves and bytes, and how many of them are a step along k. Halves are widened where no
// instruction takes them.
#if defined(MIA_HAS_SQUARES)
using BFloatProduct = Square<DType::k_bf16>;
using ByteProduct = Square<DType::k_i8>;
constexpr int kBFloatsPerStep = 4, kBytesPerStep = 8;
#elif defined(MIA_HAS_PAIRS)
using BFloatProduct = Pair;
using ByteProduct = Quad;
constexpr int kBFloatsPerStep = 2, kBytesPerStep = 4;
#else
using BFloatProduct = Narrow<DType::k_bf16>;
using ByteProduct = Quad;
constexpr int kBFloatsPerStep = 1, kBytesPerStep = 4;
#endif

// Matrix instructions take kUnitRows rows of A together, kUnitBytes of each at a time. Panels are whole tiles
// along k.
#if defined(MIA_HAS_TILES)
constexpr bool kHasTiles = true;
constexpr int kUnitRows = kTileLines, kUnitBytes = kLineBytes, kStepsAtOnce = kTileLines;
#elif defined(MIA_HAS_SQUARES)
constexpr bool kHasTiles = false;
constexpr int kUnitRows = 2, kUnitBytes = 8, kStepsAtOnce = 1;
#else
constexpr bool kHasTiles = false;
constexpr int kUnitRows = 1, kUnitBytes = 4, kStepsAtOnce = 1;
#endif

// Formats whose sums run over all of K in registers. Panel: [K / kPerStep, kCols] elements of Product's B,
// each of kPerStep numbers along k; K is filled up with zeros to a multiple of kAtOnce steps.
template <DType dtype, class Type, class ProductOf, int kSteps, int kAtOnce = 1>
struct PanelFormat {
  using Number = Type;  // as B stores it
  using Product = ProductOf;
  static constexpr bool kBlocks = false;
  static constexpr DType kDType = dtype;
  static constexpr int kPerStep = kSteps, kCols = kTileCols<Product>, kGroup = kSteps;
  static constexpr int64_t StepsOf(int64_t k) {
    return (k + kSteps * kAtOnce - 1) / (kSteps * kAtOnce) * kAtOnce;
  }
  static constexpr int64_t PanelBytes(int64_t k) {
    return StepsOf(k) * kCols * static_cast<int64_t>(sizeof(typename Lanes<Product>::B));
  }
};
using F32Format = PanelFormat<DType::k_f32, float, float, 1>;
using F16Format = PanelFormat<DType::k_f16, uint16_t, Narrow<DType::k_f16>, 1>;
using BF16Format = PanelFormat<DType::k_bf16, uint16_t, BFloatProduct, kBFloatsPerStep, kStepsAtOnce>;
using I8Format = PanelFormat<DType::k_i8, int8_t, ByteProduct, kBytesPerStep, kStepsAtOnce>;

// Formats with a scale for each block of k: sums of a block are integers, and scaled when it ends.
// Panel: [K / kGroup] groups, each the same for all kBlockCols columns.
constexpr int kBlockVecs = 2;
constexpr int kBlockCols = kBlockVecs * kLanes;
constexpr int kNibbles = 0x0f0f0f0f;

// kGroup: elements along k of a group, kBlock: of a block. kStored: bytes of a column's group in GGUF,
// kBytes: here. kZero: what a weight's integer has to be lowered by. Scale, Min: of column vector v in block
// b of the group at p. Each of kLoads vectors at block b holds the quads of kHalves steps; Raw loads one,
// Part takes a step's out of it: load l, half h is quad l + h * kLoads of the block.
struct Q8Format {
  static constexpr bool kBlocks = true, kHasMin = false;
  static constexpr DType kDType = DType::k_q8_0;
  static constexpr int kGroup = 32, kBlock = 32, kZero = kByteOffset, kLoads = 8, kHalves = 1, kBytes = 34,
                       kStored = 34;
  static MIA_INLINE Vec Scale(const char* p, int, int v) {
    return LoadF16(reinterpret_cast<const uint16_t*>(p) + v * kLanes);
  }
  static MIA_INLINE VecI Raw(const char* p, int, int l, int v) {
    return Load(reinterpret_cast<const int32_t*>(p + 2 * kBlockCols) + l * kBlockCols + v * kLanes);
  }
  static MIA_INLINE VecI Part(VecI raw, int) { return raw; }
};

struct Q4Format {
  static constexpr bool kBlocks = true, kHasMin = false;
  static constexpr DType kDType = DType::k_q4_0;
  static constexpr int kGroup = 32, kBlock = 32, kZero = 8, kLoads = 4, kHalves = 2, kBytes = 18,
                       kStored = 18;
  static MIA_INLINE Vec Scale(const char* p, int b, int v) { return Q8Format::Scale(p, b, v); }
  static MIA_INLINE VecI Raw(const char* p, int b, int l, int v) { return Q8Format::Raw(p, b, l, v); }
  static MIA_INLINE VecI Part(VecI raw, int h) {
    return And(h == 0 ? raw : ShiftRight<4>(raw), SetInt(kNibbles));
  }
};

// Group: f16 d[cols], f16 dmin[cols], then for each of 8 blocks u8 scale[cols], u8 min[cols], 4 x cols quads
// of nibbles.
struct Q4KFormat {
  static constexpr bool kBlocks = true, kHasMin = true;
  static constexpr DType kDType = DType::k_q4_k;
  static constexpr int kGroup = 256, kBlock = 32, kZero = 0, kLoads = 4, kHalves = 2, kBytes = 148,
                       kStored = 144;
  static constexpr int kBlockBytes = 18;
  static MIA_INLINE const char* At(const char* p, int b) { return p + (4 + b * kBlockBytes) * kBlockCols; }
  static MIA_INLINE Vec Scaled(const char* p, const char* factors, int v) {
    return Mul(LoadF16(reinterpret_cast<const uint16_t*>(p) + v * kLanes),
               FromInt(LoadU8(reinterpret_cast<const uint8_t*>(factors) + v * kLanes)));
  }
  static MIA_INLINE Vec Scale(const char* p, int b, int v) { return Scaled(p, At(p, b), v); }
  static MIA_INLINE Vec Min(const char* p, int b, int v) {
    return Scaled(p + 2 * kBlockCols, At(p, b) + kBlockCols, v);
  }
  static MIA_INLINE VecI Raw(const char* p, int b, int l, int v) {
    return Load(reinterpret_cast<const int32_t*>(At(p, b) + 2 * kBlockCols) + l * kBlockCols + v * kLanes);
  }
  static MIA_INLINE VecI Part(VecI raw, int h) { return Q4Format::Part(raw, h); }
};

// Group: f16 d[cols], then for each of 16 blocks i8 scale[cols], 4 x cols quads of whole bytes: unpacking six
// bits would cost more than the memory it saves.
struct Q6KFormat {
  static constexpr bool kBlocks = true, kHasMin = false;
  static constexpr DType kDType = DType::k_q6_k;
  static constexpr int kGroup = 256, kBlock = 16, kZero = kByteOffset, kLoads = 4, kHalves = 1, kBytes = 274,
                       kStored = 210;
  static constexpr int kBlockBytes = 17;
  static MIA_INLINE const char* At(const char* p, int b) { return p + (2 + b * kBlockBytes) * kBlockCols; }
  static MIA_INLINE Vec Scale(const char* p, int b, int v) {
    return Mul(LoadF16(reinterpret_cast<const uint16_t*>(p) + v * kLanes),
               FromInt(LoadI8(reinterpret_cast<const int8_t*>(At(p, b)) + v * kLanes)));
  }
  static MIA_INLINE VecI Raw(const char* p, int b, int l, int v) {
    return Load(reinterpret_cast<const int32_t*>(At(p, b) + kBlockCols) + l * kBlockCols + v * kLanes);
  }
  static MIA_INLINE VecI Part(VecI raw, int) { return raw; }
};

// Columns of a panel, bytes of a panel, bytes of an image.
template <class F>
constexpr int64_t ColsOf() {
  if constexpr (F::kBlocks) {
    return kBlockCols;
  } else {
    return F::kCols;
  }
}
template <class F>
constexpr int64_t PanelBytesOf(int64_t k) {
  if constexpr (F::kBlocks) {
    return k / F::kGroup * F::kBytes * kBlockCols;
  } else {
    return F::PanelBytes(k);
  }
}
template <class F>
int64_t ImageBytes(int64_t n, int64_t k) {
  return BlocksOf(n, ColsOf<F>()) * PanelBytesOf<F>(k);
}

MIA_END
