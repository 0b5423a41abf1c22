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

// kVecs vectors of results, or the first n elements of one; x: where their tap (rows.first, 0) lies.
template <DType dtype, int kStep, int kVecs, class Fold>
MIA_INLINE void FoldVectors(const Fold& fold, const Window& w, const Plane<FloatStorage<dtype>>& plane, Range rows,
                            const FloatStorage<dtype>* x, int n, float* y) {
  const int64_t step = w.stride_w * plane.col, right = w.dilation_w * plane.col, down = w.dilation_h * plane.row;
  Vec acc[kVecs];
  MIA_UNROLL_ALL for (int v = 0; v < kVecs; v++) acc[v] = fold.template Start<Vec>();
  for (int64_t ky = rows.first; ky < rows.end; ky++, x += down) {
    const FloatStorage<dtype>* p = x;
    for (int64_t kx = 0; kx < w.kw; kx++, p += right) {
      MIA_UNROLL_ALL for (int v = 0; v < kVecs; v++) {
        acc[v] = fold.Join(acc[v], LoadRun<dtype, kStep>(p + v * kLanes * step, step, n), ky * w.kw + kx);
      }
    }
  }
  const int64_t taps = (rows.end - rows.first) * w.kw;
  MIA_UNROLL_ALL for (int v = 0; v < kVecs; v++) {
    const Vec result = fold.End(acc[v], taps);
    if (n == kLanes) {
      Store(y + v * kLanes, result);
    } else {
      StorePartial(y, result, n);
    }
  }
}

// n results whose taps all lie inside the row; the last vectors may compute again what others did.
template <DType dtype, int kStep, class Fold>
MIA_INLINE void FoldStretch(const Fold& fold, const Window& w, const Plane<FloatStorage<dtype>>& plane, Range rows,
                            const FloatStorage<dtype>* x, int64_t n, float* y) {
  constexpr int kPair = 2 * kLanes;
  const int64_t step = w.stride_w * plane.col;
  if (n < kLanes) return FoldVectors<dtype, kStep, 1>(fold, w, plane, rows, x, static_cast<int>(n), y);
  const int64_t block = n < kPair ? kLanes : kPair;
  for (int64_t done = 0; done < n; done += block) {
    const int64_t at = MinOf(done, n - block);
    if (block == kLanes) {
      FoldVectors<dtype, kStep, 1>(fold, w, plane, rows, x + at * step, kLanes, y + at);
    } else {
      FoldVectors<dtype, kStep, 2>(fold, w, plane, rows, x + at * step, kLanes, y + at);
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
      const Storage* x = plane.data + (top + rows.first * w.dilation_h) * plane.row +
                         (ow * w.stride_w - w.left) * plane.col;
      WithStep(w.stride_w * plane.col, [&](auto known) {
        FoldStretch<dtype, decltype(known)::value>(fold, w, plane, rows, x, inner.end - ow, y + (ow - begin));
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
  int64_t oh = begin % w.oh, ow = 0, plane = begin / w.oh % planes, image = begin / w.oh / planes;
  auto fold = fold_of(plane);
  WithStorage<T>(x.dtype, [&](auto stored) {
    using S = decltype(stored);
    auto pixels = PlaneOf<typename S::Storage>(x, frame, image, plane / each);
    for (int64_t at = begin * w.ow, count; at < end * w.ow; at += count) {
      count = MinOf(kTile, end * w.ow - at);
      T* const y = epilogue.Input<T>(at);
      for (int64_t i = 0, n; i < count; i += n) {
        if (ow == w.ow) {  // the next row, of the next plane, of the next image
          ow = 0;
          if (++oh == w.oh) {
            oh = 0;
            if (++plane == planes) plane = 0, image++;
            fold = fold_of(plane);
            pixels = PlaneOf<typename S::Storage>(x, frame, image, plane / each);
          }
        }
        n = MinOf(w.ow - ow, count - i);
        FoldRow<T, S::dtype>(fold, w, pixels, oh, ow, ow + n, y + i);
        ow += n;
      }
      epilogue.Run(at, static_cast<int>(count));
    }
  });
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
