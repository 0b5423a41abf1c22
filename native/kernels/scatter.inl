// scatter.set, scatter.add.<T>: out[o, indices[j], i] = or += updates[o, j, i], in the order of j; out holds the old
// values already. ints [outer, axis, inner, n]; views [out (linear), indices (n of any integer dtype), updates (dims
// outer, n, inner, any strides)]. T is the register type of out and updates, which may differ in dtype for add only.
#pragma once

#include "kernels/indices.inl"
#include "kernels/fold.inl"

MIA_BEGIN

// A unit is a block of up to kTile columns of one matrix `o`: no other unit touches them, so equal indices stay in
// order.
template <class Put>
MIA_INLINE void ForUpdates(const Step& step, const Frame& frame, int64_t begin, int64_t end, Put put) {
  const View &indices = step.views[1];
  const int64_t axis = step.ints[1], inner = step.ints[2], n = step.ints[3], blocks = BlocksOf(inner, kTile);
  IndexReader reader;
  for (int64_t unit = begin; unit < end; unit++) {
    const int64_t o = unit / blocks, i = unit % blocks * kTile;
    const int64_t width = MinOf(kTile, inner - i), together = width == inner ? kTile / width : 1;
    for (int64_t j = 0; j < n; j += kTile) {
      const int64_t stop = MinOf(n, j + kTile);
      if (!reader.Read(indices, frame, j, static_cast<int>(stop - j), axis)) return;
      for (int64_t k = j; k < stop; k += together) {
        const int rows = static_cast<int>(MinOf(together, stop - k));
        put((o * n + k) * inner + i, (o * axis) * inner + i, reader.values + (k - j), rows, static_cast<int>(width));
      }
    }
  }
}

inline void ScatterSetRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  const View &out = step.views[0], &updates = step.views[2];
  const int64_t inner = step.ints[2], bytes = DTypeBytes(out.dtype);
  char* const to = LinearMemory(out, frame.base, 0);
  char tile[kRegBytes];
  ForUpdates(step, frame, begin, end, [&](int64_t from, int64_t at, const int64_t* rows, int count, int width) {
    const char* x = tile;
    if (updates.access == Access::kLinear) {
      x = LinearMemory(updates, frame.base, from);
    } else {
      GatherStrided(updates, frame.base[updates.loc], from, count * width, tile);
    }
    for (int k = 0; k < count; k++) {
      memcpy(to + (at + rows[k] * inner) * bytes, x + k * width * bytes, static_cast<size_t>(width * bytes));
    }
  });
}

template <class T>
void ScatterAddRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  const View &out = step.views[0], &updates = step.views[2];
  const int64_t inner = step.ints[2], bytes = DTypeBytes(out.dtype);
  char* const to = LinearMemory(out, frame.base, 0);
  alignas(64) char home[kRegBytes];
  ForUpdates(step, frame, begin, end, [&](int64_t from, int64_t at, const int64_t* rows, int count, int width) {
    const T* x = static_cast<const T*>(LoadTile(updates, frame.base, from, count * width, home, true));
    for (int k = 0; k < count; k++, x += width) {
      char* row = to + (at + rows[k] * inner) * bytes;
      if (SameAsRegister(out.dtype)) {
        T* y = reinterpret_cast<T*>(row);
        for (int i = 0; i < width; i++) y[i] = Add(y[i], x[i]);
      } else {
        T sum[kTile];
        FromMemory(out.dtype, sum, row, width);
        for (int i = 0; i < width; i++) sum[i] = Add(sum[i], x[i]);
        ToMemory(out.dtype, row, sum, width);
      }
    }
  });
}

inline Work ScatterWork(const Step& step, int) {
  const int64_t inner = step.ints[2], width = MinOf(kTile, inner);
  const double cost = static_cast<double>(step.ints[3]) *
                      MoveCost(2.0 * static_cast<double>(width * DTypeBytes(step.views[0].dtype)));
  return {step.ints[3] == 0 ? 0 : step.ints[0] * BlocksOf(inner, kTile), GrainOf(cost), cost};
}

inline const char* ScatterCheck(const Step& step) {
  if (step.num_ints != 4 || step.num_views != 3) return "scatter takes ints [outer, axis, inner, n] and three views";
  const View &out = step.views[0], &indices = step.views[1], &updates = step.views[2];
  const int64_t dims[] = {step.ints[0], step.ints[3], step.ints[2]};
  const int64_t n = SizeProduct(step.ints, 3);
  if (n < 0 || SizeProduct(dims, 3) < 0) return "scatter's sizes are out of range";
  if (out.access != Access::kLinear || out.count != n) return "scatter's output is not [outer, axis, inner]";
  if (!IsIndex(indices) || indices.count != step.ints[3]) return "scatter's indices are not n integers";
  if (!HasDims(updates, dims, 3)) return "scatter's updates are not [outer, n, inner]";
  return nullptr;
}
inline const char* ScatterSetCheck(const Step& step) {
  if (const char* reason = ScatterCheck(step)) return reason;
  return step.views[0].dtype == step.views[2].dtype ? nullptr : "scatter.set's output and updates differ in dtype";
}
template <class T>
const char* ScatterAddCheck(const Step& step) {
  if (const char* reason = ScatterCheck(step)) return reason;
  bool same = false;
  WithType(RegOf(step.views[0].dtype), [&](auto t) { same = kSameType<decltype(t), T>; });
  if (!same || RegOf(step.views[0].dtype) != RegOf(step.views[2].dtype)) return "scatter.add is of another type";
  return nullptr;
}

MIA_END
