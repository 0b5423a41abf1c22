// Formats whose sums stay in registers for a long stretch of k: rows of A, as linear_rows.inl left them,
// times panels.
#pragma once

#include "kernels/linear_formats.inl"
#include "kernels/linear_problem.inl"
#include "kernels/linear_rows.inl"
#include "kernels/matmul_block.inl"
#ifdef MIA_HAS_TILES
#include "kernels/linear_tiles.inl"
#endif

MIA_BEGIN

// Up to here halves are widened as they are used; more rows share panels that were widened once.
constexpr int64_t kWidenFrom = 2 * kTileRows<float> + 1;

template <class F>
struct PanelProduct {
  using T = typename F::Product;
  using A = typename Lanes<T>::A;
  using B = typename Lanes<T>::B;
  using C = typename Lanes<T>::C;
  // Halves that are not multiplied as they are.
  static constexpr bool kWidens = LinearProblem<F>::kRowDType == DType::k_f32 && !kSame<A, B>;
  static constexpr int kDepthSteps = kDepth<float>;

  const LinearProblem<F>& p;
  const Frame& frame;
  const char* image;
  Sink<float> sink;
#ifdef MIA_HAS_TILES
  Tiles tiles{};
#endif

  // Panels [first, end) x rows [i0, i0 + rows).
  void Run(int64_t i0, int64_t rows, int64_t first, int64_t end) {
    const int64_t j0 = first * F::kCols, cols = MinOf(end * F::kCols, p.n) - j0;
    float* const c = sink.Begin(0, i0, j0);
    const int64_t c_row = sink.Stride(cols), steps = F::StepsOf(p.k);
    const Rows a = p.RowsAt(frame, i0);
    const bool widen = kWidens && rows >= kWidenFrom;
    // A few rows read B as it streams by; more of them visit it in pieces that stay in a cache.
    const int64_t depth = rows <= (p.matrix ? p.tile : kTileRows<T>) ? steps
                          : p.matrix                                 ? kTileSteps
                                                                     : kDepthSteps;
    const int64_t pieces = BlocksOf(steps, depth), panels = end - first;
    for (int64_t at = 0; at < pieces * panels; at++) {
      // Vectors take a piece of A past all panels, matrix instructions a panel from end to end.
      const int64_t k = (p.matrix ? at % pieces : at / panels) * depth, count = MinOf(depth, steps - k);
      const int64_t panel = first + (p.matrix ? at / pieces : at % panels);
      const B* const b = reinterpret_cast<const B*>(image + panel * F::PanelBytes(p.k)) + k * F::kCols;
      const int64_t j = panel * F::kCols - j0, width = MinOf(F::kCols, cols - j);
      const int64_t a_step = static_cast<int64_t>(sizeof(A)) * (kHasTiles && p.matrix ? kTileLines : 1);
      const Piece piece{a.data + k * a_step, a.stride, rows, count, c + j, c_row, width, k > 0};
      const int64_t panel_bytes = count * F::kCols * static_cast<int64_t>(sizeof(B));
#if defined(MIA_HAS_TILES)
      if constexpr (LinearProblem<F>::kMatrix) {
        if (p.matrix) {
          MultiplyByTiles<F>(tiles, piece, reinterpret_cast<const char*>(b));
          continue;
        }
      }
#elif defined(MIA_HAS_SQUARES)
      if constexpr (LinearProblem<F>::kMatrix) {
        float* const squares = reinterpret_cast<float*>(KernelScratch(frame));  // [pairs of rows, kCols, 2]
        Multiply<T>({piece.a, 2 * a.stride, BlocksOf(rows, 2), count, squares, F::kCols * 2, F::kCols, k > 0},
                    b, reinterpret_cast<const char*>(b) + panel_bytes, panel_bytes);
        if (k + count == steps) StoreSquares(squares, i0, rows, c + j, c_row, width);
        continue;
      }
#endif
      if constexpr (kWidens) {
        if (widen) {
          float* const wide = reinterpret_cast<float*>(KernelScratch(frame));
          FromMemory(F::kDType, wide, b, count * F::kCols);
          Multiply<float>(piece, wide, reinterpret_cast<const char*>(b) + panel_bytes, panel_bytes);
          continue;
        }
      }
      Multiply<T>(piece, b, reinterpret_cast<const char*>(b) + F::PanelBytes(p.k), panel_bytes);
    }
    if constexpr (kSame<T, Quad>) ScaleSums(c, c_row, i0, rows, cols);
    sink.Finish(0, i0, j0, rows, cols);
  }

