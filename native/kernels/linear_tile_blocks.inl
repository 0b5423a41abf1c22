// Block formats by matrix tiles: a stretch of a panel is unpacked to signed bytes and f32 scales once, and all rows of a
// band are multiplied by it. Tiles hold the integer sums of 16 rows x 16 columns of one block, vectors scale them.
#pragma once

#include "kernels/linear_tiles.inl"

MIA_BEGIN

// A block of all columns of a panel, unpacked: for each vector of columns its quads, then the scales and minima.
template <class F>
struct UnpackedBlock {
  int8_t quads[kBlockVecs][F::kBlock / 4][kLineBytes];
  float scales[kBlockVecs][kLanes];
  float mins[F::kHasMin ? kBlockVecs : 1][kLanes];
};
constexpr int64_t kUnpackedBytes = int64_t{24} << 10;  // half of L1: rows come by

// Each byte less kBy: no bit is borrowed from the byte above, because its own highest is set meanwhile.
template <int kBy>
MIA_INLINE VecI LowerBytes(VecI x) {
  constexpr uint32_t kEach = 0x01010101u, kTops = 0x80 * kEach, kLow = (kBy & 0x7f) * kEach, kTop = ~(kBy * kEach) & kTops;
  const auto word = [](uint32_t w) { return SetInt(static_cast<int32_t>(w)); };
  return Xor(Sub(Or(x, word(kTops)), word(kLow)), And(Xor(x, word(kTop)), word(kTops)));
}

template <class F>
void UnpackBlocks(UnpackedBlock<F>* out, const char* panel, int64_t groups) {
  constexpr int kPerGroup = F::kGroup / F::kBlock;
  for (int64_t g = 0; g < groups; g++, panel += F::kBytes * kBlockCols) {
    for (int b = 0; b < kPerGroup; b++, out++) {
      MIA_UNROLL_ALL for (int v = 0; v < kBlockVecs; v++) {
        Store(out->scales[v], F::Scale(panel, b, v));
        if constexpr (F::kHasMin) Store(out->mins[v], F::Min(panel, b, v));
        MIA_UNROLL_ALL for (int l = 0; l < F::kLoads; l++) {
          const VecI raw = F::Raw(panel, b, l, v);
          MIA_UNROLL_ALL for (int h = 0; h < F::kHalves; h++) {
            Store(reinterpret_cast<int32_t*>(out->quads[v][l + h * F::kLoads]), LowerBytes<F::kZero>(F::Part(raw, h)));
          }
        }
      }
    }
  }
}

// C [rows, width] = or += 16 rows of A, of which `rows` count, x blocks [first, end) of one vector of columns.
template <class F>
struct TileBlocksWork {
  BlockRows<F> a;
  const UnpackedBlock<F>* blocks;
  int64_t first, end;
  int v;
  float* c;
  int64_t c_row;
  int rows, width;
  bool add;
};

// Sums of so many blocks are made while those of as many before them are scaled: tiles answer late, and vectors cannot
// load what has not yet left for the cache.
constexpr int kTileBlocks = 4;
struct TileSums {
  int32_t of[kTileBlocks][kTileLines][kLanes];
};

// Blocks [block, block + kTileBlocks) that there are.
template <class F>
MIA_INLINE void DotBlocks(Tiles& tiles, const TileBlocksWork<F>& w, int64_t block, TileSums* sums) {
  EachNumber<kTileBlocks>([&](auto at) {
    constexpr int kA = kTileBlocks + at % 2, kB = kA + 2;
    if (block + at >= w.end) return;
    tiles.Zero<at>();
    tiles.Load<kA>(w.a.bytes(block + at, 0), F::kBlock);
    tiles.Load<kB>(w.blocks[block + at - w.first].quads[w.v], kLineBytes);
    tiles.DotSigned<at, kA, kB>();
    tiles.Store<at>(sums->of[at], kLineBytes);
  });
}

