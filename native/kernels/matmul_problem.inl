// What one product asks for, and how it is cut: everything here follows from sizes and strides alone. matmul's own
// products come from Describe; conv2d cuts its own the same way.
#pragma once

#include "kernels/matmul_kernel.inl"
#include "kernels/pack.inl"
#include "kernels/tile.inl"
#include "kernels/work.inl"

MIA_BEGIN

// At most these k steps between two visits of C. A panel of B, kDepth x kTileCols, then fits L2 (AVX-512) or L1
// (others).
template <class T>
constexpr int kDepth = 2048 / static_cast<int>(sizeof(T));
// Rows that share a panel of B. kDepth columns of them stay in L3, or where panels are narrow and read A often, in L2.
constexpr int kMaxBandRows = kLanes == 16 ? 1024 : 256;
constexpr int kMaxScratchRows = 144;  // packed A, and C before the epilogue, must also fit scratch
template <class T>
constexpr int kMaxScratchCols = 2048 / static_cast<int>(sizeof(T));
constexpr int kMinPackedRows = 128;  // fewer do not repay packing a panel of B
constexpr int kFewRows = 48;         // up to here reading B through its strides costs less than packing it
constexpr int kThinRows = 4;         // up to here B is read once and never packed
constexpr int kThinCols = 64;        // columns of a unit of thin work
constexpr double kFlopsPerUnit = 4e6;        // a smaller unit is not worth splitting off
constexpr double kFlopsPerNs = kLanes * 12;  // of one thread, roughly
constexpr double kBytesPerNs = 50;

// The kernel's scratch: two panels of B, rows of A, a block of C.
constexpr int64_t kPanelBytes = int64_t{128} << 10;
constexpr int64_t kRowsBytes = int64_t{kMaxScratchRows} * 2048 + 64;
constexpr int64_t kBlockBytes = int64_t{kMaxScratchRows} * 2048 + 64;
static_assert(2 * kPanelBytes + kRowsBytes + kBlockBytes <= kKernelScratchBytes, "scratch is too small");

// One side of the product: [batch..., rows or columns, k] through strides.
struct Operand {
  const View* view;
  int64_t k_stride, stride;  // elements along k, and along rows of A or columns of B
};

struct Problem {
  int64_t batch, m, n, k;
  Operand a, b;   // b has no view where B does not lie in memory
  int64_t depth;  // k steps between two visits of C
  // Units: batch x bands of rows x panels of columns x chunks of a band, the last of these fastest.
  int64_t bands, panels, chunks;
  int64_t rows, cols;  // of a chunk, of a panel
  bool direct;         // the product itself is the output
  bool thin, a_in_place, b_in_place;
};

MIA_INLINE int64_t RoundUp(int64_t a, int64_t to) { return BlocksOf(a, to) * to; }

// Rows of the next register tile, of so many that are left: a single last row would run at half speed.
template <class T>
MIA_INLINE int NextRows(int64_t left) {
  return static_cast<int>(left == kTileRows<T> + 1 ? (kTileRows<T> + 1) / 2 : MinOf(left, kTileRows<T>));
}

// Stride of the dimension `back` before the last; a view of one element may have no dimensions.
MIA_INLINE int64_t StrideOf(const View& view, int back) {
  return back < view.nd ? view.stride[view.nd - 1 - back] : 0;
}

// Where entry `index` of a batched operand starts, whose last `inner` dims are not of the batch.
MIA_INLINE int64_t BatchOffset(const View& view, int64_t index, int inner = 2) {
  int64_t offset = view.offset;
  for (int d = view.nd - 1 - inner; d >= 0 && index != 0; d--) {
    offset += index % view.size[d] * view.stride[d];
    index /= view.size[d];
  }
  return offset;
}

MIA_INLINE Source MatrixOf(const Operand& operand, const Frame& frame, int64_t index) {
  const View& view = *operand.view;
  const int64_t offset = view.count == 0 ? 0 : BytesOf(view.dtype, BatchOffset(view, index));
  return {frame.base[view.loc] + offset, view.dtype, operand.k_stride, operand.stride};
}

// A batch that shares B is one product with more rows, if the rows of A lie evenly.
MIA_INLINE void FoldBatch(Problem* p) {
  const View &a = *p->a.view, &b = *p->b.view;
  int64_t rows = p->m, stride = p->a.stride;
  for (int d = a.nd - 3; d >= 0; d--) {
    if (a.size[d] == 1) continue;
    if (b.stride[d] != 0 || (rows != 1 && a.stride[d] != stride * rows)) return;
    if (rows == 1) stride = a.stride[d];
    rows *= a.size[d];
  }
  p->m = rows;
  p->a.stride = stride;
  p->batch = 1;
}

// Rows of B one L2 way apart evict each other: a block of k must fit in the sets that its stride reaches.
template <class T>
MIA_INLINE bool FitsCache(int64_t k, int64_t stride) {
  const int64_t bytes = stride * static_cast<int64_t>(sizeof(T));
  return MinOf(k, kDepth<T>) * (bytes & -bytes) <= int64_t{768} << 10;
}

