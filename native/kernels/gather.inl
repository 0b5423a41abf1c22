// gather: out[o, j, i] = table[o, indices[j], i]. ints [outer, axis, inner, n]; views [table (dims outer, axis,
// inner, any
// strides), indices (n of any integer dtype), out (linear)]. Bytes move: table and out have one dtype, whichever.
#pragma once

#include "kernels/indices.inl"

MIA_BEGIN

template <class T>
void GatherRange(const Step& step, const Frame& frame, int64_t begin, int64_t end) {
  const View &table = step.views[0], &indices = step.views[1], &out = step.views[2];
  const int64_t axis = step.ints[1], inner = step.ints[2], n = step.ints[3];
  const int64_t o_stride = StrideAt(table, 0), axis_stride = StrideAt(table, 1), stride = StrideAt(table, 2);
  const T* const from = reinterpret_cast<const T*>(frame.base[table.loc]) + table.offset;
  T* to = reinterpret_cast<T*>(frame.base[out.loc]) + out.offset + begin * inner;
  IndexReader reader;
  while (begin < end) {
    const int64_t o = begin / n, j = begin % n;
    const int count = static_cast<int>(MinOf(kTile, MinOf(end - begin, n - j)));
    if (!reader.Read(indices, frame, j, count, axis)) return;
    const T* const matrix = from + o * o_stride;
    if (inner == 1) {
      for (int k = 0; k < count; k++) to[k] = matrix[reader.values[k] * axis_stride];
    } else if (stride == 1) {
      for (int k = 0; k < count; k++) {
        memcpy(to + k * inner, matrix + reader.values[k] * axis_stride, static_cast<size_t>(inner) * sizeof(T));
      }
    } else {
      for (int k = 0; k < count; k++) {
        const T* row = matrix + reader.values[k] * axis_stride;
        for (int64_t i = 0; i < inner; i++) to[k * inner + i] = row[i * stride];
      }
    }
    to += count * inner;
    begin += count;
  }
}

// Units are rows (o, j).
inline void GatherRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  switch (DTypeBytes(step.views[0].dtype)) {
    case 1: return GatherRange<Bytes<uint8_t>>(step, frame, begin, end);
    case 2: return GatherRange<Bytes<uint16_t>>(step, frame, begin, end);
    case 4: return GatherRange<Bytes<uint32_t>>(step, frame, begin, end);
    default: return GatherRange<Bytes<uint64_t>>(step, frame, begin, end);
  }
}

inline Work GatherWork(const Step& step, int) {
  const double cost = MoveCost(static_cast<double>(step.ints[2] * DTypeBytes(step.views[0].dtype)));
  return {step.ints[2] == 0 ? 0 : step.ints[0] * step.ints[3], GrainOf(cost), cost};
}

inline const char* GatherCheck(const Step& step) {
  if (step.num_ints != 4 || step.num_views != 3) return "gather takes ints [outer, axis, inner, n] and three views";
  const View &table = step.views[0], &indices = step.views[1], &out = step.views[2];
  const int64_t results[] = {step.ints[0], step.ints[2], step.ints[3]};
  const int64_t n = SizeProduct(results, 3);
  if (n < 0 || SizeProduct(step.ints, 3) < 0) return "gather's sizes are out of range";
  if (!HasDims(table, step.ints, 3)) return "gather's table is not [outer, axis, inner]";
  if (!IsIndex(indices) || indices.count != step.ints[3]) return "gather's indices are not n integers";
  if (out.dtype != table.dtype || out.access != Access::kLinear || out.count != n) {
    return "gather's output is not outer * n * inner elements of the table's dtype";
  }
  return nullptr;
}

MIA_END