template <class F>
void MultiplyTileBlocks(Tiles& tiles, const TileBlocksWork<F>& w) {
  alignas(64) TileSums sums[2];
  Vec total[kTileLines];
  MIA_UNROLL_ALL for (int i = 0; i < kTileLines; i++) {
    total[i] = w.add && i < w.rows ? FloatSums::LoadSum(w.c + i * w.c_row, w.width) : Zero();
  }
  DotBlocks(tiles, w, w.first, &sums[0]);
  for (int64_t block = w.first, turn = 0; block < w.end; block += kTileBlocks, turn ^= 1) {
    DotBlocks(tiles, w, block + kTileBlocks, &sums[turn ^ 1]);
    for (int at = 0; at < MinOf(kTileBlocks, w.end - block); at++) {
      const UnpackedBlock<F>& b = w.blocks[block + at - w.first];
      const float* const row_scales = w.a.scales(block + at);
      const Vec scale = Load(b.scales[w.v]);
      MIA_UNROLL_ALL for (int i = 0; i < kTileLines; i++) {
        total[i] = MulAdd(Mul(FromInt(Load(sums[turn].of[at][i])), scale), Set(row_scales[i]), total[i]);
      }
      if constexpr (F::kHasMin) {
        const float* const row_sums = w.a.sums(block + at);
        const Vec min = Load(b.mins[w.v]);
        MIA_UNROLL_ALL for (int i = 0; i < kTileLines; i++) total[i] =
            NegMulAdd(min, Set(row_sums[i]), total[i]);
      }
    }
  }
  MIA_UNROLL_ALL for (int i = 0; i < kTileLines; i++) {
    float* const out = w.c + i * w.c_row;
    if (i >= w.rows) break;
    if (w.width == kLanes) {
      Store(out, total[i]);
    } else {
      StorePartial(out, total[i], w.width);
    }
  }
}

template <class F>
TileConfig TileBlockShapes() {
  TileConfig config;
  for (int c = 0; c < kTileBlocks; c++) config.Shape(c, kTileLines, kLineBytes);
  for (int i = 0; i < 2; i++) {
    config.Shape(kTileBlocks + i, kTileLines, F::kBlock);
    config.Shape(kTileBlocks + 2 + i, F::kBlock / 4, kLineBytes);
  }
  return config;
}

// Rows [i0, i0 + rows) x one panel: C [rows, width].
template <class F>
void MultiplyByTiles(Tiles& tiles, const LinearProblem<F>& p, const Frame& frame, const char* panel, int64_t i0,
                     int64_t rows, float* c, int64_t c_row, int64_t width) {
  constexpr int64_t kPerGroup = F::kGroup / F::kBlock, kGroupBytes = F::kBytes * kBlockCols;
  constexpr int64_t kVisit =
      MaxOf(1, kUnpackedBytes / (kPerGroup * static_cast<int64_t>(sizeof(UnpackedBlock<F>))));
  static_assert(kVisit * kPerGroup * sizeof(UnpackedBlock<F>) <= 2 * kPanelBytes, "overflows scratch");
  auto* const unpacked = reinterpret_cast<UnpackedBlock<F>*>(KernelScratch(frame));
  const int64_t groups = p.k / F::kGroup;
  tiles.Configure(TileBlockShapes<F>());
  for (int64_t g = 0, count; g < groups; g += count) {
    count = MinOf(kVisit, groups - g);
    UnpackBlocks(unpacked, panel + g * kGroupBytes, count);
    for (int64_t i = 0; i < rows; i += p.tile) {
      TileBlocksWork<F> work{p.TileOf(frame, i0 + i), unpacked,  g * kPerGroup,           (g + count) * kPerGroup, 0,
                             c + i * c_row,           c_row,     static_cast<int>(MinOf(p.tile, rows - i)),
                             0,                       g > 0};
      for (int64_t j = 0; j < width; j += kLanes, work.v++, work.c += kLanes) {
        work.width = static_cast<int>(MinOf(kLanes, width - j));
        MultiplyTileBlocks(tiles, work);
      }
    }
  }
}

MIA_END