  // `next`: what is wanted after this piece; each tile asks for its share.
  template <class Product>
  static void Multiply(const Piece& piece, const typename Lanes<Product>::B* b, const char* next,
                       int64_t next_bytes) {
    using Elem = typename Lanes<Product>::A;
    using C = typename Lanes<Product>::C;
    constexpr int64_t kSumBytes = sizeof(C);
    constexpr int kCount = Lanes<Product>::kCount;
    const int vecs = static_cast<int>(BlocksOf(piece.width, kCount));
    const int last = static_cast<int>(piece.width - (vecs - 1) * kCount);
    const int64_t tiles = BlocksOf(piece.rows, kTileRows<Product>),
                  turns = BlocksOf(piece.depth, kAheadSteps);
    const int64_t step = MinOf(RoundUp(next_bytes / (tiles * turns), 64), 256);
    for (int64_t i = 0, count; i < piece.rows; i += count, next += step * turns) {
      count = NextRows<Product>(piece.rows - i);
      FindTileKernel<Product>(static_cast<int>(count),
                              vecs)({piece.depth,
                                     reinterpret_cast<const Elem*>(piece.a + i * piece.a_stride),
                                     piece.a_stride / static_cast<int64_t>(sizeof(Elem)),
                                     1,
                                     b,
                                     kTileCols<Product>,
                                     reinterpret_cast<C*>(piece.c + i * piece.c_row),
                                     piece.c_row * static_cast<int64_t>(sizeof(float)) / kSumBytes,
                                     last,
                                     piece.add,
                                     {next, 64, step}});
    }
  }

#ifdef MIA_HAS_SQUARES
  // A panel of sums, as squares, to rows of C [rows, width].
  void StoreSquares(const float* squares, int64_t i0, int64_t rows, float* c, int64_t c_row,
                    int64_t width) const {
    for (int64_t i = 0; i < rows; i++) {
      const auto* const pair = reinterpret_cast<const SquareColumn*>(squares) + i / 2 * F::kCols;
      if constexpr (kSame<T, ByteProduct>) {
        const Vec scale = Set(*p.ByteRowOf(frame, i0 + i).scale());
        StoreSquareRow(c + i * c_row, pair, i % 2, width,
                       [=](VecI sums) { return Mul(FromInt(sums), scale); });
      } else {
        StoreSquareRow(c + i * c_row, pair, i % 2, width, [](VecI sums) { return FromBits(sums); });
      }
    }
  }
#endif

  // Integer sums [rows, cols] to what they stand for.
  void ScaleSums(float* c, int64_t c_row, int64_t i0, int64_t rows, int64_t cols) const {
    if constexpr (kSame<T, Quad>) {
      for (int64_t i = 0; i < rows; i++, c += c_row) {
        const ByteRow row = p.ByteRowOf(frame, i0 + i);
        const Vec scale = Set(*row.scale());
        const VecI start = SetInt(*row.start());
        const auto value = [&](VecI sum) { return Mul(FromInt(Add(sum, start)), scale); };
        int64_t j = 0;
        for (; j + kLanes <= cols; j += kLanes) Store(c + j, value(BitsOf(Load(c + j))));
        const int rest = static_cast<int>(cols - j);
        if (rest > 0) StorePartial(c + j, value(BitsOf(LoadPartial(c + j, rest))), rest);
      }
    }
  }
};

MIA_END
