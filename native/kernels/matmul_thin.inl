// Thin matmul, at most kThinRows rows of f32: bound by reading B, so B is read once, in order, and never
// packed.
#pragma once

#include "kernels/matmul_block.inl"

MIA_BEGIN

// A: [rows, depth], C: [rows, cols], both row-major but for their stride between rows.
struct ThinBlock {
  const float* a;
  int64_t a_row, depth;
  const void* b;
  int64_t b_stride;  // the one that is not 1
  float* c;
  int64_t c_row, cols;
};

// C += A[:, k .. k + kSteps) B[k .. k + kSteps, :] with rows of B in memory order: C is visited once for
// kSteps rows.
template <DType dtype, int kRows, int kSteps>
MIA_INLINE void AddRows(const ThinBlock& t, int64_t k) {
  Vec x[kRows][kSteps];
  MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
    MIA_UNROLL_ALL for (int s = 0; s < kSteps; s++) x[i][s] = Set(t.a[i * t.a_row + k + s]);
  }
  const FloatStorage<dtype>* const b = static_cast<const FloatStorage<dtype>*>(t.b) + k * t.b_stride;
  const auto add = [&](int64_t j, int n) {
    Vec row[kSteps];
    MIA_UNROLL_ALL for (int s = 0; s < kSteps; s++) row[s] = LoadFirst<dtype>(b + s * t.b_stride + j, n);
    MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
      float* const out = t.c + i * t.c_row + j;
      Vec sum = LoadFirst<DType::k_f32>(out, n);
      MIA_UNROLL_ALL for (int s = 0; s < kSteps; s++) sum = MulAdd(x[i][s], row[s], sum);
      if (n == kLanes) {
        Store(out, sum);
      } else {
        StorePartial(out, sum, n);
      }
    }
  };
  int64_t j = 0;
  for (; j + kLanes <= t.cols; j += kLanes) add(j, kLanes);
  if (j < t.cols) add(j, static_cast<int>(t.cols - j));
}

// C[:, j .. j + kCols) += A B[:, j .. j + kCols) with columns of B in memory order.
template <DType dtype, int kRows, int kCols>
MIA_INLINE void AddDots(const ThinBlock& t, int64_t j) {
  const FloatStorage<dtype>* const b = static_cast<const FloatStorage<dtype>*>(t.b) + j * t.b_stride;
  Vec sum[kRows][kCols];
  MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
    MIA_UNROLL_ALL for (int c = 0; c < kCols; c++) sum[i][c] = Zero();
  }
  const auto add = [&](int64_t k, int n) {
    Vec column[kCols];
    MIA_UNROLL_ALL for (int c = 0; c < kCols; c++) column[c] = LoadFirst<dtype>(b + c * t.b_stride + k, n);
    MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
      const Vec x = LoadFirst<DType::k_f32>(t.a + i * t.a_row + k, n);
      MIA_UNROLL_ALL for (int c = 0; c < kCols; c++) sum[i][c] = MulAdd(x, column[c], sum[i][c]);
    }
  };
  int64_t k = 0;
  for (; k + kLanes <= t.depth; k += kLanes) add(k, kLanes);
  if (k < t.depth) add(k, static_cast<int>(t.depth - k));
  MIA_UNROLL_ALL for (int i = 0; i < kRows; i++) {
    MIA_UNROLL_ALL for (int c = 0; c < kCols; c++) t.c[i * t.c_row + j + c] += SumOfLanes(sum[i][c]);
  }
}

template <DType dtype, int kRows>
void AddThin(const ThinBlock& t, bool columns) {
  if (columns) {
    constexpr int kCols = kRows * 8 <= kTileRows<float> * kTileVecs<float>   ? 8
                          : kRows * 4 <= kTileRows<float> * kTileVecs<float> ? 4
                                                                             : 2;
    int64_t j = 0;
    for (; j + kCols <= t.cols; j += kCols) AddDots<dtype, kRows, kCols>(t, j);
    for (; j < t.cols; j++) AddDots<dtype, kRows, 1>(t, j);
  } else {
    constexpr int kSteps = kRows == 1 ? 8 : 4;
    int64_t k = 0;
    for (; k + kSteps <= t.depth; k += kSteps) AddRows<dtype, kRows, kSteps>(t, k);
    for (; k < t.depth; k++) AddRows<dtype, kRows, 1>(t, k);
  }
}
template <DType dtype>
void AddThinRows(const ThinBlock& t, int64_t rows, bool columns) {
  static_assert(kThinRows == 4, "one call for each number of rows");
  switch (rows) {
    case 1:
      return AddThin<dtype, 1>(t, columns);
    case 2:
      return AddThin<dtype, 2>(t, columns);
    case 3:
      return AddThin<dtype, 3>(t, columns);
    default:
      return AddThin<dtype, 4>(t, columns);
  }
}

inline void RunThin(const Problem& p, const Step& step, const Frame& frame, int64_t begin, int64_t end) {
  constexpr int64_t kPackedDepth = kPanelBytes / kThinRows / static_cast<int64_t>(sizeof(float));
  float* const packed = reinterpret_cast<float*>(KernelScratch(frame));
  Sink<float> sink(p, step, frame,
                   reinterpret_cast<float*>(KernelScratch(frame) + 2 * kPanelBytes + kRowsBytes));
  const DType dtype = p.b.view->dtype;
  const bool columns = p.b.k_stride == 1;
  for (int64_t unit = begin, count; unit < end; unit += count) {
    const int64_t batch = unit / p.panels, j0 = unit % p.panels * p.cols;
    count = MinOf(MinOf(kTile / p.cols, p.panels - unit % p.panels), end - unit);
    ThinBlock t;
    t.cols = MinOf(count * p.cols, p.n - j0);
    t.c = sink.Begin(batch, 0, j0);
    t.c_row = sink.Stride(t.cols);
    for (int64_t i = 0; i < p.m; i++) memset(t.c + i * t.c_row, 0, t.cols * sizeof(float));
    const Source a = MatrixOf(p.a, frame, batch), b = MatrixOf(p.b, frame, batch);
    t.b_stride = columns ? p.b.stride : p.b.k_stride;
    for (int64_t k = 0; k < p.k; k += t.depth) {
      t.depth = p.a_in_place ? p.k : MinOf(kPackedDepth, p.k - k);
      const Source from_k = a.From(k, 0);
      if (p.a_in_place) {
        t.a = static_cast<const float*>(a.data);
        t.a_row = p.a.stride;
      } else {  // rows as they are: k is the dimension that stays innermost
        t.a = packed;
        t.a_row = RoundUp(t.depth, kLanes);
        Pack(packed, t.a_row, {from_k.data, a.dtype, a.stride, a.k_stride}, p.m, t.depth);
      }
      t.b = b.From(k, j0).data;
      if (dtype == DType::k_f32) AddThinRows<DType::k_f32>(t, p.m, columns);
      if (dtype == DType::k_f16) AddThinRows<DType::k_f16>(t, p.m, columns);
      if (dtype == DType::k_bf16) AddThinRows<DType::k_bf16>(t, p.m, columns);
    }
    sink.Finish(batch, 0, j0, p.m, t.cols);
  }
  sink.Close();
}

MIA_END
