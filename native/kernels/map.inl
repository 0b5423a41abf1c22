// map: an elementwise program, stores included. ints [n]; the prologue is the whole program.
#pragma once

#include "kernels/tile.inl"

MIA_BEGIN

// The order in which the index space is visited. In general that is tile by tile. But where neighbours along the last
// dim lie a cache line or more apart, and another dim's neighbours share lines (a transposed operand), whole tiles
// would
// fetch every line again for each of its elements: then blocks of both dims are visited together, each copied line by
// line to scratch first.
struct MapOrder {
  static constexpr int64_t kAcross = 16;     // steps of the dim whose neighbours share lines
  static constexpr int64_t kAlong = 128;     // elements of the last dim in one run
  static constexpr int64_t kSlice = 4096;    // of the last dim in one unit
  static constexpr int64_t kLine = 64;       // bytes

  int64_t n;
  const View* view = nullptr;  // null: tile by tile
  int across = 0;              // that dim
  int64_t weight[kMaxDims];    // of each dim in the index
  bool staged;                 // a line of the block is contiguous, and the view is not stored to
  int64_t blocks, slices;      // a unit is [other dims][blocks of across][slices of the last dim]

  explicit MapOrder(const Step& step) : n(step.ints[0]) {
    const TileProgram& program = step.prologue;
    for (int i = 0; i < program.num_views && view == nullptr; i++) Choose(program.views[i]);
    if (view == nullptr) return;
    int64_t w = 1;
    for (int d = view->nd - 1; d >= 0; d--) {
      weight[d] = w;
      w *= view->size[d];
    }
    blocks = BlocksOf(view->size[across], kAcross);
    slices = BlocksOf(view->size[view->nd - 1], kSlice);
    staged = view->stride[across] == 1;
    for (int i = 0; i < program.num_stores; i++) staged = staged && &program.views[program.stores[i].view] != view;
  }

  void Choose(const View& candidate) {
    const int last = candidate.nd - 1;
    const int64_t bytes = DTypeBytes(candidate.dtype);
    const auto step = [&](int d) { return (candidate.stride[d] < 0 ? -candidate.stride[d]
        : candidate.stride[d]) * bytes; };
    if (candidate.loc == kIota || candidate.access != Access::kStrided || step(last) < kLine) return;
    if (candidate.size[last] < 2 * kAcross) return;
    for (int d = 0; d < last; d++) {
      if (step(d) == 0 || step(d) >= kLine || candidate.size[d] < 4) continue;
      view = &candidate;
      across = d;
    }
  }

  int64_t Units() const {
    if (view == nullptr) return BlocksOf(n, kTile);
    return n == 0 ? 0 : n / (view->size[across] * view->size[view->nd - 1]) * blocks * slices;
  }
  double UnitElements() const {
    const int64_t units = Units();
    return units == 0 ? 0 : static_cast<double>(n) / static_cast<double>(units);
  }

  // Runs every tile of a unit.
  void Visit(int64_t unit, TileRunner* runner, char* scratch) const {
    if (view == nullptr) return runner->Run(unit * kTile, static_cast<int>(MinOf(kTile, n - unit * kTile)));
    const int last = view->nd - 1;
    const int64_t c0 = unit % slices * kSlice, c1 = MinOf(view->size[last], c0 + kSlice);
    unit /= slices;
    const int64_t a0 = unit % blocks * kAcross, a1 = MinOf(view->size[across], a0 + kAcross);
    unit /= blocks;
    int64_t at = a0 * weight[across], offset = view->offset + a0 * view->stride[across];
    for (int d = last - 1; d >= 0; d--) {
      if (d == across) continue;
      at += unit % view->size[d] * weight[d];
      offset += unit % view->size[d] * view->stride[d];
      unit /= view->size[d];
    }
    const int64_t bytes = DTypeBytes(view->dtype);
    for (int64_t c = c0; c < c1; c += kAlong) {
      const int count = static_cast<int>(MinOf(kAlong, c1 - c));
      if (staged) {
        const char* line = runner->base[view->loc] + (offset + c * view->stride[last]) * bytes;
        for (int k = 0; k < count; k++, line += view->stride[last] * bytes) {
          memcpy(scratch + k * kAcross * bytes, line, static_cast<size_t>((a1 - a0) * bytes));
        }
      }
      for (int64_t a = a0; a < a1; a++) {
        if (staged) runner->Substitute(view, scratch, a - a0, kAcross, count);
        runner->Run(at + (a - a0) * weight[across] + c, count);
      }
    }
  }
};

inline Work MapWork(const Step& step, int) {
  const MapOrder order(step);
  const double cost = ProgramCost(step.prologue) * order.UnitElements();
  return {order.Units(), GrainOf(cost), cost};
}

inline void MapRun(const Step& step, const Frame& frame, int, int64_t begin, int64_t end) {
  const MapOrder order(step);
  TileRunner runner;
  runner.Start(step.prologue, frame.base, PrologueScratch(frame), order.n, false);
  for (int64_t unit = begin; unit < end; unit++) {
    order.Visit(unit, &runner, KernelScratch(frame));
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
