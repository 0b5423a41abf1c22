// takeAlong: out[r, j] = x[r, indices[r, j]]. ints [rows, n, k]; views [x (dims ..., n, any strides), indices (rows *
// k of
// any integer dtype), out (linear)]. Bytes move: x and out have one dtype, whichever.
#pragma once

#include "kernels/indices.inl"

MIA_BEGIN

template <class T>
void TakeAlongRange(const Step& step, const Frame& frame, int64_t begin, int64_t end) {
  const View &x = step.views[0], &indices = step.views[1], &out = step.views[2];
  const int64_t n = step.ints[1], k = step.ints[2], stride = x.nd == 0 ? 0 : x.stride[x.nd - 1];
  const T* const from = reinterpret_cast<const T*>(frame.base[x.loc]);
  T* const to = reinterpret_cast<T*>(frame.base[out.loc]) + out.offset;
  IndexReader reader;
  for (int64_t at = begin * k; at < end * k; at += kTile) {
    const int count = static_cast<int>(MinOf(kTile, end * k - at));
    if (!reader.Read(indices, frame, at, count, n)) return;
    for (int i = 0; i < count;) {
      const int64_t r = (at + i) / k;
      const int stop = static_cast<int>(MinOf(count, (r + 1) * k - at));
      const T* row = from;
      ForEachRun(x, r * n, 1, [&](int64_t offset, int64_t, int64_t, int64_t) { row = from + offset; });
      for (; i < stop; i++) to[at + i] = row[reader.values[i] * stride];
    }
  }
}

// Units are rows.
inline void TakeAlongRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  switch (DTypeBytes(step.views[0].dtype)) {
    case 1: return TakeAlongRange<Bytes<uint8_t>>(step, frame, begin, end);
    case 2: return TakeAlongRange<Bytes<uint16_t>>(step, frame, begin, end);
    case 4: return TakeAlongRange<Bytes<uint32_t>>(step, frame, begin, end);
    default: return TakeAlongRange<Bytes<uint64_t>>(step, frame, begin, end);
  }
}

inline Work TakeAlongWork(const Step& step, int) {
  const double cost = 10 + 2 * static_cast<double>(step.ints[2]);
  return {step.ints[2] == 0 ? 0 : step.ints[0], GrainOf(cost), cost};
}

inline const char* TakeAlongCheck(const Step& step) {
  if (step.num_ints != 3 || step.num_views != 3) return "takeAlong takes ints [rows, n, k] and three views";
  const View &x = step.views[0], &indices = step.views[1], &out = step.views[2];
  const int64_t results[] = {step.ints[0], step.ints[2]};
  const int64_t elements = SizeProduct(step.ints, 2), n = SizeProduct(results, 2);
  if (elements < 0 || n < 0) return "takeAlong's sizes are out of range";
  if (x.count != elements || (x.nd > 0 ? x.size[x.nd - 1] : 1) != step.ints[1]) return "takeAlong's x is not [..., n]";
  if (!IsIndex(indices) || indices.count != n) return "takeAlong's indices are not rows * k integers";
  if (out.dtype != x.dtype || out.access != Access::kLinear || out.count != n) {
    return "takeAlong's output is not rows * k elements of x's dtype";
  }
  return nullptr;
}

MIA_END
