// linear.<format>.f32: C [M, N] = A [M, K] x weights that pack.<format> made into an image. ints [M, N, K];
// views [A (any strides, storage any dtype whose register type is f32), image (u32)]. Formats narrower than
// f32 decide the arithmetic: A is rounded to bf16 where pairs of it multiply as they are, and quantised for
// bytes (docs/numerics.md). Phase 0 prepares rows of A that cannot be read where they are; phase 1
// multiplies. The epilogue's register 0 is C at i * N + j.
#pragma once

#include "kernels/linear_blocks.inl"
#include "kernels/linear_pack.inl"
#include "kernels/linear_panels.inl"

MIA_BEGIN

template <class F>
Work LinearWork(const Step& step, int phase) {
  const LinearProblem<F> p(step);
  const auto k = static_cast<double>(p.k);
  if (phase == 0) {
    const double cost = k * 0.15 + 2;
    return {p.in_place ? 0 : p.m, GrainOf(cost), cost};
  }
  const auto rows = static_cast<double>(MinOf(p.rows, p.m)),
             cols = static_cast<double>(MinOf(p.n, ColsOf<F>()));
  constexpr double kRate = LinearProblem<F>::kRowDType == DType::k_i8     ? kDotsPerNs
                           : LinearProblem<F>::kRowDType == DType::k_bf16 ? kFlopsPerNs
                                                                          : kFlopsPerNs / 2;
  double cost = MaxOf(rows * cols * k / kRate, static_cast<double>(PanelBytesOf<F>(p.k)) / kBytesPerNs);
  cost += rows * cols * (p.direct ? 0.05 : 0.1 + ProgramCost(step.epilogue));
  return {p.bands * p.panels, 1, cost};
}

template <class F>
size_t LinearShared(const Step& step) {
  const LinearProblem<F> p(step);
  return p.in_place ? 0 : static_cast<size_t>(p.SharedRows() * p.row_stride);
}

// Row i of A, in shared scratch, as the product takes it.
template <class F>
void PrepareRows(const LinearProblem<F>& p, const Frame& frame, int64_t begin, int64_t end) {
  constexpr DType kTo = LinearProblem<F>::kRowDType;
  const Source a = MatrixOf({p.a, StrideOf(*p.a, 0), StrideOf(*p.a, 1)}, frame, 0);
  float* const wide = reinterpret_cast<float*>(KernelScratch(frame));  // a row, or a stretch of it
  constexpr int64_t kWide = kPanelBytes / static_cast<int64_t>(sizeof(float)) - kLanes;
  char* const narrow = KernelScratch(frame) + kPanelBytes;  // it, rounded, on its way into units
  for (int64_t i = begin; i < end; i++) {
    const Source row = a.From(0, i);
    const bool plain = row.dtype == DType::k_f32 && (row.k_stride == 1 || p.k == 1);
    const auto stretch = [&](int64_t k, int64_t n) {
      if (plain) return static_cast<const float*>(row.From(k, 0).data);
      const Source part = row.From(k, 0);
      Pack(wide, RoundUp(n, kLanes), {part.data, part.dtype, part.stride, part.k_stride}, 1, n);
      return static_cast<const float*>(wide);
    };
    if constexpr (kTo == DType::k_i8 && !F::kBlocks) {
      QuantizeRow(p.ByteRowOf(frame, i, narrow), stretch, kWide);
      if (p.matrix) p.PutUnits(frame, i, 0, narrow, ByteRow::Filled(p.k));
    } else {
      for (int64_t k = 0, n; k < p.k; k += n) {
        n = MinOf(p.k - k, kWide / 256 * 256);
        const float* const x = stretch(k, n);
        char* const to = p.SharedRow(frame, i);
        if constexpr (F::kBlocks) {
          QuantizeBlocks<F>(p.TileOf(frame, i), static_cast<int>(i % p.tile), k, x, n);
        } else if constexpr (kTo == DType::k_bf16) {
          const int64_t filled = k + n < p.k ? n : F::StepsOf(p.k) * F::kPerStep - k;
          RoundRow(reinterpret_cast<uint16_t*>(p.matrix ? narrow : to + 2 * k), x, n, filled);
          if (p.matrix) p.PutUnits(frame, i, 2 * k / kUnitBytes, narrow, 2 * filled);
        } else {
          memcpy(reinterpret_cast<float*>(to) + k, x, static_cast<size_t>(n) * sizeof(float));
        }
      }
    }
  }
}

template <class F>
void LinearRun(const Step& step, const Frame& frame, int phase, int64_t begin, int64_t end) {
  const LinearProblem<F> p(step);
  if (phase == 0) return PrepareRows<F>(p, frame, begin, end);
  Problem sizes;  // what a sink looks at
  sizes.m = p.m;
  sizes.n = p.n;
  sizes.direct = p.direct;
  const View& view = step.views[1];
  const char* const image = frame.base[view.loc] + BytesOf(view.dtype, view.offset);
  Sink<float> sink(sizes, step, frame,
                   reinterpret_cast<float*>(KernelScratch(frame) + 2 * kPanelBytes + kRowsBytes));
  const auto run = [&](auto product) {
    const int64_t room =
        kMaxScratchRows * kMaxScratchCols<float> / MaxOf(p.rows, kMaxScratchRows);  // columns
    const int64_t most = p.direct ? p.panels : MaxOf(1, room / ColsOf<F>());
    for (int64_t unit = begin, panels; unit < end; unit += panels) {
      const int64_t first = unit % p.panels, i0 = unit / p.panels * p.rows;
      panels = MinOf(MinOf(most, p.panels - first), end - unit);
      product.Run(i0, MinOf(p.rows, p.m - i0), first, first + panels);
    }
    product.sink.Close();
  };
  if constexpr (F::kBlocks) {
    run(BlockProduct<F>{p, frame, image, sink});
  } else {
    run(PanelProduct<F>{p, frame, image, sink});
  }
}

template <class F>
const char* LinearCheck(const Step& step) {
  if (step.num_ints != 3 || step.num_views != 2) return "linear takes ints [M, N, K] and views [A, image]";
  const int64_t m = step.ints[0], n = step.ints[1], k = step.ints[2];
  const View &a = step.views[0], &image = step.views[1];
  const int64_t products = SizeProduct(step.ints, 2), reads[] = {m, k, 16}, weights[] = {n, k, 8};
  if (products < 1 || SizeProduct(reads, 3) < 1 || SizeProduct(weights, 3) < 1)
    return "linear: a size is out of range";
  if (k % F::kGroup != 0 && F::kBlocks) return "linear: K is not whole blocks";
  if (LinearProblem<F>::kRowDType == DType::k_i8 && k > kMostBytes)
    return "linear: sums of so many bytes overflow";
  if (!IsMatrices(a, 1, m, k)) return "linear: A is not [M, K]";
  if (RegOf(a.dtype) != Reg::k_f32) return "linear: A is of another type";
  if (!IsImage<F>(image, n, k)) return "linear: the image is not words in a row, or of another size";
  if (step.epilogue.num_stores == 0) return "linear stores nothing";
  if (!Covers(step.epilogue, products)) return "linear: the epilogue does not have M * N elements";
  return nullptr;
}

MIA_END

// What formats.def makes of a format in a list of X(...).
#define LINEAR_KERNELS(name, F)                                      \
  X("pack." name, 1, PackWork<F>, PackRun<F>, nullptr, PackCheck<F>) \
  X("linear." name ".f32", 2, LinearWork<F>, LinearRun<F>, LinearShared<F>, LinearCheck<F>)
