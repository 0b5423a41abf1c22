// encode.f32: the prologue's numbers as blocks. ints [n]; views [out (a block dtype, linear, n elements)]. How long
// rows are is no business of the kernel: they are whole blocks.
#pragma once

#include "kernels/quantize.inl"
#include "kernels/tile.inl"

MIA_BEGIN

// Units are blocks.
inline void EncodeRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  const View& out = step.views[0];
  const int64_t block = BlockElements(out.dtype), last = end * block;
  TileRunner prologue;
  prologue.Start(step.prologue, frame.base, PrologueScratch(frame), step.ints[0], false);
  alignas(64) f32 numbers[kTile];
  for (int64_t at = begin * block; at < last; at += kTile) {
    const int count = static_cast<int>(MinOf(kTile, last - at));
    prologue.Run(at, count);
    memcpy(numbers, prologue.Result<f32>(), static_cast<size_t>(count) * sizeof(f32));
    EncodeBlocks(out.dtype, numbers, count / block, frame.base[out.loc] + BytesOf(out.dtype, out.offset + at));
  }
}

inline Work EncodeWork(const Step& step, int) {
  const View& out = step.views[0];
  const int block = BlockElements(out.dtype);
  const double search = block == 256 ? 20 : 1;  // nanoseconds of an element
  const double cost = block * (search + ProgramCost(step.prologue));
  return {step.ints[0] / block, GrainOf(cost), cost};
}

inline const char* EncodeCheck(const Step& step) {
  if (step.num_ints != 1 || step.num_views != 1) return "encode takes ints [n] and a view";
  const View& out = step.views[0];
  if (!IsBlock(out.dtype) || out.access != Access::kLinear || out.count != step.ints[0]) {
    return "encode's output is not n numbers in blocks";
  }
  if (step.prologue.num_code == 0 && step.prologue.num_consts == 0) return "encode needs a prologue";
  if (!Covers(step.prologue, step.ints[0])) return "encode's operands have not n elements";
  return nullptr;
}

MIA_END
