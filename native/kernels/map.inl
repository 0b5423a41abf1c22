// map: an elementwise program, stores included. ints [n]; the prologue is the whole program.
#pragma once

#include "kernels/tile.inl"

MIA_BEGIN

inline Work MapWork(const Step& step, int) {
  const double cost = ProgramCost(step.prologue) * kTile;
  return {BlocksOf(step.ints[0], kTile), GrainOf(cost), cost};
}

// Units are tiles.
inline void MapRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  const int64_t n = step.ints[0];
  TileRunner runner;
  runner.Start(step.prologue, frame.base, PrologueScratch(frame), n, false);
  for (int64_t tile = begin; tile < end; tile++) {
    runner.Run(tile * kTile, static_cast<int>(MinOf(kTile, n - tile * kTile)));
  }
  if (runner.streams != 0) StreamFence();
}

inline const char* MapCheck(const Step& step) {
  if (step.num_ints != 1 || step.ints[0] < 0) return "map takes ints [n]";
  if (step.prologue.num_stores == 0) return "map stores nothing";
  if (!Covers(step.prologue, step.ints[0])) return "map's views have not n elements";
  return nullptr;
}

MIA_END
