// Reading index tensors, of any integer dtype and any strides.
#pragma once

#include "kernels/views.inl"
#include "kernels/work.inl"

MIA_BEGIN

struct IndexReader {
  alignas(64) char home[kRegBytes];
  int64_t values[kTile];

  // Elements [begin, begin + count) of the view into `values`; false, and the step fails, if one is not in [0, limit).
  MIA_NOINLINE bool Read(const View& view, const Frame& frame, int64_t begin, int count, int64_t limit) {
    const void* tile = LoadTile(view, frame.base, begin, count, home, true);
    WithType(RegOf(view.dtype), [&](auto t) {
      const auto* x = static_cast<const decltype(t)*>(tile);
      for (int i = 0; i < count; i++) values[i] = static_cast<int64_t>(x[i]);
    });
    for (int i = 0; i < count; i++) {
      if (values[i] < 0 || values[i] >= limit) {
        Fail(frame, Status::kIndexOutOfRange, values[i]);
        return false;
      }
    }
    return true;
  }
};

MIA_INLINE bool IsIndex(const View& view) {
  const Reg reg = RegOf(view.dtype);
  return reg != Reg::k_f32 && reg != Reg::k_f64 && view.dtype != DType::k_bool;
}

// Has the view exactly these dims? One of a single element may have none.
inline bool HasDims(const View& view, const int64_t* dims, int n) {
  if (view.nd == 0) return SizeProduct(dims, n) == 1;
  if (view.nd != n) return false;
  for (int d = 0; d < n; d++) {
    if (view.size[d] != dims[d]) return false;
  }
  return true;
}
MIA_INLINE int64_t StrideAt(const View& view, int dim) { return view.nd == 0 ? 0 : view.stride[dim]; }

// What costs to move n bytes somewhere unforeseen.
MIA_INLINE double MoveCost(double bytes) { return 3 + bytes * 0.1; }

MIA_END
