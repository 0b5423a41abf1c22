// Formats with a scale for each block of k: integer sums of a block, scaled and added to f32 sums when it
// ends.
#pragma once

#include "kernels/linear_formats.inl"
#include "kernels/linear_problem.inl"
#include "kernels/linear_rows.inl"
#include "kernels/matmul_block.inl"

MIA_BEGIN

// Bytes of a panel that a visit reads: while it stays in L1 all rows of the band go over it.
constexpr int64_t kVisitBytes = int64_t{20} << 10;

// C[kRows, 2 vectors] = or += rows of A x groups of a panel.
template <class F>
struct BlockTile {
  BlockRows<F> a;
  const char* panel;   // at the first group
  int64_t first, end;  // groups
  float* c;
  int64_t c_row, width;
  bool add;
};

template <class F, int kRows>
void MultiplyBlocks(const BlockTile<F>& t) {
  constexpr int kPerGroup = F::kGroup / F::kBlock;
  const int counts[kBlockVecs] = {static_cast<int>(MinOf(t.width, kLanes)),
                                  static_cast<int>(t.width) - kLanes};
  Vec sum[kRows][kBlockVecs];
  MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
    MIA_UNROLL_ALL for (int v = 0; v < kBlockVecs; v++) {
      sum[i][v] =
          t.add && counts[v] > 0 ? FloatSums::LoadSum(t.c + i * t.c_row + v * kLanes, counts[v]) : Zero();
    }
  }
  const char* p = t.panel;
  BlockRows<F> a{t.a.tile, kRows};
  a.tile = a.At(t.first * kPerGroup);
  for (int64_t g = t.first; g < t.end; g++, p += F::kBytes * kBlockCols) {
    for (int b = 0; b < kPerGroup; b++, a.tile = a.At(1)) {
      VecI dot[kRows][kBlockVecs];
      MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
        const VecI start = SetInt(F::kZero == 0 ? 0 : a.starts(0)[i]);
        MIA_UNROLL_ALL for (int v = 0; v < kBlockVecs; v++) dot[i][v] = start;
      }
      MIA_UNROLL_ALL for (int l = 0; l < F::kLoads; l++) {
        VecI raw[kBlockVecs];
        MIA_UNROLL_ALL for (int v = 0; v < kBlockVecs; v++) raw[v] = F::Raw(p, b, l, v);
        MIA_UNROLL_ALL for (int h = 0; h < F::kHalves; h++) {
          VecI w[kBlockVecs];
          MIA_UNROLL_ALL for (int v = 0; v < kBlockVecs; v++) w[v] = F::Part(raw[v], h);
          MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
            int32_t quad;
            memcpy(&quad, a.bytes(0, i) + 4 * (l + h * F::kLoads), sizeof(quad));
            const VecI x = SetInt(quad);
            MIA_UNROLL_ALL for (int v = 0; v < kBlockVecs; v++) dot[i][v] = DotQuads(dot[i][v], w[v], x);
          }
        }
      }
      MIA_UNROLL_ALL for (int v = 0; v < kBlockVecs; v++) {
        const Vec scale = F::Scale(p, b, v);
        MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
          sum[i][v] = MulAdd(Mul(FromInt(dot[i][v]), scale), Set(a.scales(0)[i]), sum[i][v]);
        }
        if constexpr (F::kHasMin) {
          const Vec min = F::Min(p, b, v);
          MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) sum[i][v] =
              NegMulAdd(min, Set(a.sums(0)[i]), sum[i][v]);
        }
      }
    }
  }
  MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
    MIA_UNROLL_ALL for (int v = 0; v < kBlockVecs; v++) {
      float* const out = t.c + i * t.c_row + v * kLanes;
      if (counts[v] >= kLanes) {
        Store(out, sum[i][v]);
      } else if (counts[v] > 0) {
        StorePartial(out, sum[i][v], counts[v]);
      }
    }
  }
}

template <class F, class Index>
struct BlockKernels;
template <class F, int... kIndex>
struct BlockKernels<F, Indices<kIndex...>> {
  using Kernel = void (*)(const BlockTile<F>&);
  static constexpr Kernel kAll[] = {MultiplyBlocks<F, kIndex + 1>...};
};

template <class F>
struct BlockProduct {
  const LinearProblem<F>& p;
  const Frame& frame;
  const char* image;
  Sink<float> sink;

  // Panels [first, end) x rows [i0, i0 + rows).
  void Run(int64_t i0, int64_t rows, int64_t first, int64_t end) {
    constexpr int64_t kGroupBytes = F::kBytes * kBlockCols;
    const int64_t j0 = first * kBlockCols, cols = MinOf(end * kBlockCols, p.n) - j0;
    float* const c = sink.Begin(0, i0, j0);
    const int64_t c_row = sink.Stride(cols), groups = p.k / F::kGroup;
    const int64_t visit = rows <= kBlockTileRows ? groups : MaxOf(1, kVisitBytes / kGroupBytes);
    for (int64_t panel = first; panel < end; panel++) {
      const char* const from = image + panel * PanelBytesOf<F>(p.k);
      const int64_t j = panel * kBlockCols - j0;
      for (int64_t g = 0; g < groups; g += visit) {
        BlockTile<F> tile{{},    from + g * kGroupBytes,      g,    MinOf(g + visit, groups), c + j,
                          c_row, MinOf(kBlockCols, cols - j), g > 0};
        for (int64_t i = 0; i < rows; i += tile.a.rows, tile.c += tile.a.rows * c_row) {
          tile.a = p.TileOf(frame, i0 + i);
          BlockKernels<F, typename MakeIndices<kBlockTileRows>::Type>::kAll[tile.a.rows - 1](tile);
        }
      }
    }
    sink.Finish(0, i0, j0, rows, cols);
  }
};

MIA_END
