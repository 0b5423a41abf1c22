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

// So many blocks go together: first tiles make their integer sums, then vectors scale them. Loads of what tiles have just
// stored would wait for it.
constexpr int kTileBlocks = 16;

template <class F>
struct TileBlocksScratch {
  UnpackedBlock<F> blocks[kTileBlocks];
  int32_t sums[kTileBlocks][kTileLines][kLanes];
};

// C [rows, width] = or += 16 rows of A, of which `rows` count, x `count` blocks from `first` on of vector v of columns.
template <class F>
struct TileBlocksWork {
  BlockRows<F> a;
  int64_t first;
  int count, v;
  float* c;
  int64_t c_row;
  int rows, width;
  bool add;
};

template <class F>
TileConfig TileBlockShapes() {
  TileConfig config;
  for (int i = 0; i < 2; i++) {
    config.Shape(i, kTileLines, kLineBytes);
    config.Shape(2 + i, kTileLines, F::kBlock);
    config.Shape(4 + i, F::kBlock / 4, kLineBytes);
  }
  return config;
}

template <class F>
void DotTileBlocks(Tiles& tiles, const TileBlocksWork<F>& w, TileBlocksScratch<F>* scratch) {
  for (int b = 0; b < w.count; b += 2) {
    EachNumber<2>([&](auto at) {  // two sets of tiles take turns
      if (b + at >= w.count) return;
      tiles.Zero<at>();
      tiles.Load<2 + at>(w.a.bytes(w.first + b + at, 0), F::kBlock);
      tiles.Load<4 + at>(scratch->blocks[b + at].quads[w.v], kLineBytes);
      tiles.DotSigned<at, 2 + at, 4 + at>();
      tiles.Store<at>(scratch->sums[b + at], kLineBytes);
    });
  }
}

template <class F>
void ScaleTileBlocks(const TileBlocksWork<F>& w, const TileBlocksScratch<F>& scratch) {
  Vec total[kTileLines];
  MIA_UNROLL_ALL for (int i = 0; i < kTileLines; i++) {
    total[i] = w.add && i < w.rows ? FloatSums::LoadSum(w.c + i * w.c_row, w.width) : Zero();
  }
  for (int b = 0; b < w.count; b++) {
    const Vec scale = Load(scratch.blocks[b].scales[w.v]);
    const float* const row_scales = w.a.scales(w.first + b);
    MIA_UNROLL_ALL for (int i = 0; i < kTileLines; i++) {
      total[i] = MulAdd(Mul(FromInt(Load(scratch.sums[b][i])), scale), Set(row_scales[i]), total[i]);
    }
    if constexpr (F::kHasMin) {
      const Vec min = Load(scratch.blocks[b].mins[w.v]);
      const float* const row_sums = w.a.sums(w.first + b);
      MIA_UNROLL_ALL for (int i = 0; i < kTileLines; i++) total[i] = NegMulAdd(min, Set(row_sums[i]), total[i]);
    }
  }
  MIA_UNROLL_ALL for (int i = 0; i < kTileLines; i++) {
    if (i >= w.rows) break;
    float* const out = w.c + i * w.c_row;
    if (w.width == kLanes) {
      Store(out, total[i]);
    } else {
      StorePartial(out, total[i], w.width);
    }
  }
}

// Rows [i0, i0 + rows) x one panel: C [rows, width].
template <class F>
void MultiplyByTiles(Tiles& tiles, const LinearProblem<F>& p, const Frame& frame, const char* panel, int64_t i0,
                     int64_t rows, float* c, int64_t c_row, int64_t width) {
  constexpr int64_t kPerGroup = F::kGroup / F::kBlock, kVisit = kTileBlocks / kPerGroup;
  static_assert(kVisit > 0 && sizeof(TileBlocksScratch<F>) <= 2 * kPanelBytes, "a visit is whole groups");
  auto* const scratch = reinterpret_cast<TileBlocksScratch<F>*>(KernelScratch(frame));
  const int64_t groups = p.k / F::kGroup;
  tiles.Configure(TileBlockShapes<F>());
  for (int64_t g = 0, count; g < groups; g += count) {
    count = MinOf(kVisit, groups - g);
    UnpackBlocks(scratch->blocks, panel + g * F::kBytes * kBlockCols, count);
    for (int64_t i = 0; i < rows; i += p.tile) {
      TileBlocksWork<F> work{p.TileOf(frame, i0 + i), g * kPerGroup, static_cast<int>(count * kPerGroup), 0,
                             c + i * c_row,           c_row,         static_cast<int>(MinOf(p.tile, rows - i)), 0, g > 0};
      for (int64_t j = 0; j < width; j += kLanes, work.v++, work.c += kLanes) {
        work.width = static_cast<int>(MinOf(kLanes, width - j));
        DotTileBlocks(tiles, work, scratch);
        ScaleTileBlocks(work, *scratch);
      }
    }
  }
}

MIA_END
