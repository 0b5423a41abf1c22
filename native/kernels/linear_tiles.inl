// Panels by matrix tiles (simd/tiles.h): C [rows, width] = or += rows of A x a panel, of pairs of bf16 or
// quads of bytes. The panel lies as for vectors: 16 steps of 16 of its columns are a tile.
#pragma once

#include "kernels/linear_problem.inl"

MIA_BEGIN

constexpr int64_t kMostAhead = 16;  // lines to ask for while four tiles multiply

template <int kValue>
struct Number {
  constexpr operator int() const { return kValue; }
};
// visit(Number<i>) for i in [0, kCount), unrolled: tiles are named by constants.
template <int kCount, int kAt = 0, class Visit>
MIA_INLINE void EachNumber(Visit&& visit) {
  if constexpr (kAt < kCount) {
    visit(Number<kAt>());
    EachNumber<kCount, kAt + 1>(visit);
  }
}

template <class Product, int kC, int kA, int kB>
MIA_INLINE void DotTiles(Tiles& tiles) {
  if constexpr (kSame<Product, Quad>) {
    tiles.DotQuads<kC, kA, kB>();
  } else {
    tiles.DotPairs<kC, kA, kB>();
  }
}

// What `rows` of some tiles of C, each of `width` columns, are made of. Tiles of rows of A are `a_tile` bytes
// apart, steps of the panel `b_step`, rows of C `c_row`; steps are whole tiles.
struct TilesWork {
  const char* a;
  int64_t a_tile;
  const char* b;
  int64_t b_step, steps;
  char* c;
  int64_t c_row;
  bool add;
  const char* ahead;  // what is wanted next: so many lines are asked for with each tile of k
  int64_t ahead_lines;
  int64_t rows = 0, width = 0;
};

// kRows x kCols tiles of C stay while k runs: tiles 0 to 3. A has the kRows after them, columns of B take
// turns with the rest.
template <class Product, int kRows, int kCols>
void MultiplyTiles(Tiles& tiles, const TilesWork& w) {
  constexpr int kA = 4, kB = kA + kRows;
  static_assert(kRows * kCols <= kA, "C has four tiles");
  TileConfig config;
  for (int i = 0; i < kRows; i++) {
    const int64_t rows = MinOf(w.rows - i * kTileLines, kTileLines);
    config.Shape(kA + i, rows, kLineBytes);
    for (int j = 0; j < kCols; j++) config.Shape(i * kCols + j, rows, 4 * w.width);
  }
  for (int tile = kB; tile < kNumTiles; tile++) config.Shape(tile, kTileLines, 4 * w.width);
  tiles.Configure(config);

  const auto place = [&](int at) {
    return w.c + at / kCols * kTileLines * w.c_row + at % kCols * kLineBytes;
  };
  EachNumber<kRows * kCols>([&](auto at) {
    if (w.add) {
      tiles.Load<at>(place(at), w.c_row);
    } else {
      tiles.Zero<at>();
    }
  });
  const char *a = w.a, *b = w.b, *ahead = w.ahead;
  for (int64_t k = 0; k < w.steps;
       k += kTileLines, a += kTileLines * kLineBytes, b += kTileLines * w.b_step) {
    EachNumber<kRows * kCols>([&](auto at) {
      constexpr int i = at / kCols, j = at % kCols, b_tile = kB + j % (kNumTiles - kB);
      if constexpr (i == 0) tiles.Load<b_tile>(b + j * kLineBytes, w.b_step);
      if constexpr (j == 0) tiles.Load<kA + i>(a + i * w.a_tile, kLineBytes);
      DotTiles<Product, at, kA + i, b_tile>(tiles);
    });
    for (int64_t i = 0; i < w.ahead_lines; i++, ahead += kLineBytes) __builtin_prefetch(ahead, 0, 2);
  }
  EachNumber<kRows * kCols>([&](auto at) { tiles.Store<at>(place(at), w.c_row); });
}

// All of C [rows, width], w being at its first element: as many tiles of columns at once as C has room for,
// and all rows past them while they are in L1. Columns that are no whole tile go alone.
template <class Product, int kRows>
void MultiplyTileRows(Tiles& tiles, TilesWork w, int64_t rows, int64_t width) {
  constexpr int kMost = 4 / kRows, kStep = kRows * kTileLines;
  using Kernel = void (*)(Tiles&, const TilesWork&);
  constexpr Kernel kKernels[] = {MultiplyTiles<Product, kRows, 1>, MultiplyTiles<Product, kRows, 2>,
                                 MultiplyTiles<Product, kRows, MinOf(3, kMost)>,
                                 MultiplyTiles<Product, kRows, kMost>};
  for (int64_t count; width > 0; width -= count * kTileLines) {
    count = MaxOf(1, MinOf(width / kTileLines, kMost));
    w.width = MinOf(width, kTileLines);
    TilesWork one = w;
    for (int64_t i = 0; i < rows; i += kStep, one.a += kRows * w.a_tile, one.c += kStep * w.c_row) {
      one.rows = MinOf(rows - i, kStep);
      kKernels[count - 1](tiles, one);
      one.ahead += w.steps / kTileLines * w.ahead_lines * kLineBytes;
    }
    w.ahead = one.ahead;
    w.b += count * kLineBytes;
    w.c += count * kLineBytes;
  }
}

// Rows two tiles at a time; up to a tile of them that are left, one. What follows the piece in memory is
// wanted next.
template <class F>
void MultiplyByTiles(Tiles& tiles, const Piece& piece, const char* b) {
  using Product = typename F::Product;
  constexpr int64_t kPair = 2 * kTileLines, kStepBytes = F::kCols * 4;
  const int64_t left = piece.rows % kPair <= kTileLines ? piece.rows % kPair : 0, paired = piece.rows - left;
  const int64_t bytes = piece.depth * kStepBytes, calls = BlocksOf(piece.rows, kPair) * (F::kCols / kPair);
  TilesWork w{
      piece.a,
      kTileLines * piece.a_stride,
      b,
      kStepBytes,
      piece.depth,
      reinterpret_cast<char*>(piece.c),
      piece.c_row * 4,
      piece.add,
      b + bytes,
      paired > 0 ? MinOf(BlocksOf(bytes / kLineBytes, piece.depth / kTileLines * calls), kMostAhead) : 0};
  MultiplyTileRows<Product, 2>(tiles, w, paired, piece.width);
  w.a += paired / kTileLines * w.a_tile;
  w.c += paired * w.c_row;
  if (left > 0) MultiplyTileRows<Product, 1>(tiles, w, left, piece.width);
}

MIA_END
