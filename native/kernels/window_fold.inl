// Folds of the taps of every window, straight from the image: pooling and depthwise convolution. Along a row of results
// the windows whose taps all lie inside the image fold as vectors; those at its border one by one.
#pragma once

#include "kernels/tile.inl"
#include "kernels/window.inl"

MIA_BEGIN

template <class V, class T>
MIA_INLINE V Every(T x) {  // x, or x in every lane
  if constexpr (kSame<V, Vec>) return Set(x);
  else return x;
}

// Each fold: Start, Join of tap `index` with value x, End after `taps` taps inside the image. V: T, or lanes of it.
template <class T>
struct MaxTaps {
  template <class V>
  MIA_INLINE V Start() const {
    return Every<V>(Limits<T>::kLowest);
  }
  template <class V>
  MIA_INLINE V Join(V acc, V x, int64_t) const {
    return MaxNan(acc, x);
  }
  template <class V>
  MIA_INLINE V End(V acc, int64_t) const {
    return acc;
  }
};

template <class T>
struct MeanTaps {
  int64_t divisor;  // 0: the taps inside the image
  template <class V>
  MIA_INLINE V Start() const {
    return Every<V>(T(0));
  }
  template <class V>
  MIA_INLINE V Join(V acc, V x, int64_t) const {
    return Add(acc, x);
  }
  template <class V>
  MIA_INLINE V End(V acc, int64_t taps) const {
    return Div(acc, Every<V>(static_cast<T>(divisor > 0 ? divisor : taps)));
  }
};

template <class T>
struct WeightedTaps {
  const T* weights;  // [kh, kw]
  template <class V>
  MIA_INLINE V Start() const {
    return Every<V>(T(0));
  }
  template <class V>
  MIA_INLINE V Join(V acc, V x, int64_t index) const {
    if constexpr (kSame<V, Vec>) return MulAdd(Set(weights[index]), x, acc);
    else return Add(acc, Mul(weights[index], x));
  }
  template <class V>
  MIA_INLINE V End(V acc, int64_t) const {
    return acc;
  }
};

// kVecs vectors of results, of which the first n elements are stored; x: where their tap (rows.first, 0) lies.
template <DType dtype, int kStep, int kVecs, class Fold>
MIA_INLINE void FoldVectors(const Fold& fold, const Window& w, const Plane<FloatStorage<dtype>>& plane, Range rows,
                            const FloatStorage<dtype>* x, int n, float* y) {
  const int64_t step = w.stride_w * plane.col, right = w.dilation_w * plane.col, down = w.dilation_h * plane.row;
  Vec acc[kVecs];
  MIA_UNROLL_ALL for (int v = 0; v < kVecs; v++) acc[v] = fold.template Start<Vec>();
  for (int64_t ky = rows.first; ky < rows.end; ky++) {
    const FloatStorage<dtype>* p = x + (ky - rows.first) * down;
    for (int64_t kx = 0; kx < w.kw; kx++, p += right) {
      MIA_UNROLL_ALL for (int v = 0; v < kVecs; v++) {
        const Vec pixels = LoadRun<dtype, kStep>(p + v * kLanes * step, step, kVecs > 1 ? kLanes : n);
        acc[v] = fold.Join(acc[v], pixels, ky * w.kw + kx);
      }
    }
  }
  const int64_t taps = (rows.end - rows.first) * w.kw;
  MIA_UNROLL_ALL for (int v = 0; v < kVecs; v++) {
    const Vec result = fold.End(acc[v], taps);
    if (kVecs > 1 || n == kLanes) {
      Store(y + v * kLanes, result);
    } else {
      StorePartial(y, result, n);
    }
  }
}

