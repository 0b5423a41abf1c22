// What one linear step asks for and how it is cut: C [M, N] = A [M, K] x an image. Everything follows from
// sizes and strides.
#pragma once

#include "kernels/linear_formats.inl"
#include "kernels/linear_rows.inl"
#include "kernels/matmul_problem.inl"

MIA_BEGIN

constexpr int64_t kBandBytes = int64_t{512} << 10;  // of rows of A that stay in L2 while panels go by
constexpr double kDotsPerNs = kLanes * 30;          // multiply-adds of bytes of one thread, roughly
// Rows of a block format's register tile: integer sums and their scaled totals have to fit beside what is
// loaded.
constexpr int kBlockTileRows = kVectorRegisters >= 32 ? 6 : 2;
// Tiles: steps between two visits of C, and rows of a band (a panel of C must fit scratch).
constexpr int64_t kTileSteps = 512, kMostTileRows = 256;

// Rows of A, `stride` bytes apart.
struct Rows {
  const char* data;
  int64_t stride;
};

// Rows of A x `depth` steps of a panel, to C [rows, width] or added to it.
struct Piece {
  const char* a;
  int64_t a_stride, rows, depth;  // stride in bytes
  float* c;
  int64_t c_row, width;
  bool add;
};

template <class F>
constexpr DType RowDType() {
  if constexpr (F::kBlocks) {
    return DType::k_i8;
  } else if constexpr (kSame<typename F::Product, ByteProduct>) {
    return DType::k_i8;
  } else {
    return kBFloatsPerStep > 1 && kSame<typename F::Product, BFloatProduct> ? DType::k_bf16 : DType::k_f32;
  }
}

template <class F>
struct LinearProblem {
  static constexpr DType kRowDType = RowDType<F>();
  // Matrix instructions multiply bf16 and bytes, but blocks do not repay them (docs/adr/0013).
  static constexpr bool kMatrix = kUnitRows > 1 && kRowDType != DType::k_f32 && !F::kBlocks;
  // Rows that repay them: fewer leave most of a tile empty.
  static constexpr int64_t kMatrixFrom = !kHasTiles ? 1 : kRowDType == DType::k_i8 ? kUnitRows + 1 : 4;

  int64_t m, n, k;
  const View* a;
  bool direct;         // the product itself is the output
  bool in_place;       // rows of A are read where they are
  bool matrix;         // multiplied by matrix instructions
  int64_t row_stride;  // bytes, of rows in shared scratch
  int64_t tile;        // rows of a register tile, or of matrix instructions
  // Units: bands of rows x panels of columns, the panels fastest.
  int64_t bands, rows, panels;

  explicit LinearProblem(const Step& step)
      : m(step.ints[0]),
        n(step.ints[1]),
        k(step.ints[2]),
        a(&step.views[0]),
        direct(IsPlainStore(step.epilogue)) {
    in_place = kRowDType == DType::k_f32 && a->dtype == DType::k_f32 && (k == 1 || StrideOf(*a, 0) == 1);
    matrix = kMatrix && m >= kMatrixFrom;
    tile = F::kBlocks ? kBlockTileRows : RoundUp(kTileRows<float>, matrix ? 2 * kUnitRows : 1);
    row_stride = RowBytes(k);
    const int64_t read_bytes = F::kBlocks ? row_stride : MinOf(row_stride, kDepth<float> * sizeof(float));
    const int64_t fit = kHasTiles && matrix ? kMostTileRows : kMaxScratchRows / tile * tile;
    const int64_t most = MinOf(MaxOf(kBandBytes / read_bytes / tile, 1) * tile, fit);
    rows = RoundUp(BlocksOf(m, BlocksOf(m, most)), tile);
    bands = BlocksOf(m, rows);
    panels = BlocksOf(n, ColsOf<F>());
  }

  static int64_t RowBytes(int64_t k) {
    if constexpr (F::kBlocks) {
      return k / F::kBlock * BlockRows<F>::kRecord;
    } else if constexpr (kRowDType == DType::k_i8) {
      return ByteRow::Stride(k);
    } else {
      return RowStride(F::StepsOf(k) * F::kPerStep * DTypeBytes(kRowDType));
    }
  }
  char* SharedRow(const Frame& frame, int64_t i) const { return frame.shared + i * row_stride; }
  int64_t SharedRows() const { return matrix ? RoundUp(m, kUnitRows) : m; }
  // Rows for matrix instructions lie as these take them: unit after unit of k, each of all kUnitRows rows.
  char* Unit(const Frame& frame, int64_t i, int64_t unit) const {
    return SharedRow(frame, i / kUnitRows * kUnitRows) + (unit * kUnitRows + i % kUnitRows) * kUnitBytes;
  }
  void PutUnits(const Frame& frame, int64_t i, int64_t first, const char* from, int64_t bytes) const {
    for (int64_t at = 0; at < bytes; at += kUnitBytes) {
      memcpy(Unit(frame, i, first + at / kUnitBytes), from + at, kUnitBytes);
    }
  }
  // A row of bytes. Where they lie in units it only says what they mean, and they are put there from `bytes`.
  ByteRow ByteRowOf(const Frame& frame, int64_t i, char* bytes = nullptr) const {
    char* const row = SharedRow(frame, i);
    if (matrix) return {bytes, Unit(frame, i, ByteRow::Filled(k) / kUnitBytes), k};
    return {row, row + ByteRow::Filled(k), k};
  }
  // The tile of rows that row i is in; bands are whole tiles.
  auto TileOf(const Frame& frame, int64_t i) const {
    const int64_t first = i / tile * tile;
    return BlockRows<F>{SharedRow(frame, first), static_cast<int>(MinOf(tile, m - first))};
  }
  Rows RowsAt(const Frame& frame, int64_t i) const {
    if (!in_place) return {SharedRow(frame, i), row_stride};
    const int64_t stride = StrideOf(*a, 1) * static_cast<int64_t>(sizeof(float));
    return {frame.base[a->loc] + a->offset * static_cast<int64_t>(sizeof(float)) + i * stride, stride};
  }
};

MIA_END
