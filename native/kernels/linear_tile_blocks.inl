// Block formats by matrix tiles: a stretch of a panel is unpacked to signed bytes and f32 scales once, and all rows of a
// band are multiplied by it. Tiles hold the integer sums of 16 rows x 16 columns of one block, vectors scale them.
#pragma once

#include "kernels/linear_problem.inl"

MIA_BEGIN

// A block of all columns of a panel, unpacked: for each vector of columns its quads, then the scales and minima.
template <class F>
struct UnpackedBlock {
  int8_t quads[kBlockVecs][F::kBlock / 4][kLineBytes];
  float scales[kBlockVecs][kLanes];
  float mins[F::kHasMin ? kBlockVecs : 1][kLanes];
};
constexpr int64_t kUnpackedBytes = int64_t{24} << 10;  // half of L1: rows come by

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
            int8_t* const quads = out->quads[v][l + h * F::kLoads];
            Store(reinterpret_cast<int32_t*>(quads), F::Part(raw, h));
            for (int i = 0; i < kLineBytes; i++) quads[i] = static_cast<int8_t>(quads[i] - F::kZero);
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

constexpr int kTileBlocks = 4;  // whose sums are made before the first is scaled: tiles answer late

template <class F, int kSlot>
MIA_INLINE void DotBlock(Tiles& tiles, const TileBlocksWork<F>& w, int64_t block, int32_t* sums) {
  constexpr int kA = kTileBlocks + kSlot % 2, kB = kA + 2;
  tiles.Zero<kSlot>();
  tiles.Load<kA>(w.a.bytes(block, 0), F::kBlock);
  tiles.Load<kB>(w.blocks[block - w.first].quads[w.v], kLineBytes);
  tiles.DotSigned<kSlot, kA, kB>();
  tiles.Store<kSlot>(sums + kSlot * kTileLines * kLanes, kLineBytes);
}

template <class F>
void MultiplyTileBlocks(Tiles& tiles, const TileBlocksWork<F>& w) {
  alignas(64) int32_t sums[kTileBlocks][kTileLines][kLanes];
  Vec total[kTileLines];
  MIA_UNROLL_ALL for (int i = 0; i < kTileLines; i++) {
    total[i] = w.add && i < w.rows ? FloatSums::LoadSum(w.c + i * w.c_row, w.width) : Zero();
  }
  for (int64_t block = w.first; block < w.end; block += kTileBlocks) {
    const int count = static_cast<int>(MinOf(kTileBlocks, w.end - block));
    DotBlock<F, 0>(tiles, w, block, sums[0][0]);
    if (count > 1) DotBlock<F, 1>(tiles, w, block + 1, sums[0][0]);
    if (count > 2) DotBlock<F, 2>(tiles, w, block + 2, sums[0][0]);
    if (count > 3) DotBlock<F, 3>(tiles, w, block + 3, sums[0][0]);
    for (int at = 0; at < count; at++) {
      const UnpackedBlock<F>& b = w.blocks[block + at - w.first];
      const float* const row_scales = w.a.scales(block + at);
      const Vec scale = Load(b.scales[w.v]);
      MIA_UNROLL_ALL for (int i = 0; i < kTileLines; i++) {
        total[i] = MulAdd(Mul(FromInt(Load(sums[at][i])), scale), Set(row_scales[i]), total[i]);
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
