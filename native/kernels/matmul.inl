// matmul.<T>: C[b] = A[b] B[b] for T f32 f64 i32 u32 i64 u64. ints [batch, M, N, K]; views [A, B], dims
// batch..., M, K and batch..., K, N, any strides (0 and negative too), storage any dtype whose register type
// is T; for f32, B may also be i8 or blocks along K. The epilogue's register 0 is C at index (b * M + i) * N + j.
// K = 0 gives zeros. No output may share memory with A or B.
#pragma once

#include "kernels/matmul_thin.inl"

MIA_BEGIN

// How a product may be cut, and what a unit of it costs.
template <class T>
Work ProductWork(const Problem& p, const Step& step) {
  const int64_t units = p.batch * p.bands * p.panels * p.chunks;
  if (units == 0) return {0, 1, 0};
  const double rows = static_cast<double>(MinOf(p.rows, p.m)), cols = static_cast<double>(MinOf(p.cols, p.n));
  const double depth = static_cast<double>(p.k), rate = kFlopsPerNs * (kSame<T, float> ? 1 : 0.25);
  double cost = 2 * rows * cols * depth / rate;
  const double b_bytes = p.thin ? cols * depth * DTypeBytes(p.b.view->dtype) : 0;
  if (cost < b_bytes / kBytesPerNs) cost = b_bytes / kBytesPerNs;
  cost += rows * cols * (p.direct ? 0.05 : 0.1 + ProgramCost(step.epilogue));
  return {units, 1, cost};
}

template <class T>
void RunProduct(const Problem& p, const Step& step, const Frame& frame, int64_t begin, int64_t end) {
  if constexpr (kSame<T, float>) {
    if (p.thin) return RunThin(p, step, frame, begin, end);
  }
  RunBlocked<T>(p, MatrixColumns{}, step, frame, begin, end);
}

template <class Register>
Work MatmulWork(const Step& step, int) {
  using T = Wrap<Register>;
  return ProductWork<T>(Describe<T>(step), step);
}

template <class Register>
void MatmulRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  using T = Wrap<Register>;
  RunProduct<T>(Describe<T>(step), step, frame, begin, end);
}

template <class Register>
const char* MatmulCheck(const Step& step) {
  if (step.num_ints != 4 || step.num_views != 2) return "matmul takes ints [batch, M, N, K] and views [A, B]";
  const int64_t batch = step.ints[0], m = step.ints[1], n = step.ints[2], k = step.ints[3];
  const View &a = step.views[0], &b = step.views[1];
  const int64_t products = SizeProduct(step.ints, 3);
  if (products < 0 || k < 0) return "matmul: a size is out of range";
  if (!IsMatrices(a, batch, m, k)) return "matmul: A is not [batch, M, K]";
  if (!IsMatrices(b, batch, k, n)) return "matmul: B is not [batch, K, N]";
  for (int d = 0; d < a.nd - 2 && b.nd != 0; d++) {
    if (a.nd != b.nd || a.size[d] != b.size[d]) return "matmul: A and B differ in their batch dims";
  }
  const bool weights = kSame<Register, float> && b.dtype == DType::k_i8;
  if (RegOf(a.dtype) != kReg<Register> || (RegOf(b.dtype) != kReg<Register> && !weights))
    return "matmul: A or B is of another type";
  if (IsBlock(a.dtype)) return "matmul: A is of blocks";
  if (IsBlock(b.dtype) && b.count != 0 && (b.nd < 2 || b.stride[b.nd - 2] != 1 || k % BlockElements(b.dtype) != 0))
    return "matmul: blocks of B do not run along K";
  if (step.epilogue.num_stores == 0) return "matmul stores nothing";
  if (!Covers(step.epilogue, products)) return "matmul: the epilogue does not have batch * M * N elements";
  return nullptr;
}

MIA_END
