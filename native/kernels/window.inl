// Windows that slide over images [N, C, H, W]: which pixels the taps of each window see, and pixels as vectors.
#pragma once

#include "kernels/indices.inl"
#include "kernels/pack.inl"

MIA_BEGIN

// The first integers of a step: [N, C, H, W, OH, OW, kh, kw, stride_h, stride_w, top, left, dilation_h, dilation_w].
// Tap (ky, kx) of window (oh, ow) is pixel (oh stride_h + ky dilation_h - top, ow stride_w + kx dilation_w - left);
// what lies outside the image is padding.
struct Window {
  int64_t n, c, h, w;
  int64_t oh, ow;
  int64_t kh, kw;
  int64_t stride_h, stride_w;
  int64_t top, left;
  int64_t dilation_h, dilation_w;

  int64_t taps() const { return kh * kw; }
  int64_t windows() const { return oh * ow; }
};
constexpr int kWindowInts = 14;

MIA_INLINE Window WindowOf(const int64_t* ints) {
  return {ints[0], ints[1], ints[2], ints[3],  ints[4],  ints[5],  ints[6],
          ints[7], ints[8], ints[9], ints[10], ints[11], ints[12], ints[13]};
}

struct Range {
  int64_t first, end;
};
// The i of [begin, end) with start + i * step in [0, size).
MIA_INLINE Range Inside(int64_t start, int64_t step, int64_t size, int64_t begin, int64_t end) {
  int64_t first = start < 0 ? -start : 0, last = size > start ? size - start : 0;
  if (step != 1) {
    first = BlocksOf(first, step);
    last = BlocksOf(last, step);
  }
  first = MinOf(MaxOf(first, begin), end);
  return {first, MaxOf(first, MinOf(last, end))};
}

// One channel of one image: pixel (y, x) is data[y * row + x * col].
template <class Storage>
struct Plane {
  const Storage* data;
  int64_t row, col;
};
template <class Storage>
MIA_INLINE Plane<Storage> PlaneOf(const View& x, const Frame& frame, int64_t image, int64_t channel) {
  const int64_t offset = x.offset + image * StrideAt(x, 0) + channel * StrideAt(x, 1);
  return {reinterpret_cast<const Storage*>(frame.base[x.loc]) + offset, StrideAt(x, 2), StrideAt(x, 3)};
}

template <DType kDType, class T>
struct Stored {
  static constexpr DType dtype = kDType;
  using Storage = T;
};
// Calls fn(Stored<...>{}) with the dtype as a type, if it computes in T; integers may also in their unsigned type.
template <class T, class Fn>
MIA_INLINE void WithStorage(DType dtype, Fn fn) {
  switch (dtype) {
#define X(name, storage, reg)                                                                                   \
  case DType::k_##name:                                                                                         \
    if constexpr (kSame<T, reg> || kSame<T, Wrap<reg>>) fn(Stored<DType::k_##name, storage>{}); \
    break;
#include "kernels/dtypes.def"
#undef X
    default: break;
  }
}

// The even lanes of a, then the odd ones of b.
template <int... kIndex>
MIA_INLINE Vec EveryOther(Vec a, Vec b, Indices<kIndex...>) {
  return {__builtin_shufflevector(a.raw, b.raw, (2 * kIndex + (2 * kIndex >= kLanes))...)};
}
// p[0], p[step], ...: the first n lanes, the others 0. kStep: the step where it is known, else 0.
template <DType dtype, int kStep>
MIA_INLINE Vec LoadRun(const FloatStorage<dtype>* p, int64_t step, int n) {
  if constexpr (kStep == 1) {
    return LoadFirst<dtype>(p, n);
  } else if constexpr (kStep == 2 && kLanes > 1) {
    // b begins one element early, so that nothing behind the last lane is read.
    const int reach = n < kLanes ? 2 * n - 1 : 2 * kLanes - 1;
    const Vec a = LoadFirst<dtype>(p, reach);
    const Vec b = reach >= kLanes ? LoadFirst<dtype>(p + kLanes - 1, reach - kLanes + 1) : Zero();
    return EveryOther(a, b, typename MakeIndices<kLanes>::Type());
  } else {
    float lanes[kLanes] = {};
    for (int i = 0; i < kLanes && i < n; i++) {
      lanes[i] = FromStorage<dtype, FloatStorage<dtype>, float>(p[i * step]);
    }
    return Load(lanes);
  }
}

template <int kValue>
struct Number {
  static constexpr int value = kValue;
};
// Calls fn(Number<kStep>{}) for LoadRun.
template <class Fn>
MIA_INLINE void WithStep(int64_t step, Fn fn) {
  if (step == 1) return fn(Number<1>{});
  if (step == 2) return fn(Number<2>{});
  fn(Number<0>{});
}

// Why the integers are not those of windows over view x, or null. The limits keep every product of them in an int64.
inline const char* WindowCheck(const Step& step, const View& x) {
  for (int i = 0; i < kWindowInts; i++) {
    const int64_t least = i < 6 || i == 10 || i == 11 ? 0 : 1;  // taps, strides and dilations are not 0
    if (step.ints[i] < least || step.ints[i] > INT32_MAX) return "a size of a window is out of range";
  }
  if (SizeProduct(step.ints, 4) < 0) return "an image's size is out of range";
  if (!HasDims(x, step.ints, 4)) return "the image is not [N, C, H, W]";
  const Window w = WindowOf(step.ints);
  const int64_t row = StrideAt(x, 2), col = StrideAt(x, 3);
  const int64_t steps[][2] = {{row, w.stride_h}, {row, w.dilation_h}, {col, w.stride_w}, {col, w.dilation_w}};
  for (const auto& pair : steps) {
    const int64_t both[] = {pair[0] < 0 ? -pair[0] : pair[0], pair[1]};
    if (SizeProduct(both, 2) < 0) return "a window steps too far";
  }
  return nullptr;
}

MIA_END