// Storage that vectors of f32 load from.
MIA_INLINE bool IsFloatStorage(DType dtype) {
  return dtype == DType::k_f32 || dtype == DType::k_f16 || dtype == DType::k_bf16;
}

// How the product is cut, once it is known what is packed. T: f32 f64 u32 u64. Signed integers multiply as unsigned
// ones: they wrap, and the bits are the same.
template <class T>
void Cut(Problem* problem) {
  static_assert(kDepth<T> * kTileCols<T> * sizeof(T) <= kPanelBytes, "a panel overflows scratch");
  Problem& p = *problem;
  const int64_t blocks = MaxOf(1, BlocksOf(p.k, kDepth<T>));
  p.depth = MinOf(kDepth<T>, RoundUp(MaxOf(1, BlocksOf(p.k, blocks)), kAheadSteps));
  p.cols = p.thin ? kThinCols : kTileCols<T>;
  p.panels = BlocksOf(p.n, p.cols);
  p.rows = p.m;
  p.bands = p.chunks = p.m > 0 ? 1 : 0;
  if (p.thin || p.m == 0) return;
  // Tall bands repay packing B, and wide ones packing A or passing C through scratch, which holds more rows of few
  // columns. Chunks of whole tiles may make a band up to a tile a chunk taller.
  constexpr int64_t kSpareRows = (kMaxBandRows / kMinPackedRows + 1) * kTileRows<T>;
  const int64_t held = kMaxScratchRows * kMaxScratchCols<T> / MinOf(MaxOf(p.n, 1), kMaxScratchCols<T>);
  const int64_t fit = p.direct ? kMaxBandRows : MaxOf(kMaxScratchRows, MinOf(kMaxBandRows, held - kSpareRows));
  p.bands = BlocksOf(p.m, p.a_in_place ? fit : kMaxScratchRows);
  const int64_t band = RoundUp(BlocksOf(p.m, p.bands), kTileRows<T>);
  // Chunks as small as make enough units; ranges of them will often be worked on together.
  const double flops = 2.0 * static_cast<double>(p.batch * p.m * p.n) * static_cast<double>(p.k);
  const double rows = static_cast<double>(p.batch * p.m * p.panels) / (flops / kFlopsPerUnit + 1);
  const int64_t least = p.b_in_place ? 4 * kTileRows<T> : kMinPackedRows;
  const int64_t about = MinOf(band, rows < static_cast<double>(least) ? least : static_cast<int64_t>(rows));
  p.chunks = BlocksOf(band, about);
  p.rows = RoundUp(BlocksOf(band, p.chunks), kTileRows<T>);
  p.chunks = BlocksOf(band, p.rows);
}

// A product of matrices that lie in memory: batch, sizes and operands are given.
template <class T>
void CutMatrices(Problem* problem, const Step& step) {
  Problem& p = *problem;
  if (p.n == 1) {  // A x as a row: x^T A^T
    const Operand x = p.b;
    p.b = p.a;
    p.a = x;
    p.n = p.m;
    p.m = 1;
  }
  p.direct = IsPlainStore(step.epilogue);
  const bool floats = IsFloatStorage(p.a.view->dtype) && IsFloatStorage(p.b.view->dtype);
  p.thin = kSame<T, float> && floats && p.m <= kThinRows && (p.b.stride == 1 || p.b.k_stride == 1);
  p.a_in_place = SameAsRegister(p.a.view->dtype) && p.a.k_stride == 1;
  p.b_in_place = SameAsRegister(p.b.view->dtype) && p.b.stride == 1 &&
                 (p.m <= kFewRows || (p.m <= kMaxScratchRows && FitsCache<T>(p.k, p.b.k_stride)));
  Cut<T>(&p);
}

// What a matmul step asks for.
template <class T>
Problem Describe(const Step& step) {
  const View &a = step.views[0], &b = step.views[1];
  Problem p;
  p.batch = step.ints[0];
  p.m = step.ints[1];
  p.n = step.ints[2];
  p.k = step.ints[3];
  p.a = {&a, StrideOf(a, 0), StrideOf(a, 1)};
  p.b = {&b, StrideOf(b, 1), StrideOf(b, 0)};
  if (p.k == 0) p.a.k_stride = p.a.stride = p.b.k_stride = p.b.stride = 0;  // no memory to point into
  FoldBatch(&p);
  CutMatrices<T>(&p, step);
  return p;
}

// Sizes of an operand are batch..., rows, cols. A view of one element may have none.
MIA_INLINE bool IsMatrices(const View& view, int64_t batch, int64_t rows, int64_t cols) {
  if (view.nd == 0) return batch == 1 && rows == 1 && cols == 1;
  if (view.nd < 2 || view.size[view.nd - 2] != rows || view.size[view.nd - 1] != cols) return false;
  return SizeProduct(view.size, view.nd - 2) == batch;
}

MIA_END
