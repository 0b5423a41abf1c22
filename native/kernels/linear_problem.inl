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
// Matrix tiles: rows that repay them, and steps between two visits of C. Two tiles of columns stay in L1 so long.
constexpr int64_t kTilesFrom = 2, kTileSteps = 256;
constexpr int64_t kMostTiledRows = 256;  // of a band; a panel of C must fit scratch

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
  } else if constexpr (kSame<typename F::Product, Quad>) {
    return DType::k_i8;
  } else {
    return kSame<typename F::Product, Pair> ? DType::k_bf16 : DType::k_f32;
  }
}

template <class F>
struct LinearProblem {
  static constexpr DType kRowDType = RowDType<F>();
  // By matrix tiles go products of bf16 and of bytes.
  static constexpr bool kTiles = kHasTiles && kRowDType != DType::k_f32;

  int64_t m, n, k;
  const View* a;
  bool direct;         // the product itself is the output
  bool in_place;       // rows of A are read where they are
  bool tiles;          // multiplied by matrix tiles
  int64_t row_stride;  // bytes, of rows in shared scratch
  int64_t tile;        // rows of a register tile, or of matrix tiles
  // Units: bands of rows x panels of columns, the panels fastest.
  int64_t bands, rows, panels;

  explicit LinearProblem(const Step& step)
      : m(step.ints[0]),
        n(step.ints[1]),
        k(step.ints[2]),
        a(&step.views[0]),
        direct(IsPlainStore(step.epilogue)) {
    in_place = kRowDType == DType::k_f32 && a->dtype == DType::k_f32 && (k == 1 || StrideOf(*a, 0) == 1);
    tiles = kTiles && m >= kTilesFrom;
    tile = tiles ? (F::kBlocks ? 1 : 2) * kTileLines : F::kBlocks ? kBlockTileRows : kTileRows<float>;
    row_stride = RowBytes(k);
    const int64_t read_bytes = F::kBlocks ? row_stride : MinOf(row_stride, kDepth<float> * sizeof(float));
    const int64_t band = tiles ? 2 * kBandBytes : kBandBytes, fit = tiles ? kMostTiledRows : kMaxScratchRows;
    const int64_t most = MinOf(MaxOf(band / read_bytes / tile, 1) * tile, fit / tile * tile);
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
  int64_t SharedRows() const { return tiles ? RoundUp(m, kTileLines) : m; }
  // Rows of matrix tiles lie as tiles: line after line of k, each of all 16 rows. Line `line` of row i:
  char* Line(const Frame& frame, int64_t i, int64_t line) const {
    return SharedRow(frame, i / kTileLines * kTileLines) + (line * kTileLines + i % kTileLines) * kLineBytes;
  }
  void PutLines(const Frame& frame, int64_t i, int64_t first, const char* from, int64_t bytes) const {
    for (int64_t at = 0; at < bytes; at += kLineBytes) {
      memcpy(Line(frame, i, first + at / kLineBytes), from + at, kLineBytes);
    }
  }
  // A row of bytes; of tiles only what describes it lies in one place, and the bytes are put there from `bytes`.
  ByteRow ByteRowOf(const Frame& frame, int64_t i, char* bytes = nullptr) const {
    char* const row = SharedRow(frame, i);
    if (tiles) return {bytes, Line(frame, i, ByteRow::Filled(k) / kLineBytes), k};
    return {row, row + ByteRow::Filled(k), k};
  }
  // The tile of rows that row i is in; bands are whole tiles.
  auto TileOf(const Frame& frame, int64_t i) const {
    const int64_t first = i / tile * tile;
    return BlockRows<F>{SharedRow(frame, first), static_cast<int>(MinOf(tile, SharedRows() - first))};
  }
  Rows RowsAt(const Frame& frame, int64_t i) const {
    if (!in_place) return {SharedRow(frame, i), row_stride};
    const int64_t stride = StrideOf(*a, 1) * static_cast<int64_t>(sizeof(float));
    return {frame.base[a->loc] + a->offset * static_cast<int64_t>(sizeof(float)) + i * stride, stride};
  }
};

MIA_END
