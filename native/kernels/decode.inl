// decode.f32: rows of blocks as numbers: y[o, j, i] = table[o, indices[j], i], or table[o, j, i] without indices.
// ints [outer, axis, inner, n]; views [table (a block dtype, dims outer, axis, inner, blocks along inner), maybe
// indices (n of any integer dtype)]. The epilogue's register 0 is y at index (o * n + j) * inner + i.
#pragma once

#include "kernels/blocks.inl"
#include "kernels/indices.inl"
#include "kernels/tile.inl"

MIA_BEGIN

// Units are rows (o, j).
inline void DecodeRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  const View& table = step.views[0];
  const int64_t axis = step.ints[1], inner = step.ints[2], n = step.ints[3];
  const int64_t block = BlockElements(table.dtype);
  TileRunner epilogue;
  epilogue.Start(step.epilogue, frame.base, EpilogueScratch(frame), kTile, true);
  IndexReader reader;
  for (int64_t unit = begin; unit < end; unit++) {
    const int64_t o = unit / n;
    int64_t j = unit % n;
    if (step.num_views == 2) {
      if (!reader.Read(step.views[1], frame, j, 1, axis)) return;
      j = reader.values[0];
    }
    const int64_t first = table.offset + o * table.stride[0] + j * table.stride[1];
    const char* const row = frame.base[table.loc] + BytesOf(table.dtype, first);
    for (int64_t i = 0; i < inner; i += kTile) {
      const int count = static_cast<int>(MinOf(kTile, inner - i));
      DecodeBlocks(table.dtype, row + BytesOf(table.dtype, i), count / block, epilogue.Input<f32>(unit * inner + i));
      epilogue.Run(unit * inner + i, count);
    }
  }
  if (epilogue.streams != 0) StreamFence();
}

inline Work DecodeWork(const Step& step, int) {
  const double cost = static_cast<double>(step.ints[2]) * (0.3 + ProgramCost(step.epilogue)) + 10;
  return {step.ints[2] == 0 ? 0 : step.ints[0] * step.ints[3], GrainOf(cost), cost};
}

inline const char* DecodeCheck(const Step& step) {
  if (step.num_ints != 4 || step.num_views < 1 || step.num_views > 2) {
    return "decode takes ints [outer, axis, inner, n] and views [table] or [table, indices]";
  }
  const View& table = step.views[0];
  const int64_t results[] = {step.ints[0], step.ints[3], step.ints[2]};
  const int64_t n = SizeProduct(results, 3);
  if (n < 0 || SizeProduct(step.ints, 3) < 0) return "decode's sizes are out of range";
  if (!IsBlock(table.dtype) || table.nd != 3 || !HasDims(table, step.ints, 3)) {
    return "decode's table is not blocks [outer, axis, inner]";
  }
  if (step.ints[2] % BlockElements(table.dtype) != 0 || (table.count != 0 && table.stride[2] != 1)) {
    return "decode's blocks do not run along inner";
  }
  if (step.num_views == 1 && step.ints[3] != step.ints[1]) return "decode without indices is of every row";
  if (step.num_views == 2 && (!IsIndex(step.views[1]) || step.views[1].count != step.ints[3])) {
    return "decode's indices are not n integers";
  }
  if (step.epilogue.num_stores == 0) return "decode stores nothing";
  if (!Covers(step.epilogue, n)) return "decode's epilogue does not have outer * n * inner elements";
  return nullptr;
}

MIA_END