// Results [begin, end) of row oh, into y.
template <class T, DType dtype, class Storage, class Fold>
MIA_NOINLINE void FoldRow(const Fold& fold, const Window& w, const Plane<Storage>& plane, int64_t oh, int64_t begin,
                          int64_t end, T* y) {
  const int64_t top = oh * w.stride_h - w.top;
  const Range rows = Inside(top, w.dilation_h, w.h, 0, w.kh);
  const auto one = [&](int64_t ow) {
    const int64_t left = ow * w.stride_w - w.left;
    const Range cols = Inside(left, w.dilation_w, w.w, 0, w.kw);
    T acc = fold.template Start<T>();
    for (int64_t ky = rows.first; ky < rows.end; ky++) {
      const Storage* row = plane.data + (top + ky * w.dilation_h) * plane.row;
      for (int64_t kx = cols.first; kx < cols.end; kx++) {
        const T x = FromStorage<dtype, Storage, T>(row[(left + kx * w.dilation_w) * plane.col]);
        acc = fold.Join(acc, x, ky * w.kw + kx);
      }
    }
    y[ow - begin] = fold.End(acc, (rows.end - rows.first) * (cols.end - cols.first));
  };
  int64_t ow = begin;
  if constexpr (kSame<T, float>) {
    const Range first = Inside(-w.left, w.stride_w, w.w, begin, end),
                last = Inside((w.kw - 1) * w.dilation_w - w.left, w.stride_w, w.w, begin, end);
    // Where all taps of the row lie inside the image.
    const Range inner{first.first, rows.first < rows.end ? MaxOf(last.end, first.first) : first.first};
    for (; ow < inner.first; ow++) one(ow);
    if (ow < inner.end) {
      const int64_t step = w.stride_w * plane.col;
      const Storage* x = plane.data + (top + rows.first * w.dilation_h) * plane.row +
                         (ow * w.stride_w - w.left) * plane.col;
      WithStep(step, [&](auto known) {
        constexpr int kStep = decltype(known)::value, kVecs = 4;
        for (; ow + kVecs * kLanes <= inner.end; ow += kVecs * kLanes, x += kVecs * kLanes * step) {
          FoldVectors<dtype, kStep, kVecs>(fold, w, plane, rows, x, kVecs * kLanes, y + (ow - begin));
        }
        for (; ow < inner.end; ow += kLanes, x += kLanes * step) {
          const int n = static_cast<int>(MinOf(kLanes, inner.end - ow));
          FoldVectors<dtype, kStep, 1>(fold, w, plane, rows, x, n, y + (ow - begin));
        }
      });
      ow = inner.end;
    }
  }
  for (; ow < end; ow++) one(ow);
}

// Rows of results [begin, end) of `planes` planes each of N images; plane p of the results folds plane p / each of x by
// the fold that fold_of(p) makes. T: what the views compute in.
template <class T, class FoldOf>
void RunWindows(const Step& step, const Frame& frame, int64_t planes, FoldOf fold_of, int64_t begin, int64_t end) {
  const View& x = step.views[0];
  const Window w = WindowOf(step.ints);
  const int64_t each = planes / w.c;
  TileRunner epilogue;
  epilogue.Start(step.epilogue, frame.base, EpilogueScratch(frame), kTile, true);
  int64_t plane = -1;
  auto fold = fold_of(begin / w.oh % planes);
  for (int64_t at = begin * w.ow, count; at < end * w.ow; at += count) {
    count = MinOf(kTile, end * w.ow - at);
    T* const y = epilogue.Input<T>(at);
    for (int64_t i = 0, n; i < count; i += n) {
      const int64_t row = (at + i) / w.ow, ow = (at + i) % w.ow;
      n = MinOf(w.ow - ow, count - i);
      const int64_t image = row / w.oh / planes, p = row / w.oh % planes;
      if (p != plane) fold = fold_of(plane = p);
      WithStorage<T>(x.dtype, [&](auto stored) {
        using S = decltype(stored);
        FoldRow<T, S::dtype>(fold, w, PlaneOf<typename S::Storage>(x, frame, image, p / each), row % w.oh, ow, ow + n,
                             y + i);
      });
    }
    epilogue.Run(at, static_cast<int>(count));
  }
  if (epilogue.streams != 0) StreamFence();
}

// Units are rows of results.
template <class T>
Work WindowWork(const Step& step, int64_t planes) {
  const Window w = WindowOf(step.ints);
  const double taps = static_cast<double>(w.taps()), lanes = kSame<T, float> ? kLanes : 1;
  const double cost = static_cast<double>(w.ow) * (0.3 * taps / lanes + 0.2 + ProgramCost(step.epilogue)) + 10;
  return {w.ow == 0 ? 0 : w.n * planes * w.oh, GrainOf(cost), cost};
}

MIA_END
